package report

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/schemas"
)

// bytes returns the body that b stands for.
func (b jsonBody) bytes(t testing.TB) []byte {
	t.Helper()
	if b.Body != nil {
		assert.Assert(t, b.BodyBase64 == nil)
		return []byte(*b.Body)
	}
	assert.Assert(t, b.BodyBase64 != nil)
	out, err := base64.StdEncoding.DecodeString(*b.BodyBase64)
	assert.NilError(t, err)
	return out
}

func decoded(t testing.TB, r *conformance.Report) jsonReport {
	t.Helper()
	var doc jsonReport
	assert.NilError(t, json.Unmarshal([]byte(write(t, "json", r, Options{})), &doc))
	return doc
}

func TestJSONIsAnInstanceOfItsSchema(t *testing.T) {
	for name, r := range map[string]*conformance.Report{
		"everything": fixture(), "good": good(), "stopped": stopped(), "empty": {Outcome: conformance.Broken},
	} {
		for _, reading := range []schemas.Reading{schemas.Open, schemas.Strict} {
			err := schemas.Validate("report", reading, []byte(write(t, "json", r, Options{})))
			assert.NilError(t, err, "%s, %s", name, reading)
		}
	}
}

func TestSchemaRefusesWhatIsNoReport(t *testing.T) {
	valid := write(t, "json", fixture(), Options{})
	for _, c := range []struct{ old, new, path, reason string }{
		{`"version": 1`, `"version": 2`, "$.version", "another version is another form"},
		{`"outcome": "nonconformant"`, `"outcome": "green"`, "$.outcome", "there are four outcomes"},
		{`"seed": "18446744073709551615"`, `"seed": 18446744073709551615`, "$.seed", "a number would be read inexactly"},
		{`"status": "fail"`, `"status": "failed"`, "$.checks[1].status", "there are seven statuses"},
		{`"level": "gate"`, `"level": "GATE"`, "$.checks[0].level", "levels are spelt one way"},
		{`"took_ms": 1234.567`, `"took_ms": "1.2s"`, "$.took_ms", "durations are numbers"},
		{`"began": "2026-06-03T11:00:00Z"`, `"began": "yesterday"`, "$.began", "instants are RFC 3339"},
		{`"fate": "delivered"`, `"fate": "lost"`, "$.ledger.timeline.entries[0].fate", "there are five fates"},
		{`"complete": true,`, `"complete": true, "extra": 1,`, "$.extra", "unknown members are refused when read strictly"},
		{`"bytes": 187,`, ``, "$.checks[1].evidence[0].attempts[0].request.bytes", "required members are required"},
	} {
		changed := strings.Replace(valid, c.old, c.new, 1)
		assert.Assert(t, changed != valid, c.old)
		err := schemas.Validate("report", schemas.Strict, []byte(changed))
		assert.ErrorContains(t, err, c.path, c.reason)
	}
}

func TestSchemaDescribesEveryMember(t *testing.T) {
	source, err := schemas.Source("report")
	assert.NilError(t, err)
	var root any
	assert.NilError(t, json.Unmarshal(source, &root))
	members := 0
	var walk func(path string, node any)
	walk = func(path string, node any) {
		object, ok := node.(map[string]any)
		if !ok {
			return
		}
		for key, child := range object {
			walk(path+"/"+key, child)
			properties, ok := child.(map[string]any)
			if key != "properties" || !ok {
				continue
			}
			for name, property := range properties {
				members++
				text, _ := property.(map[string]any)["description"].(string)
				assert.Assert(t, text != "", "%s/%s has no description", path, name)
			}
		}
	}
	walk("", root)
	assert.Assert(t, members > 80, "only %d members were seen", members)
}

func TestJSONHoldsTheExactBytesThatWereSent(t *testing.T) {
	r := fixture()
	doc := decoded(t, r)
	for i, check := range doc.Checks {
		for j, e := range check.Evidence {
			for k, attempt := range e.Attempts {
				sent := evidence(r.Verdicts[i])[j].Attempts[k].Request
				assert.DeepEqual(t, attempt.Request.bytes(t), sent.Body, cmpopts.EquateEmpty())
			}
		}
	}
}

func TestJSONEscapesWhatIsNotVisibleWithoutChangingIt(t *testing.T) {
	for r := rune(0); r <= 0x10ffff; r += 1 + r/64 { // all of the low ones, some of the others
		in, err := json.Marshal("<" + string(r) + ">")
		assert.NilError(t, err)
		var out string
		escaped := escapeInvisible(string(in))
		assertHarmless(t, escaped)
		assert.NilError(t, json.Unmarshal([]byte(escaped), &out))
		assert.Equal(t, out, "<"+string(r)+">")
	}
	assert.Equal(t, escapeInvisible("\"\U000e0041\U0010ffff\""), `"\udb40\udc41\udbff\udfff"`)
}

func TestJSONCutsAHugeRequestBodyAndSaysSo(t *testing.T) {
	r := fixture()
	body := strings.Repeat("x", maxJSONBody+1)
	r.Verdicts[1].Evidence = []mocksender.Receipt{receipt(body, request(body, nil), nil, mocksender.Outcome{Status: 413})}
	got := decoded(t, r).Checks[1].Evidence[0].Attempts[0].Request
	assert.Equal(t, got.Bytes, maxJSONBody+1)
	assert.Equal(t, len(got.bytes(t)), maxJSONBody)
	assert.Assert(t, got.Truncated)
}

func TestJSONDoesNotEscapeHTML(t *testing.T) {
	assert.Assert(t, strings.Contains(write(t, "json", fixture(), Options{}), "</details><script>"))
}

func TestJSONTellsAResponseFromAnError(t *testing.T) {
	doc := decoded(t, fixture())
	timeout := doc.Checks[4].Evidence[0].Attempts[0]
	assert.Assert(t, timeout.Response == nil)
	assert.Equal(t, timeout.Error.Class, "timeout")
	answered := doc.Checks[1].Evidence[0].Attempts[0]
	assert.Assert(t, answered.Error == nil)
	assert.Equal(t, answered.Response.Status, http.StatusOK)
}

func TestJSONKeepsHeaderNamesApartThatOnlyBytesTellApart(t *testing.T) {
	v, err := newView(fixture(), Options{})
	assert.NilError(t, err)
	got := v.jsonHeader(http.Header{"x\xff": {"1"}, "x\xfe": {"2"}, "empty": nil})
	assert.DeepEqual(t, got, map[string][]string{"x\uFFFD": {"2", "1"}})
}
