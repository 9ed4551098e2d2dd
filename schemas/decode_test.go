package schemas

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestUnreadableBodiesAreRefusedInOneLine(t *testing.T) {
	deep := func(n int) string {
		return `{"event":"meeting.started","x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
	}
	tests := []struct {
		name, body, want string
		reason           string
	}{
		{"empty", "", "$: found nothing, want one JSON value", "no bytes"},
		{"blank", " \r\n\t", "$: found nothing, want one JSON value", "no value"},
		{"cut short", `{"event":"meeting.sta`, `$: found unexpected end of JSON input in line 1, column 22, near "\"event\":\"meeting.sta"`, "ends in a string"},
		{"word", "nope", `$: found invalid character 'o' in literal null (expecting 'u') in line 1, column 2, near "nope"`, "no JSON"},
		{"markup", "<html>" + strings.Repeat("x", 1<<16), `near "<html>xxxxx`, "an error page"},
		{"byte order mark", "\ufeff{}", "$: found a byte order mark (EF BB BF) before it, want JSON without one; save it as UTF-8 without BOM", "RFC 8259 §8.1 forbids it"},
		{"a second line", "{\n  \"é\": 1,\n}", "looking for beginning of object key string in line 3, column 1, near", "a file that a person writes"},
		{"single quotes", "{'event':1}", "invalid character", "no JSON"},
		{"trailing data", `{"event":"meeting.started"} {}`, "invalid character '{' after top-level value in line 1, column 29", "two values"},
		{"comment", `{} // x`, "after top-level value", "no JSON"},
		{"twice", `{"event":"meeting.started","event":"meeting.ended"}`, "$.event: found a second member of this name, want each member once", "readers disagree which counts"},
		{"twice, escaped", `{"a":{"b":1,"\u0062":2}}`, "$.a.b: found a second member", "the same name written otherwise"},
		{"not UTF-8", "{\"event\":\"\xff\"}", "$: found the byte 0xff in line 1, column 11, want JSON in UTF-8", "RFC 8259 §8.1"},
		{"cut in a character", "{\"é\":\"\xe2\x82\"}", "the byte 0xe2 in line 1, column 7", "half a euro sign"},
		{"too deep", deep(maxDepth), "found deeper nesting, want at most 128 levels", "bounded recursion"},
		{"far too deep", strings.Repeat("[", 1<<20), "exceeded max depth in line 1, column 10001", "bounded recursion"},
		{"huge exponent", `{"event":"meeting.started","n":1e999999999}`, "$.n: found 1e999999999, want a number", "exact arithmetic would take for ever"},
		{"tiny exponent", `{"n":-1E-999999999999999999999999}`, "$.n: found -1E-999999999999999999999999, want a number", "exact arithmetic would take for ever"},
		{"exponent just beyond", `{"n":1e-401}`, "$.n: found 1e-401, want a number of at most 400 digits, and at most 1e±400", "the limit"},
		{"huge number", `{"n":[0,1` + strings.Repeat("0", 1<<20) + `]}`, "$.n[1]: found 1000000", "exact arithmetic takes the square of its length"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []Reading{Open, Strict} {
				_, err := ValidateEvent([]byte(tt.body), r)
				assert.ErrorIs(t, err, ErrNotJSON, tt.reason)
				assert.ErrorContains(t, err, tt.want)
				assert.Assert(t, len(err.Error()) < 600, "%d bytes", len(err.Error()))
				assert.Assert(t, !strings.ContainsAny(err.Error(), "\n\r\x00"))
				assert.ErrorIs(t, Validate("key-document", r, []byte(tt.body)), ErrNotJSON)
				assert.ErrorContains(t, Validate("key-document", r, []byte(tt.body)), "schemas: key-document: $")
			}
			assert.ErrorIs(t, CheckTimes([]byte(tt.body)), ErrNotJSON)
		})
	}
}

func TestBodiesWithoutAKnownEvent(t *testing.T) {
	tests := []struct {
		body, want string
		unknown    bool // matches ErrUnknownEvent
	}{
		{`{}`, `$.event: found nothing, want "meeting.started", "meeting.ended"`, true},
		{`{"event":null}`, `$.event: found null, want "meeting.started"`, true},
		{`{"event":7}`, `$.event: found 7, want "meeting.started"`, true},
		{`{"event":"meeting.somethingNew"}`, `$.event: found "meeting.somethingNew", want`, true},
		{`{"event":"common"}`, `$.event: found "common", want`, true},
		{`{"event":"key-document"}`, `$.event: found "key-document", want`, true},
		{`{"Event":"meeting.started"}`, `$.event: found nothing, want`, true},
		{`null`, `$: found null, want an object`, false},
		{`[]`, `$: found an empty array, want an object`, false},
		{`"meeting.started"`, `$: found "meeting.started", want an object`, false},
		{`true`, `$: found true, want an object`, false},
	}
	for _, tt := range tests {
		event, err := ValidateEvent([]byte(tt.body), Open)
		assert.Equal(t, event, "")
		assert.ErrorContains(t, err, "schemas: "+tt.want)
		assert.Equal(t, errors.Is(err, ErrUnknownEvent), tt.unknown, tt.body)
		assert.Assert(t, !errors.Is(err, ErrNotJSON))
	}
}

func TestDecodeReadsAsTheStandardLibraryDoes(t *testing.T) {
	bodies := []string{
		`null`, ` true `, "\n[ ]\t", `{ }`, `-0.5e+10`, `"a\u00e9\n\"\\\/\ud83d\ude00\ud800"`, `[[],{},[1,2 , 3]]`,
		"{\r\n\"a\" : 1 ,\"b\":[ true,false ,null], \"\":{\"c\":\"d\"}}", `"日本語 العربية"`, `["\\"]`, `{"a,}":"]"}`, `[1.0,0,-1,12e400,1E-400]`,
	}
	for _, event := range Events() {
		data, err := os.ReadFile("testdata/guide/" + event + ".json")
		assert.NilError(t, err)
		bodies = append(bodies, string(data))
	}
	for _, body := range bodies {
		got, err := decode("", []byte(body))
		assert.NilError(t, err)
		dec := json.NewDecoder(strings.NewReader(body))
		dec.UseNumber()
		var want any
		assert.NilError(t, dec.Decode(&want))
		assert.DeepEqual(t, got, want)
	}
}

func TestNestingUpToTheLimitIsAdmitted(t *testing.T) {
	body := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	_, err := decode("", []byte(body))
	assert.NilError(t, err)
	_, err = decode("", []byte("["+body+"]"))
	assert.ErrorContains(t, err, "$[0][0]")
	assert.ErrorContains(t, err, "…")
}

func TestShow(t *testing.T) {
	tests := []struct {
		value any
		want  string
	}{
		{strings.Repeat("é", 60), `"` + strings.Repeat("é", 60) + `"`},
		{strings.Repeat("é", 61), `"` + strings.Repeat("é", 60) + `…"`},
		{"a\"b\n\x1b[31m\u202e", `"a\"b\n\x1b[31m\u202e"`},
		{json.Number("1" + strings.Repeat("0", 99)), "1" + strings.Repeat("0", 59) + "…"},
		{map[string]any{"a": 1}, "an object of 1 member"},
		{[]any{1, 2}, "an array of 2 items"},
	}
	for _, tt := range tests {
		assert.Equal(t, show(tt.value), tt.want)
	}
	assert.Equal(t, pathOf([]segment{{name: "a"}, {index: 0, inArray: true}, {name: "b c"}, {name: ""}, {name: "1x"}, {name: "x\n"}}),
		`$.a[0]["b c"][""]["1x"]["x\n"]`)
}
