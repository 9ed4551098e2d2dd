package schemas

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// The events' schemas use few keywords. Documents to come use more, and their
// messages are settled here.
func TestProblemsOfOtherKeywords(t *testing.T) {
	const steps = `{"type":"object","properties":{"steps":{"type":"array","items":{"oneOf":[
		{"type":"object","properties":{"emit":{"enum":["a","b"]},"after":{"type":"string"}},"required":["emit"],"additionalProperties":false},
		{"type":"object","properties":{"repeat":{"type":"string"},"times":{"type":"integer","minimum":2}},"required":["repeat"],"additionalProperties":false}]}}}}`
	const kinds = `{"type":"object","oneOf":[
		{"properties":{"kind":{"const":"circle"},"r":{"type":"number"}},"required":["kind","r"]},
		{"properties":{"kind":{"const":"square"},"a":{"type":"number"}},"required":["kind","a"]}]}`
	tests := []struct {
		name, schema, body string
		want               []string
	}{
		{"anyOf of types", `{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"array"},{"enum":[1,null]}]}}}`, `{"a":true}`,
			[]string{"$.a: found true, want a string, an array or 1 or null"}},
		{"oneOf chooses the branch meant", steps, `{"steps":[{"emit":"a"},{"emit":"x","after":"5m"},{"repeat":"r","times":1}]}`,
			[]string{`$.steps[1].emit: found "x", want "a" or "b"`, "$.steps[2].times: found 1, want a number of at least 2"}},
		{"oneOf minds the shape before the count", steps, `{"steps":[{"repeat":5,"times":1}]}`,
			[]string{"$.steps[0].repeat: found 5, want a string", "$.steps[0].times: found 1, want a number of at least 2"}},
		{"oneOf names the unknown member", steps, `{"steps":[{"emit":"a","wen":1}]}`,
			[]string{"$.steps[0].wen: found 1, want no such member (known: after, emit)"}},
		{"oneOf told apart by a constant", kinds, `{"kind":"square","a":"2"}`,
			[]string{`$.a: found "2", want a number`}},
		{"oneOf told apart by a constant, faults aside", `{"type":"object","oneOf":[{"properties":{"kind":{"const":"circle"}}},{"properties":{"kind":{"const":"square"},"a":{"type":"number"},"b":{"type":"number"}}}]}`, `{"kind":"square","a":"2","b":"3"}`,
			[]string{`$.a: found "2", want a number`, `$.b: found "3", want a number`}},
		{"a missing member is not its namesake further out", `{"type":"object","properties":{"a":{"type":"string"},"in":{"type":"object","required":["a"]}}}`, `{"a":"x","in":{}}`,
			[]string{"$.in.a: found nothing, want a value"}},
		{"oneOf that fits twice", `{"type":"object","properties":{"a":{"oneOf":[{"type":"number"},{"minimum":0}]}}}`, `{"a":3}`,
			[]string{"$.a: found 3, want exactly one of the forms that the schema offers"}},
		{"additionalProperties", `{"type":"object","properties":{"a":{}},"patternProperties":{"^x-":{}},"additionalProperties":false}`, `{"x-1":0,"a":0,"b c":[1],"d":{}}`,
			[]string{`$["b c"]: found an array of 1 item, want no such member (known: a)`, "$.d: found an empty object, want no such member (known: a)"}},
		{"additionalProperties with a schema", `{"type":"object","additionalProperties":{"type":"string"}}`, `{"a":1}`,
			[]string{"$.a: found 1, want a string"}},
		{"unevaluatedProperties", `{"type":"object","allOf":[{"properties":{"a":{"type":"string"}}}],"properties":{"b":{}},"unevaluatedProperties":false}`, `{"a":1,"b":2,"c":3}`,
			[]string{"$.a: found 1, want a string", "$.c: found 3, want no such member (known: a, b)"}},
		{"a member that is refused", `{"type":"object","properties":{"a":false,"b":{}}}`, `{"a":1}`,
			[]string{"$.a: found 1, want no such member (known: b)"}},
		{"propertyNames", `{"type":"object","propertyNames":{"pattern":"^[a-z]+$"}}`, `{"A":1}`,
			[]string{`$.A: found the name "A", want a string that matches "^[a-z]+$"`}},
		{"dependentRequired", `{"type":"object","properties":{"b":{"type":"boolean"}},"dependentRequired":{"a":["b","c"]}}`, `{"a":1}`,
			[]string{"$.b: found nothing, want true or false", "$.c: found nothing, want a value"}},
		{"not", `{"type":"object","properties":{"a":{"not":{"type":"string"}}}}`, `{"a":"x"}`,
			[]string{`$.a: found "x", want a value of another kind`}},
		{"bounds", `{"type":"object","properties":{"a":{"type":"string","minLength":3},"b":{"type":"array","maxItems":1},"c":{"type":"number","exclusiveMaximum":5},"d":{"type":"number","multipleOf":2},"e":{"type":"object","minProperties":1}}}`,
			`{"a":"é","b":[1,2],"c":5,"d":3,"e":{}}`,
			[]string{`$.a: found "é", want a string of at least 3 characters`, "$.b: found an array of 2 items, want an array of at most 1 item", "$.c: found 5, want a number below 5", "$.d: found 3, want a number that is a multiple of 2", "$.e: found an empty object, want an object of at least 1 member"}},
		{"contains", `{"type":"object","properties":{"a":{"type":"array","contains":{"type":"string"}}}}`, `{"a":[1,2]}`,
			[]string{"$.a: found an array of 2 items, want an array that contains a string"}},
		{"const", `{"type":"object","properties":{"v":{"const":1}},"required":["v"]}`, `{"v":2}`, []string{"$.v: found 2, want 1"}},
		{"root", `{"type":"object"}`, `[]`, []string{"$: found an empty array, want an object"}},
		{"references", `{"type":"object","$ref":"#/$defs/x~1y%25","$defs":{"x/y%":{"required":["a"],"properties":{"a":{"$ref":"#named"}}},"n":{"$anchor":"named","type":"integer"}}}`, `{}`,
			[]string{"$.a: found nothing, want a whole number"}},
		{"a wrong constant at the root comes first", `{"type":"object","properties":{"a":{"type":"string"},"version":{"const":1}}}`, `{"a":1,"version":2}`,
			[]string{"$.version: found 2, want 1", "$.a: found 1, want a string"}},
		{"names that need escaping", `{"type":"object","properties":{"a/b~c%":{"type":"object","required":["é"]}}}`, `{"a/b~c%":{}}`,
			[]string{`$["a/b~c%"]["é"]: found nothing, want a value`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := folder(t, map[string]string{"doc": tt.schema}).validate("doc", Open, []byte(tt.body))
			var e *Error
			assert.Assert(t, errors.As(err, &e), "%v", err)
			var got []string
			for _, p := range e.Problems {
				got = append(got, p.String())
			}
			assert.DeepEqual(t, got, tt.want)
		})
	}
}

func TestFormatsAreAssertedByTheStrictReadingOnly(t *testing.T) {
	l := folder(t, map[string]string{"doc": `{"type":"object","properties":{"a":{"type":"string","format":"date-time"},"b":{"format":"uuid"},"c":{"format":"uri"},"d":{"format":"ipv4"}}}`})
	body := []byte(`{"a":"x","b":"x","c":"x","d":"x"}`)
	assert.NilError(t, l.validate("doc", Open, body))
	var e *Error
	assert.Assert(t, errors.As(l.validate("doc", Strict, body), &e))
	assert.DeepEqual(t, e.Problems, []Problem{
		{Path: "$.a", Found: `"x"`, Want: "a date-time such as 2026-06-03T10:00:00.000Z"},
		{Path: "$.b", Found: `"x"`, Want: "a UUID such as bbb8940e-1b97-402a-97d6-2708b7feca41"},
		{Path: "$.c", Found: `"x"`, Want: "a URL such as https://example.com/file"},
		{Path: "$.d", Found: `"x"`, Want: `a string in the format "ipv4"`},
	})
}

func TestMisspeltWordsGetAHint(t *testing.T) {
	const step = `{"type":"object","properties":{"step":{"type":"object",
		"if":{"required":["emit"]},
		"then":{"properties":{"emit":{"title":"an event","enum":["started","ended"]},"who":{"type":"string"}},"additionalProperties":false},
		"else":{"properties":{"send":{"title":"a fault","type":"string","pattern":"^(refuse|reset)$","examples":["refuse","reset"]}},"required":["send"],"additionalProperties":false}}},
		"additionalProperties":false}`
	tests := []struct {
		name, body string
		want       []string
	}{
		{"a member", `{"setp":{}}`, []string{`$.setp: found an empty object, want no such member; did you mean "step"?`}},
		{"a member of another form, and what is missing follows from it", `{"step":{"emitt":"started"}}`, []string{`$.step.emitt: found "started", want no such member; did you mean "emit"?`}},
		{"a member that belongs to another form is spelt well", `{"step":{"emit":"ended","send":"refuse"}}`, []string{`$.step.send: found "refuse", want no such member here (known: emit, who)`}},
		{"a member that is nothing like another", `{"step":{"emit":"ended","colour":1}}`, []string{`$.step.colour: found 1, want no such member (known: emit, who)`}},
		{"a value that the schema lists", `{"step":{"emit":"starts"}}`, []string{`$.step.emit: found "starts", want an event; did you mean "started"?`}},
		{"a value that is nothing like another", `{"step":{"emit":"x"}}`, []string{`$.step.emit: found "x", want "started" or "ended"`}},
		{"an example", `{"step":{"send":"refused"}}`, []string{`$.step.send: found "refused", want a fault; did you mean "refuse"?`}},
		{"no word", `{"step":{"emit":5}}`, []string{`$.step.emit: found 5, want "started" or "ended"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := folder(t, map[string]string{"doc": step}).validate("doc", Open, []byte(tt.body))
			var e *Error
			assert.Assert(t, errors.As(err, &e), "%v", err)
			var got []string
			for _, p := range e.Problems {
				got = append(got, p.String())
			}
			assert.DeepEqual(t, got, tt.want)
		})
	}
}

// The hint for a member works where the strict reading closes an object that
// the open reading leaves open, too.
func TestMisspeltMembersOfEventsGetAHint(t *testing.T) {
	_, err := ValidateEvent([]byte(`{"event":"meeting.started","meetng":{}}`), Strict)
	assert.Error(t, err, `schemas: meeting.started: $.meetng: found an empty object, want no such member; did you mean "meeting"?`)
}

func TestErrorSaysHowManyMoreThereAre(t *testing.T) {
	body := []byte(`{"event":"meeting.summary","summaryDownloadUrl":1,"summaryDownloadUrlExpiry":2}`)
	_, err := ValidateEvent(body, Open)
	assert.Error(t, err, "schemas: meeting.summary: $.meeting: found nothing, want an object (and 2 more)")
}

func TestProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"event":"meeting.started"`)
	for i := range 5000 {
		fmt.Fprintf(&b, `,"extra%d":%d`, i, i)
	}
	b.WriteString("}")
	_, err := ValidateEvent([]byte(b.String()), Strict)
	var e *Error
	assert.Assert(t, errors.As(err, &e))
	assert.Equal(t, len(e.Problems), maxProblems)
	assert.Equal(t, e.Omitted, 5001-maxProblems, "the meeting is missing, too")
	assert.ErrorContains(t, err, "(and 5000 more)")
}

func TestSameBodySameMessages(t *testing.T) {
	body := []byte(`{"event":"recording.statusUpdate","recording":{"status":"X","fileSize":[],"a":1,"b":2},"c":{}}`)
	_, first := ValidateEvent(body, Strict)
	for range 50 {
		_, again := ValidateEvent(body, Strict)
		var a, b *Error
		assert.Assert(t, errors.As(first, &a) && errors.As(again, &b))
		assert.DeepEqual(t, a.Problems, b.Problems)
	}
}
