package receivers

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// bytesFlaws verify other bytes than those that came. The guide: "Do not
// reserialize parsed JSON before verification because changes in whitespace or
// key order can change the signed bytes."
func bytesFlaws() []Spec {
	return []Spec{
		{
			Name:     "reserialises",
			Doc:      "Verifies JSON.stringify(req.body): right as long as the sender writes what JSON.stringify would.",
			CaughtBy: ids("sig/raw-bytes sig/utf8 sig/reserialized-tamper sig/effect-before-verify"),
			change:   verifyBytes(reserialise),
		},
		{
			Name:     "raw-or-reserialised",
			Doc:      "Verifies the raw body and, if that fails, what it serialises itself. It loses no genuine delivery, and it accepts changed ones.",
			CaughtBy: ids("sig/reserialized-tamper sig/effect-before-verify"),
			change: verifyAlso(func(pub *key, signed, signature []byte) bool {
				own, err := reserialise(signed)
				return err == nil && pkcs1SHA256(pub, own, signature) == nil
			}),
		},
		{
			Name:     "trims-body",
			Doc:      "Reads the body as text and trims it. A final line break is part of what was signed.",
			CaughtBy: ids("sig/raw-bytes"),
			change:   verifyBytes(func(body []byte) ([]byte, error) { return bytes.TrimSpace(body), nil }),
		},
		{
			Name:     "normalises-line-ends",
			Doc:      "A proxy or a text-mode read changes CRLF to LF before the verification.",
			CaughtBy: ids("sig/raw-bytes"),
			change: verifyBytes(func(body []byte) ([]byte, error) {
				return bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), nil
			}),
		},
		{
			Name:     "normalises-unicode",
			Doc:      "Composes umlauts before it verifies, so that names compare well. A name that was typed on a Mac is no longer what was signed.",
			CaughtBy: ids("sig/utf8"),
			// It leaves other accents alone, because common names have them.
			change: verifyBytes(func(body []byte) ([]byte, error) {
				return []byte(strings.NewReplacer("a\u0308", "ä", "o\u0308", "ö", "u\u0308", "ü").Replace(string(body))), nil
			}),
		},
		{
			Name:     "latin1-body",
			Doc:      "Reads the body as Latin-1, as servlets do without a charset, and verifies it written as UTF-8. It rejects every name with more than ASCII.",
			CaughtBy: ids("sig/utf8"),
			change: verifyBytes(func(body []byte) ([]byte, error) {
				var out []byte
				for _, c := range body {
					out = utf8.AppendRune(out, rune(c))
				}
				return out, nil
			}),
		},
	}
}
