package payload_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

func TestSetChangesOneValueAndNoOtherByte(t *testing.T) {
	for _, c := range []struct{ body, path, value, want, reason string }{
		{`{"a":1,"b":2}`, "a", `"x"`, `{"a":"x","b":2}`, "replaced in place"},
		{`{"b": 2 , "a" : 1 }`, "a", `[]`, `{"b": 2 , "a" : [] }`, "order and spacing stay"},
		{` {"a":{"b":{"c":"\u00e9\/"}}} `, "a.b.c", `null`, ` {"a":{"b":{"c":null}}} `, "deep, with space around"},
		{`{"a":1}`, "b", `2`, `{"a":1,"b":2}`, "a missing last member is appended"},
		{"{\n  \"a\": 1\n}", "b", `2`, "{\n  \"a\": 1,\"b\":2\n}", "appended after the last value, not after the space"},
		{"{\r\n\t\"a\"\t:\r\n1\r\n}", "a", `2`, "{\r\n\t\"a\"\t:\r\n2\r\n}", "all four kinds of white space"},
		{`{}`, "a", `1`, `{"a":1}`, "no comma in an empty object"},
		{`{ }`, "a", `1`, `{"a":1 }`, "nor in one with space"},
		{`{"a":{}}`, "a.b", `1`, `{"a":{"b":1}}`, "appended inside"},
		{`{"a":[10,20]}`, "a.1", `{"x":1}`, `{"a":[10,{"x":1}]}`, "an index"},
		{`{"a":[10,20]}`, "a.2", `30`, `{"a":[10,20,30]}`, "the next index appends"},
		{`{"a":[]}`, "a.0", `30`, `{"a":[30]}`, "the next index of an empty array"},
		{`[{"a":1}]`, "0.a", `2`, `[{"a":2}]`, "the body may be an array"},
		{`{"a":1}`, "a", " {\"b\": 1}\n", `{"a":{"b": 1}}`, "the value's own bytes, without space around"},
		{`{"\u0061":1}`, "a", `2`, `{"\u0061":2}`, "an escaped name is the same name"},
		{`{"a":"}],{"}`, "b", `2`, `{"a":"}],{","b":2}`, "brackets in a string are text"},
		{`{"a":"\\","b":1}`, "b", `2`, `{"a":"\\","b":2}`, "an escaped backslash ends a string"},
		{`{"a":"\"","b":1}`, "b", `2`, `{"a":"\"","b":2}`, "an escaped quote does not"},
		{`{"a":1}`, `<"é>`, `2`, `{"a":1,"<\"é>":2}`, "a name that needs quoting, and no more"},
		{`{"a":-1.5e+3,"b":true}`, "b", `false`, `{"a":-1.5e+3,"b":false}`, "numbers and words end where they end"},
		{`{"":1,"0":2}`, "0", `3`, `{"":1,"0":3}`, "digits are a name in an object"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			body := []byte(c.body)
			got, err := payload.Set(body, c.path, []byte(c.value))
			assert.NilError(t, err)
			assert.Equal(t, string(got), c.want)
			assert.Equal(t, string(body), c.body, "the argument is not touched")
			value, err := payload.Get(got, c.path)
			assert.NilError(t, err)
			assert.Equal(t, string(value), strings.TrimSpace(c.value))
		})
	}
}

func TestUnsetRemovesOneMemberAndItsComma(t *testing.T) {
	for _, c := range []struct{ body, path, want, reason string }{
		{`{"a":1,"b":2,"c":3}`, "a", `{"b":2,"c":3}`, "the first"},
		{`{"a":1,"b":2,"c":3}`, "b", `{"a":1,"c":3}`, "one between"},
		{`{"a":1,"b":2,"c":3}`, "c", `{"a":1,"b":2}`, "the last"},
		{`{"a":1}`, "a", `{}`, "the only one"},
		{"{\n  \"a\": 1,\n  \"b\": 2\n}", "a", "{\n  \"b\": 2\n}", "the first, indented"},
		{"{\n  \"a\": 1,\n  \"b\": 2\n}", "b", "{\n  \"a\": 1\n}", "the last, indented"},
		{`{"a":{"b":{"x":[1,{"c":2}]},"d":1}}`, "a.b", `{"a":{"d":1}}`, "with all it holds"},
		{`{"a":[10,20,30]}`, "a.0", `{"a":[20,30]}`, "an element"},
		{`{"a":[10,20,30]}`, "a.2", `{"a":[10,20]}`, "the last element"},
		{`[1]`, "0", `[]`, "the only element"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			body := []byte(c.body)
			got, err := payload.Unset(body, c.path)
			assert.NilError(t, err)
			assert.Equal(t, string(got), c.want)
			assert.Equal(t, string(body), c.body, "the argument is not touched")
		})
	}
}

func TestPathErrorsNamePathSegmentAndWhatWasFound(t *testing.T) {
	const body = `{"a":{"b":"text","c":[1,2],"d":null,"e":1,"f":true},"twice":1,"twice":2,"empty":{}}`
	for _, c := range []struct {
		path  string
		set   string // the error of Set; empty: Set is legal
		unset string // the error of Unset and Get
	}{
		{"", `"": segment 1 is empty`, `"": segment 1 is empty`},
		{"a..b", `"a..b": segment 2 is empty`, `segment 2 is empty`},
		{"a.", `segment 2 is empty`, `segment 2 is empty`},
		{"x", "", `"x": segment 1, "x": found an object with a, twice, twice, empty`},
		{"a.x", "", `"a.x": segment 2, "x": found an object with b, c, d, e, f`},
		{"empty.x", "", `segment 2, "x": found an empty object`},
		{"x.y", `"x.y": segment 1, "x": found an object with a, twice`, `segment 1, "x": found an object with a`},
		{"a.b.x", `segment 3, "x": found a string before it, want an object`, `found a string before it`},
		{"a.d.x", `found null before it, want an object`, `found null before it`},
		{"a.e.x", `found a number before it, want an object`, `found a number before it`},
		{"a.f.x.y", `segment 3, "x": found a boolean before it, want an object`, `found a boolean before it`},
		{"a.c.x", `segment 3, "x": found an array, want an index`, `found an array, want an index`},
		{"a.c.00", `found an array, want an index`, `found an array, want an index`},
		{"a.c.+1", `found an array, want an index`, `found an array, want an index`},
		{"a.c.-1", `found an array, want an index`, `found an array, want an index`},
		{"a.c.99999999999999999999", `found an array, want an index`, `found an array, want an index`},
		{"a.c.2", "", `segment 3, "2": found an array of 2`},
		{"a.c.3", `segment 3, "3": found an array of 2`, `found an array of 2`},
		{"a.c.2.x", `segment 3, "2": found an array of 2`, `found an array of 2`},
		{"twice", `segment 1, "twice": found an object that has it twice`, `that has it twice`},
		{"\xff", "is not UTF-8", "is not UTF-8"},
	} {
		t.Run(c.path, func(t *testing.T) {
			_, err := payload.Set([]byte(body), c.path, []byte("0"))
			if c.set == "" {
				assert.NilError(t, err)
			} else {
				assert.ErrorIs(t, err, payload.ErrPath)
				assert.ErrorContains(t, err, c.set)
			}
			_, err = payload.Unset([]byte(body), c.path)
			assert.ErrorIs(t, err, payload.ErrPath)
			assert.ErrorContains(t, err, c.unset)
			_, err = payload.Get([]byte(body), c.path)
			assert.ErrorIs(t, err, payload.ErrPath)
			assert.ErrorContains(t, err, c.unset)
		})
	}
}

func TestPathFunctionsRefuseWhatIsNotJSON(t *testing.T) {
	for _, broken := range []string{"", " ", "{", `{"a":1}}`, `{"a":01}`, "UPLOADED"} {
		_, err := payload.Set([]byte(`{"a":1}`), "a", []byte(broken))
		assert.ErrorIs(t, err, payload.ErrJSON, "value %q", broken)
		_, err = payload.Set([]byte(broken), "a", []byte("1"))
		assert.ErrorIs(t, err, payload.ErrJSON, "body %q", broken)
		_, err = payload.Unset([]byte(broken), "a")
		assert.ErrorIs(t, err, payload.ErrJSON, "body %q", broken)
	}
	_, err := payload.Set([]byte(`"text"`), "a", []byte("1"))
	assert.ErrorIs(t, err, payload.ErrPath, "a body without members")
}

func TestURLsAreTheDownloadLinksInOrder(t *testing.T) {
	for _, c := range []struct {
		body   string
		want   []string
		reason string
	}{
		{`{"recording":{"audioDownloadUrl":"https://b","downloadUrl":"https://a","downloadUrlExpiry":"x"}}`, []string{"https://b", "https://a"}, "as they stand"},
		{`{"chatDownloadUrl":"https:\/\/c","x":[{"summaryDownloadUrl":"s","transcriptDownloadUrl":"t"}]}`, []string{"https://c", "s", "t"}, "unescaped, and at any depth"},
		{`{"downloadUrl":null,"playbackUrl":"p","chatDownloadUrl":{"downloadUrl":"d"}}`, []string{"d"}, "strings only"},
		{`["downloadUrl"]`, nil, "an element is no member"},
		{`{"downloadUrl":"a"`, nil, "not JSON"},
		{``, nil, "not JSON"},
	} {
		assert.DeepEqual(t, payload.URLs([]byte(c.body)), c.want)
	}
}

func decode(t *testing.T, body []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	assert.NilError(t, dec.Decode(&v), "%s", body)
	return v
}

// Whatever the body, path and value: the result is JSON, the value is there,
// and without it both bodies are the same.
func FuzzSetAndUnset(f *testing.F) {
	events, err := payload.Lifecycle(payload.Options{})
	assert.NilError(f, err)
	for _, event := range events {
		f.Add(string(event.Body), "meeting.organizedBy.id", `"x"`)
		f.Add(string(event.Body), "recording.downloadUrl", `null`)
	}
	f.Add("{\n  \"a\": [1, {\"b\": \"\\\"}\"}, [ ]]\n}", "a.1.b", " 1 ")
	f.Add(`{"a":[]}`, "a.0", `{}`)
	f.Add(`{ }`, "a", `[1 , 2]`)
	f.Add(`{"a":1,"a":2}`, "a", `3`)
	f.Fuzz(func(t *testing.T, body, path, value string) {
		set, err := payload.Set([]byte(body), path, []byte(value))
		if err != nil {
			return
		}
		got, err := payload.Get(set, path)
		assert.NilError(t, err, "%q", set)
		assert.Equal(t, string(got), strings.Trim(value, " \t\r\n"))
		after, err := payload.Unset(set, path)
		assert.NilError(t, err, "%q", set)

		before := []byte(body)
		if _, err := payload.Get(before, path); err == nil {
			before, err = payload.Unset(before, path)
			assert.NilError(t, err, "%q", body)
		}
		if diff := cmp.Diff(decode(t, before), decode(t, after)); diff != "" {
			t.Fatalf("Set(%q, %q, %q) = %q changes more than the path: %s", body, path, value, set, diff)
		}
		payload.URLs(set)
	})
}
