package intercept

import (
	"errors"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestOnlyFullHostNamesAreIntercepted(t *testing.T) {
	for _, c := range []struct{ in, want, why string }{
		{"api.example.com", "api.example.com", ""},
		{" API.Example.COM. ", "api.example.com", ""},
		{"a_b.example", "a_b.example", ""},
		{"", "", "want a full name"},
		{"example", "", "want a full name"},
		{"localhost", "", "is this machine already"},
		{"a.localhost", "", "is this machine already"},
		{"*.example.com", "", "want one name"},
		{"192.0.2.1", "", "found the address"},
		{"[2001:db8::1]", "", "found the address"},
		{"https://api.example.com", "", "the name alone"},
		{"api.example.com:443", "", "the name alone"},
		{"user@api.example.com", "", "the name alone"},
		{"a..example", "", "letters, digits"},
		{"-a.example", "", "letters, digits"},
		{"bücher.example", "", "letters, digits"},
		{"a b.example", "", "letters, digits"},
		{strings.Repeat("a", 64) + ".example", "", "letters, digits"},
		{strings.Repeat("a.", 130) + "example", "", "letters, digits"},
	} {
		got, err := ParseHost(c.in)
		assert.Equal(t, got, c.want, c.in)
		if c.why == "" {
			assert.NilError(t, err)
			continue
		}
		assert.Assert(t, errors.Is(err, ErrHost), c.in)
		assert.Assert(t, is.ErrorContains(err, c.why))
	}
}

func FuzzParseHost(f *testing.F) {
	f.Add("api.example.com")
	f.Fuzz(func(t *testing.T, s string) {
		host, err := ParseHost(s)
		if err != nil {
			return
		}
		again, err := ParseHost(host)
		assert.NilError(t, err)
		assert.Equal(t, again, host)
		assert.Assert(t, !strings.ContainsAny(host, " \t\r\n/:'\"$`\\"), "it is written to hosts files and to shells")
	})
}
