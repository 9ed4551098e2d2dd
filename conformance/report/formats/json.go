package formats

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
)

// indentedJSON returns the JSON form of document in letters that are safe to
// show.
func indentedJSON(document any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(document)
	return escapeInvisible(b.String()), err
}

// escapeInvisible replaces what is not visible in a JSON text by escapes of the
// same meaning. Control characters below U+0020 are escaped already, and
// everything else beyond ASCII can only stand within strings. The encoder
// escapes U+FFFD where it stands for a byte that is not UTF-8; here it is
// escaped everywhere, so that a document that was read gives the same text.
func escapeInvisible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n', r != utf8.RuneError && printable.Visible(r):
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
