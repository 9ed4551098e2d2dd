package terminal

import (
	"testing"

	"gotest.tools/v3/assert"
)

func TestOneLineKeepsMessagesHarmless(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{"a\nb\r\n\tc", "a b c", "one line it is"},
		{"a\x1b[31mb\x07", "a[31mb", "no escape sequences"},
		{"a\u202eb\u200bc", "abc", "nothing that turns or hides text"},
		{"Grüße 你好", "Grüße 你好", "letters stay"},
	} {
		assert.Equal(t, OneLine(c.in), c.want, c.reason)
	}
}

func TestWrapBreaksAtSpacesAlone(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two  three\nfour", 9, []string{"one two", "three", "four"}},
		{"Grüße an alle", 8, []string{"Grüße an", "alle"}},
	} {
		assert.DeepEqual(t, Wrap(c.in, c.width), c.want)
	}
}
