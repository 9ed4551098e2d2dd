package printable

import (
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestLineShowsWhatIsNotVisibleAsAnEscapeSequence(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 日本":               "plain é 日本",
		"a\r\n\tb":                 `a\r\n\tb`,
		"\x1b[2J\x7f":              `\x1b[2J\x7f`,
		"\u202e\ufeff\u0085":       `\u202e\ufeff\u0085`,
		"\U000e0041":               `\U000e0041`,
		"\xff\xed\xa0\x80 \ufffd":  `\xff\xed\xa0\x80 ` + "\ufffd",
		"two  spaces\nand another": `two  spaces\nand another`,
	} {
		assert.Equal(t, Line(in), want)
	}
	assert.Equal(t, Text("two  spaces\nand another"), "two spaces and another")
	assert.Equal(t, UTF8("\x1b\xff\u202e"), "\x1b"+`\xff`+"\u202e")
}

func TestCutShowsThatItCut(t *testing.T) {
	assert.Equal(t, Cut("éééé", 4), "éééé")
	assert.Equal(t, Cut("ééééé", 4), "ééé…")
	assert.Equal(t, Cut("", 4), "")
}

func TestFirstLineIsShortAndShowsWhatItIs(t *testing.T) {
	long := strings.Repeat("é", maxSnippet)
	for _, c := range []struct {
		body, want string
		more       bool
	}{
		{"", "", false},
		{"  \r\n\t ", "", false},
		{"\n\n ok \n", "ok", false},
		{"one\ntwo", "one", true},
		{"one\rtwo", "one", true},
		{long, long, false},
		{long + "é", long[:len(long)-2] + "…", true},
		{"\x1b[31mred\x1b[0m\u202e\u2066\ufeff", `\x1b[31mred\x1b[0m\u202e\u2066\ufeff`, false},
		{"\x00\x7f\x80\u0080\U000e0041", `\x00\x7f\x80\u0080\U000e0041`, false},
		{strings.Repeat(" ", 5000) + "late", "", true},
	} {
		got, more := FirstLine([]byte(c.body))
		assert.Equal(t, got, c.want)
		assert.Equal(t, more, c.more, c.want)
	}
}

func TestNumbersAreReadAsWords(t *testing.T) {
	assert.Equal(t, Count(1, "byte")+", "+Count(2, "byte")+", "+Count(0, "retry", "retries"), "1 byte, 2 bytes, 0 retries")
	assert.Equal(t, List(nil)+List([]string{"a"})+List([]string{"a", "b"})+List([]string{"a", "b", "c"}), "aa and ba, b and c")
	for d, want := range map[time.Duration]string{
		time.Microsecond: "<1ms", 3127 * time.Microsecond: "3.1ms", 21400 * time.Microsecond: "21ms", 1234567 * time.Microsecond: "1.23s",
	} {
		assert.Equal(t, Duration(d), want)
	}
}
