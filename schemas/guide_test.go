package schemas_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gotest.tools/v3/assert"
	"gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/schemas"
)

// sample returns the guide's sample of an event, as the guide prints it.
func sample(t testing.TB, event string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "guide", event+".json"))
	assert.NilError(t, err)
	return body
}

// object decodes a sample into a tree that a test may change.
func object(t testing.TB, body []byte) map[string]any {
	t.Helper()
	var tree map[string]any
	assert.NilError(t, json.Unmarshal(body, &tree))
	return tree
}

func encode(t testing.TB, tree any) []byte {
	t.Helper()
	body, err := json.Marshal(tree)
	assert.NilError(t, err)
	return body
}

func readings() []schemas.Reading { return []schemas.Reading{schemas.Open, schemas.Strict} }

func TestGuideSamplesAreValidInBothReadings(t *testing.T) {
	files, err := filepath.Glob("testdata/guide/*.json")
	assert.NilError(t, err)
	assert.Equal(t, len(files), 9)
	assert.Equal(t, len(schemas.Events()), 9)
	for _, event := range schemas.Events() {
		body := sample(t, event)
		for _, r := range readings() {
			t.Run(event+"/"+r.String(), func(t *testing.T) {
				got, err := schemas.ValidateEvent(body, r)
				assert.NilError(t, err)
				assert.Equal(t, got, event)
				assert.NilError(t, schemas.Validate(event, r, body))
			})
		}
		assert.NilError(t, schemas.CheckTimes(body), event)
	}
}

func TestSampleOfOneEventIsNoOther(t *testing.T) {
	body := sample(t, "meeting.started")
	for _, event := range schemas.Events()[1:] {
		err := schemas.Validate(event, schemas.Open, body)
		assert.ErrorContains(t, err, `$.event: found "meeting.started", want "`+event+`"`)
	}
}

func TestKeyDocument(t *testing.T) {
	guide, err := os.ReadFile("testdata/guide-key-document.json")
	assert.NilError(t, err)
	// Not a key, but the form of one.
	const real = `{"success":true,"data":{"publicKey":"-----BEGIN PUBLIC KEY-----\nMIIB\nAQAB\n-----END PUBLIC KEY-----"},"message":""}`
	const escapedTwice = `{"success":true,"data":{"publicKey":"-----BEGIN PUBLIC KEY-----\\nMIIB\\nAQAB\\n-----END PUBLIC KEY-----"},"message":""}`
	tests := []struct {
		name         string
		body         string
		open, strict string // what the error says, empty: none
		reason       string
	}{
		{"generated", real, "", "", "S10: what the service answers"},
		{"the guide's", string(guide), "", "$.data.publicKey", "the guide prints ... for the key"},
		{"escaped twice", escapedTwice, "", "$.data.publicKey", "the guide's receiver copes with it"},
		{"not successful", `{"success":false,"data":null,"message":"no"}`, "$.success: found false, want true (and 1 more)", "$.success: found false, want true (and 1 more)", "nothing to verify with"},
		{"success false", `{"success":false,"data":{"publicKey":"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"},"message":""}`,
			"$.success: found false, want true", "$.success: found false, want true", "the sample says true"},
		{"a private key", `{"success":true,"data":{"publicKey":"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"},"message":""}`,
			"want a PEM-encoded public key", "want a PEM-encoded public key", "must not be taken for a public one"},
		{"another member", `{"success":true,"data":{"publicKey":"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----","kid":"1"},"message":""}`,
			"", "$.data.kid: found \"1\", want no such member (known: publicKey)", "unknown members are for the open reading"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check := func(r schemas.Reading, want string) {
				err := schemas.Validate("key-document", r, []byte(tt.body))
				if want == "" {
					assert.NilError(t, err, "%s: %s", r, tt.reason)
					return
				}
				assert.Check(t, cmp.ErrorContains(err, want), "%s: %s", r, tt.reason)
			}
			check(schemas.Open, tt.open)
			check(schemas.Strict, tt.strict)
		})
	}
}
