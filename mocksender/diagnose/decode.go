package diagnose

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

// decoding undoes one way in which a body is wrapped. It returns false where
// the body is not wrapped like that.
type decoding struct {
	id     ID
	detail string
	undo   func([]byte) ([]byte, bool)
}

func decodings() []decoding {
	return []decoding{
		{BodyUTF16, "", fromUTF16},
		{BodyBase64, "", fromBase64},
		{BodyTwice, "", fromString},
		{BodyCharset, "it was read as Windows-1252", func(b []byte) ([]byte, bool) { return toBytes(b, windows1252) }},
		{BodyCharset, "it was read as Latin-1", func(b []byte) ([]byte, bool) { return toBytes(b, latin1) }},
		{BodyCharset, "it was written as Latin-1", fromLatin1},
	}
}

// base is what a body may have been before it was wrapped.
type base struct {
	body     []byte
	findings []Finding
}

// bases returns body and what comes out of it by undoing up to two wrappings.
func bases(body []byte) []base {
	all := []base{{body: body}}
	for from, depth := 0, 0; depth < 2; depth++ {
		to := len(all)
		for _, b := range all[from:to] {
			for _, d := range decodings() {
				if out, ok := d.undo(b.body); ok {
					all = append(all, base{out, append(b.findings[:len(b.findings):len(b.findings)], finding(d.id, d.detail))})
				}
			}
		}
		from = to
	}
	return all
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
	b = bytes.TrimSpace(b)
	out := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	n, err := base64.StdEncoding.Decode(out, b)
	return out[:n], err == nil && n > 0
}

func fromString(b []byte) ([]byte, bool) {
	var s string
	if b = bytes.TrimSpace(b); len(b) < 2 || b[0] != '"' || json.Unmarshal(b, &s) != nil {
		return nil, false
	}
	return []byte(s), true
}

// toBytes writes each letter as the one byte that encode has for it.
func toBytes(b []byte, encode func(rune) (byte, bool)) ([]byte, bool) {
	if isASCII(b) || !utf8.Valid(b) {
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

// windows1252 differs from Latin-1 in the 32 places of the C1 controls. The
// five that it leaves open are taken as browsers take them.
func windows1252(r rune) (byte, bool) {
	if r < 0x80 || r >= 0xa0 && r < 0x100 {
		return byte(r), true
	}
	const places = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	i := 0
	for _, p := range places {
		if p == r {
			return byte(0x80 + i), true
		}
		i++
	}
	return 0, false
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

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
