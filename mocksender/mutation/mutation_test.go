package mutation_test

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func options() mutation.Options {
	return mutation.Options{Attacker: sendertest.AttackerKey(), OtherBody: []byte(`{"event":"meeting.ended"}`)}
}

// genuine returns the wire of body with both sets of headers.
func genuine(t *testing.T, body string) *mutation.Wire {
	t.Helper()
	signature, err := rtk.Sign(sendertest.GenuineKey(), []byte(body))
	assert.NilError(t, err)
	return &mutation.Wire{
		Method: http.MethodPost,
		URL:    "http://target/",
		Header: http.Header{
			"Content-Type":    {"application/json"},
			"rtk-signature":   {signature},
			"rtk-uuid":        {"uuid-1"},
			"rtk-webhook-id":  {"hook-1"},
			"dyte-signature":  {signature},
			"dyte-uuid":       {"uuid-1"},
			"dyte-webhook-id": {"hook-1"},
		},
		Body:           []byte(body),
		Key:            sendertest.GenuineKey(),
		SignatureNames: []string{"rtk-signature", "dyte-signature"},
	}
}

// mutate returns the wire of body before and after the mutation.
func mutate(t *testing.T, id, body string) (before, after *mutation.Wire) {
	t.Helper()
	m, err := mutation.ByID(options(), id)
	assert.NilError(t, err)
	before, after = genuine(t, body), genuine(t, body)
	assert.NilError(t, m.Apply(after))
	return before, after
}

func decode(t *testing.T, s string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(s)
	assert.NilError(t, err)
	return raw
}

// recovered is the block that a signature under the genuine key stands for.
func recovered(t *testing.T, s string) []byte {
	t.Helper()
	pub := &sendertest.GenuineKey().PublicKey
	number := new(big.Int).SetBytes(decode(t, s))
	return number.Exp(number, big.NewInt(int64(pub.E)), pub.N).FillBytes(make([]byte, 256))
}

// TestMutationsYieldWhatTheySay looks at the values of the signature header
// and at the body; that nothing else changes is the next test's.
func TestMutationsYieldWhatTheySay(t *testing.T) {
	pub := &sendertest.GenuineKey().PublicKey
	zeros := base64.StdEncoding.EncodeToString(make([]byte, 256))
	is := func(want string) func(*testing.T, string, string) {
		return func(t *testing.T, _, now string) { assert.Equal(t, now, want) }
	}
	integer := func(want *big.Int) func(*testing.T, string, string) {
		return func(t *testing.T, _, now string) {
			raw := decode(t, now)
			assert.Equal(t, len(raw), 256)
			assert.Assert(t, new(big.Int).SetBytes(raw).Cmp(want) == 0)
		}
	}
	mac := hmac.New(sha256.New, []byte(publicPEM(t)))
	mac.Write([]byte(sendertest.Sample))
	tag := mac.Sum(nil)
	sum1, sum256, sum512 := sha1.Sum([]byte(sendertest.Sample)), sha256.Sum256([]byte(sendertest.Sample)), sha512.Sum512([]byte(sendertest.Sample))

	signatures := map[string]func(t *testing.T, good, now string){
		"signature/empty": is(""),
		"signature/other-key": func(t *testing.T, _, now string) {
			assert.NilError(t, rtk.Verify(&sendertest.AttackerKey().PublicKey, []byte(sendertest.Sample), now))
		},
		"signature/truncated": func(t *testing.T, good, now string) {
			assert.DeepEqual(t, decode(t, now), decode(t, good)[:128])
		},
		"signature/zero-bytes":    is(zeros),
		"signature/zero":          integer(new(big.Int)),
		"signature/one":           integer(big.NewInt(1)),
		"signature/modulus":       integer(pub.N),
		"signature/above-modulus": integer(new(big.Int).Add(pub.N, big.NewInt(2))),
		"signature/short-padding": func(t *testing.T, good, now string) {
			block, want := recovered(t, now), recovered(t, good)
			digest := want[256-52:]
			assert.DeepEqual(t, block[:10], want[:10])
			assert.DeepEqual(t, block[10:62], digest)
			assert.Assert(t, !bytes.Contains(block[62:], digest))
		},
		"signature/other-padding": func(t *testing.T, good, now string) {
			block, want := recovered(t, now), recovered(t, good)
			assert.DeepEqual(t, block[256-52:], want[256-52:])
			assert.DeepEqual(t, block[:2], want[:2])
			assert.Assert(t, !bytes.Contains(block, []byte{0xff, 0xff}))
		},
		"signature/leading-zero": func(t *testing.T, good, now string) {
			assert.DeepEqual(t, decode(t, now), append([]byte{0}, decode(t, good)...))
		},
		"signature/plus-modulus": func(t *testing.T, good, now string) {
			assert.Equal(t, len(decode(t, now)), 257)
			assert.DeepEqual(t, recovered(t, now), recovered(t, good))
			assert.Assert(t, now != good)
		},
		"signature/garbage-base64": is("!!!not-base64!!!"),
		"signature/hmac-hex":       is(hex.EncodeToString(tag)),
		"signature/hmac-base64":    is(base64.StdEncoding.EncodeToString(tag)),
		"signature/sha1": func(t *testing.T, _, now string) {
			assert.NilError(t, rsa.VerifyPKCS1v15(pub, crypto.SHA1, sum1[:], decode(t, now)))
		},
		"signature/sha512": func(t *testing.T, _, now string) {
			assert.NilError(t, rsa.VerifyPKCS1v15(pub, crypto.SHA512, sum512[:], decode(t, now)))
		},
		"signature/pss": func(t *testing.T, _, now string) {
			assert.NilError(t, rsa.VerifyPSS(pub, crypto.SHA256, sum256[:], decode(t, now), nil))
		},
		"signature/padded-space": func(t *testing.T, good, now string) {
			assert.Equal(t, strings.ReplaceAll(now, " ", ""), good)
			assert.Equal(t, strings.TrimSpace(now), now, "white space around a value is not part of it")
			assert.Equal(t, len(now), len(good)+2)
		},
		"signature/unpadded": func(t *testing.T, good, now string) {
			assert.Equal(t, now+"==", good)
		},
		"signature/url-alphabet": func(t *testing.T, good, now string) {
			raw, err := base64.URLEncoding.DecodeString(now)
			assert.NilError(t, err)
			assert.DeepEqual(t, raw, decode(t, good))
		},
		"signature/hex": func(t *testing.T, good, now string) {
			assert.Equal(t, now, hex.EncodeToString(decode(t, good)))
		},
		"body/other-event": func(t *testing.T, _, now string) {
			assert.NilError(t, rtk.Verify(pub, options().OtherBody, now))
		},
	}
	for id, check := range signatures {
		t.Run(id, func(t *testing.T) {
			before, after := mutate(t, id, sendertest.Sample)
			for _, name := range after.SignatureNames {
				assert.Equal(t, len(after.Header[name]), 1)
				check(t, before.Signature(), after.Header[name][0])
				err := rtk.Verify(pub, after.Body, after.Header[name][0])
				assert.ErrorIs(t, err, rtk.ErrSignature)
			}
		})
	}
}

func publicPEM(t *testing.T) string {
	t.Helper()
	s, err := rtk.PublicPEM(&sendertest.GenuineKey().PublicKey)
	assert.NilError(t, err)
	return s
}

func TestRepeatedSignatureLines(t *testing.T) {
	cases := []struct {
		id   string
		good []bool // which lines verify
	}{
		{"signature/two-bad", []bool{false, false}},
		{"signature/bad-then-good", []bool{false, true}},
		{"signature/good-then-bad", []bool{true, false}},
	}
	for _, tc := range cases {
		_, after := mutate(t, tc.id, sendertest.Sample)
		for _, name := range after.SignatureNames {
			var good []bool
			for _, v := range after.Header[name] {
				good = append(good, rtk.Verify(&sendertest.GenuineKey().PublicKey, after.Body, v) == nil)
			}
			assert.DeepEqual(t, good, tc.good)
		}
		values := after.Header["rtk-signature"]
		assert.Assert(t, values[0] != values[1])
	}
}

func TestMutationsChangeNothingElse(t *testing.T) {
	ids := map[string]bool{}
	for _, m := range mutation.All(options()) {
		t.Run(m.ID, func(t *testing.T) {
			assert.Assert(t, !ids[m.ID], "the id is used twice")
			ids[m.ID] = true
			assert.Assert(t, len(m.Doc) > 20 && strings.HasSuffix(m.Doc, "."), "%q", m.Doc)

			before, after := mutate(t, m.ID, sendertest.Sample)
			what, _, _ := strings.Cut(m.ID, "/")
			if m.ID == "body/other-event" {
				what = "signature"
			}
			changed := map[string]bool{}
			for name := range before.Header {
				if !slices.Equal(before.Header[name], after.Header[name]) {
					changed[strings.TrimPrefix(strings.TrimPrefix(name, "rtk-"), "dyte-")] = true
				}
			}
			if !bytes.Equal(before.Body, after.Body) {
				changed["body"] = true
			}
			assert.DeepEqual(t, changed, map[string]bool{what: true})

			extra := maps.Clone(after.Header)
			maps.DeleteFunc(extra, func(name string, _ []string) bool { return before.Header[name] != nil })
			assert.Equal(t, len(extra), 0)
			before.Header, before.Body, after.Header, after.Body = nil, nil, nil, nil
			assert.Assert(t, cmp.Equal(before, after))
		})
	}
}

func TestMissingHeadersAreGoneInEverySpelling(t *testing.T) {
	for _, what := range []string{"signature", "uuid", "webhook-id"} {
		m, err := mutation.ByID(options(), what+"/missing")
		assert.NilError(t, err)
		w := genuine(t, sendertest.Sample)
		w.Header["RTK-"+strings.ToUpper(what)] = []string{"x"}
		assert.NilError(t, m.Apply(w))
		for name := range w.Header {
			assert.Assert(t, !strings.HasSuffix(strings.ToLower(name), what), name)
		}
		assert.Equal(t, len(w.Header), 5)
	}
}

func TestBodyMutations(t *testing.T) {
	cases := []struct {
		id, reason, body, want string
	}{
		{"body/flip-byte", "a title is free text", sendertest.Sample, strings.Replace(sendertest.Sample, "Weekly sync", "Weekly synd", 1)},
		{"body/flip-byte", "wherever it is", `{"id":"abc","by":{"name":"Zoz"}}`, `{"id":"abc","by":{"name":"Zoa"}}`},
		{"body/flip-byte", "the first of them", `{"meeting":{"title":"Z"},"participant":{"userDisplayName":"b"}}`, `{"meeting":{"title":"A"},"participant":{"userDisplayName":"b"}}`},
		{"body/flip-byte", "escapes are left alone", `{"title":"a\u00ef\n\\\"\u00ee"}`, `{"title":"b\u00ef\n\\\"\u00ee"}`},
		{"body/flip-byte", "a text without letters is passed over", `{"title":"会議 \u00e9\"1\"","x":["y"]}`, `{"title":"会議 \u00e9\"1\"","x":["z"]}`},
		{"body/flip-byte", "another value where there is no text", `{"event":"meeting.ended","n":[1,{"a":null}],"reason":"HOST"}`, `{"event":"meeting.ended","n":[1,{"a":null}],"reason":"HOSU"}`},
		{"body/flip-byte", "the first such value", `{"id":"abc","reason":"HOST"}`, `{"id":"abd","reason":"HOST"}`},
		{"body/flip-byte", "a member's name is not its value", `{"title":{"title":7},"name":"x\\"}`, `{"title":{"title":7},"name":"y\\"}`},
		{"body/reindent", "two spaces", `{"a":[1,2]}`, "{\n  \"a\": [\n    1,\n    2\n  ]\n}"},
		{"body/reindent", "tabs where it was two spaces", "{\n  \"a\": 1\n}", "{\n\t\"a\": 1\n}"},
		{"body/trailing-newline", "one byte more", sendertest.Sample, sendertest.Sample + "\n"},
		{"body/other-event", "the signature changes, not the body", sendertest.Sample, sendertest.Sample},
	}
	for _, tc := range cases {
		t.Run(tc.id+" "+tc.reason, func(t *testing.T) {
			before, after := mutate(t, tc.id, tc.body)
			assert.Equal(t, string(after.Body), tc.want)
			assert.Assert(t, json.Valid(after.Body))
			err := rtk.Verify(&sendertest.GenuineKey().PublicKey, after.Body, after.Signature())
			assert.ErrorIs(t, err, rtk.ErrSignature)
			if tc.id != "body/other-event" {
				assert.Equal(t, after.Signature(), before.Signature())
			}
		})
	}
}

func TestMutationsSayWhereTheyDoNotApply(t *testing.T) {
	cases := []struct {
		id, reason, body, signature string
	}{
		{"body/flip-byte", "no letters", `{"event":"meeting.ended","n":"12"}`, "AAAA"},
		{"body/flip-byte", "no JSON", `title`, "AAAA"},
		{"body/reindent", "no JSON", `title`, "AAAA"},
		{"body/reindent", "nothing to indent", `7`, "AAAA"},
		{"body/other-event", "it is the same", string(options().OtherBody), "AAAA"},
		{"signature/truncated", "no signature", sendertest.Sample, ""},
		{"signature/hex", "no Base64", sendertest.Sample, "!"},
		{"signature/unpadded", "no padding", sendertest.Sample, "AAAA"},
		{"signature/url-alphabet", "no such letters", sendertest.Sample, "AAAA"},
		{"signature/padded-space", "too short", sendertest.Sample, "AAAA"},
	}
	for _, tc := range cases {
		t.Run(tc.id+" "+tc.reason, func(t *testing.T) {
			m, err := mutation.ByID(options(), tc.id)
			assert.NilError(t, err)
			w := genuine(t, tc.body)
			w.SetSignature(tc.signature)
			assert.ErrorIs(t, m.Apply(w), mutation.ErrNotApplicable)
			assert.Equal(t, string(w.Body), tc.body)
		})
	}
}

func TestMutationByIDKnowsTheCatalogueOnly(t *testing.T) {
	for _, m := range mutation.All(options()) {
		found, err := mutation.ByID(options(), m.ID)
		assert.NilError(t, err)
		assert.Equal(t, found.Doc, m.Doc)
	}
	_, err := mutation.ByID(options(), "signature/otherkey")
	assert.Error(t, err, `mutation: unknown mutation "signature/otherkey"`)
	assert.Assert(t, errors.Is(err, mutation.ErrUnknown))
}

func TestMutationsMakeTheirOwnAttacker(t *testing.T) {
	m, err := mutation.ByID(mutation.Options{}, "signature/other-key")
	assert.NilError(t, err)
	first, second := genuine(t, sendertest.Sample), genuine(t, sendertest.Sample)
	assert.NilError(t, m.Apply(first))
	assert.NilError(t, m.Apply(second))
	assert.Equal(t, first.Signature(), second.Signature(), "one key for the catalogue")
	assert.ErrorIs(t, rtk.Verify(&sendertest.GenuineKey().PublicKey, first.Body, first.Signature()), rtk.ErrSignature)
}
