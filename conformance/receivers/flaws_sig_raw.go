package receivers

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// layoutFlaws verify other bytes than those that came. The guide: "Do not
// reserialize parsed JSON before verification because changes in whitespace or
// key order can change the signed bytes."
func layoutFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "reserialises",
			Doc:   "Verifies JSON.stringify(req.body): right for as long as the sender writes what JSON.stringify would.",
			Kills: ids("sig/raw-bytes sig/utf8 sig/reserialized-tamper"),
			twist: signing(reserialise),
		},
		{
			Name:  "raw-or-reserialised",
			Doc:   "Verifies the raw body and, if that fails, what it serialises itself: no genuine delivery is lost, and changed ones get in.",
			Kills: ids("sig/reserialized-tamper"),
			twist: func(b *behaviour) {
				next := b.verifies
				b.verifies = func(pub *key, signed, signature []byte) error {
					err := next(pub, signed, signature)
					if own, failed := reserialise(signed); err != nil && failed == nil {
						return next(pub, own, signature)
					}
					return err
				}
			},
		},
		{
			Name:  "trims-body",
			Doc:   "Reads the body as text and trims it: a final line break belongs to what was signed.",
			Kills: ids("sig/raw-bytes"),
			twist: signing(func(body []byte) ([]byte, error) { return bytes.TrimSpace(body), nil }),
		},
		{
			Name:  "normalises-line-ends",
			Doc:   "A proxy or a text-mode read turns CRLF into LF before anything is verified.",
			Kills: ids("sig/raw-bytes"),
			twist: signing(func(body []byte) ([]byte, error) {
				return bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), nil
			}),
		},
		{
			Name:  "normalises-unicode",
			Doc:   "Composes umlauts before it verifies, so that names compare well: a name typed on a Mac is no longer what was signed.",
			Kills: ids("sig/utf8"),
			// Other accents it leaves alone: common names have them.
			twist: signing(func(body []byte) ([]byte, error) {
				return []byte(strings.NewReplacer("a\u0308", "ä", "o\u0308", "ö", "u\u0308", "ü").Replace(string(body))), nil
			}),
		},
		{
			Name:  "latin1-body",
			Doc:   "Reads the body as Latin-1, as servlets do without a charset, and verifies it written as UTF-8: refuses whoever has more than ASCII in the name.",
			Kills: ids("sig/utf8 evt/accept-meeting.participantJoined evt/accept-meeting.participantLeft evt/enums evt/lifecycle dlv/session-reuse http/slow-body http/chunked"),
			twist: signing(func(body []byte) ([]byte, error) {
				var out []byte
				for _, c := range body {
					out = utf8.AppendRune(out, rune(c))
				}
				return out, nil
			}),
		},
	}
}

// reserialise writes JSON as JavaScript would: compact, members in the order in
// which they came, and no escapes but the necessary ones.
func reserialise(body []byte) ([]byte, error) {
	var out bytes.Buffer
	err := walkJSON(body, func(t token) error {
		switch {
		case t.index > 0 && t.value:
			out.WriteByte(':')
		case t.index > 0:
			out.WriteByte(',')
		}
		if delim, ok := t.token.(json.Delim); ok {
			out.WriteString(delim.String())
			return nil
		}
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(t.token); err != nil {
			return err
		}
		out.Truncate(out.Len() - 1) // the encoder's line break
		return nil
	})
	return out.Bytes(), err
}
