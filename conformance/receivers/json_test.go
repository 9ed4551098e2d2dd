package receivers

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestReserialiseWritesAsJavaScriptWould(t *testing.T) {
	for _, test := range []struct{ body, want, reason string }{
		{`{"b":1,"a":[true,null,"x"],"c":{}}`, `{"b":1,"a":[true,null,"x"],"c":{}}`, "compact JSON stays as it is"},
		{"{ \"b\" : 1.50 ,\r\n \"a\" : [ [ ] , { } ] }\n", `{"b":1.50,"a":[[],{}]}`, "white space goes, the order stays"},
		{`{"a":"\/ \u00e9 <&>"}`, `{"a":"/ é <&>"}`, "needless escapes go"},
		{`"text"`, `"text"`, "a value of its own"},
	} {
		got, err := reserialise([]byte(test.body))
		assert.NilError(t, err, test.reason)
		assert.Equal(t, string(got), test.want, test.reason)
	}
	for _, body := range []string{"", "not json", `{"a":1`, `{"a":1} {}`, `[1`} {
		_, err := reserialise([]byte(body))
		assert.Assert(t, err != nil, body)
	}
}

func TestNestingAndRepetitionAreSeen(t *testing.T) {
	assert.Equal(t, nesting([]byte(`{"a":[1,{"b":[]}]}`)), 3)
	assert.Equal(t, nesting([]byte(strings.Repeat("[", 20_000))), 19_999, "broken JSON counts as far as it goes")
	for body, want := range map[string]bool{
		`{"a":1,"a":2}`:                     true,
		`{"a":{"b":1,"b":2}}`:               true,
		`{"a":{"b":1},"c":{"b":2}}`:         false,
		`[{"a":1},{"a":1}]`:                 false,
		`{"a":{"x":1},"b":[{"x":1}],"a":0}`: true,
		`not json`:                          false,
	} {
		assert.Equal(t, repeatsMember([]byte(body)), want, body)
	}
}
