package diagnose

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unwrappedBody is what a body may have been before somebody encoded it, with
// the findings that say so.
type unwrappedBody struct {
	body     []byte
	findings []Finding
}

// unwrapped returns body and what comes out of it by undoing up to two
// encodings.
func unwrapped(body []byte) []unwrappedBody {
	all := []unwrappedBody{{body: body}}
	for from, depth := 0, 0; depth < 2; depth++ {
		to := len(all)
		for _, u := range all[from:to] {
			for _, e := range encodings() {
				if out, ok := e.undo(u.body); ok {
					all = append(all, unwrappedBody{out, slices.Concat(u.findings, []Finding{finding(e.id, e.detail)})})
				}
			}
		}
		from = to
	}
	return all
}

// encoding is one way in which a body may be encoded.
type encoding struct {
	id     ID
	detail string
	undo   func([]byte) ([]byte, bool) // false: the body is not encoded like that
}

func encodings() []encoding {
	return []encoding{
		{BodyUTF16, "", fromUTF16},
		{BodyBase64, "", fromBase64},
		{BodyTwice, "", fromString},
		{BodyCharset, "it was read as Windows-1252", func(b []byte) ([]byte, bool) { return toBytes(b, windows1252) }},
		{BodyCharset, "it was read as Latin-1", func(b []byte) ([]byte, bool) { return toBytes(b, latin1) }},
		{BodyCharset, "it was written as Latin-1", fromLatin1},
	}
}

func fromUTF16(b []byte) ([]byte, bool) {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(b) < 4 || len(b)%2 != 0:
		return nil, false
	case b[0] == 0xfe && b[1] == 0xff || b[0] == 0 && b[1] != 0:
		order = binary.BigEndian
	case b[0] == 0xff && b[1] == 0xfe || b[0] != 0 && b[1] == 0:
	default:
		return nil, false
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	if units[0] == 0xfeff {
		units = units[1:]
	}
	return []byte(string(utf16.Decode(units))), true
}

func fromBase64(b []byte) ([]byte, bool) {
	out, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(b)))
	return out, err == nil && len(out) > 0
}

func fromString(b []byte) ([]byte, bool) {
	var s string
	if b = bytes.TrimSpace(b); len(b) < 2 || b[0] != '"' || json.Unmarshal(b, &s) != nil {
		return nil, false
	}
	return []byte(s), true
}

// toBytes writes each letter as the one byte that encode gives for it.
func toBytes(b []byte, encode func(rune) (byte, bool)) ([]byte, bool) {
	isASCII := !slices.ContainsFunc(b, func(c byte) bool { return c >= utf8.RuneSelf })
	if isASCII || !utf8.Valid(b) {
		return nil, false
	}
	out := make([]byte, 0, len(b))
	for _, r := range string(b) {
		c, ok := encode(r)
		if !ok {
			return nil, false
		}
		out = append(out, c)
	}
	return out, true
}

func latin1(r rune) (byte, bool) { return byte(r), r < 0x100 }

// windows1252 differs from Latin-1 in the 32 places of the C1 controls. Browsers
// give a meaning to the five places that it leaves open, and so does this.
func windows1252(r rune) (byte, bool) {
	const places = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	if r >= 0x80 && r < 0xa0 || r >= 0x100 {
		at := strings.IndexRune(places, r)
		return byte(0x80 + utf8.RuneCountInString(places[:max(at, 0)])), at >= 0
	}
	return byte(r), true
}

func fromLatin1(b []byte) ([]byte, bool) {
	if utf8.Valid(b) {
		return nil, false
	}
	out := make([]byte, 0, len(b)+16)
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return out, true
}
