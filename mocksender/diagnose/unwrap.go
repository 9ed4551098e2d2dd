package diagnose

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
)

// maxUnpacked limits what comes out of a compressed body. An event has some
// hundred bytes.
const maxUnpacked = 256 << 10

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
	known := func(b []byte) bool {
		return slices.ContainsFunc(all, func(u unwrappedBody) bool { return bytes.Equal(u.body, b) })
	}
	for from, depth := 0, 0; depth < 2; depth++ {
		to := len(all)
		for _, u := range all[from:to] {
			for _, e := range encodings() {
				if out, ok := e.undo(u.body); ok && !known(out) {
					f := finding(e.id, e.detail)
					f.Origin = e.origin
					all = append(all, unwrappedBody{out, slices.Concat(u.findings, []Finding{f})})
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
	origin string
}

func encodings() []encoding {
	return []encoding{
		{id: BodyUTF16, undo: fromUTF16},
		{id: BodyBase64, undo: fromBase64},
		{id: BodyTwice, undo: fromString},
		{id: BodyBuffer, detail: `it is {"type":"Buffer","data":[…]}`, undo: fromBuffer, origin: dyteRSA},
		{id: BodyBuffer, detail: "it is a list of numbers", undo: fromList},
		{id: BodyBuffer, detail: `it is {"0":…,"1":…}, as a Uint8Array is written`, undo: fromIndexed},
		{id: BodyCompressed, detail: "it is gzip", undo: fromGzip},
		{id: BodyCompressed, detail: "it is zlib, which HTTP calls deflate", undo: fromZlib},
		{id: BodyCompressed, detail: "it is Brotli, which HTTP calls br", undo: fromBrotli},
		{id: BodyForm, detail: "all of it is URL-encoded", undo: fromQuery},
		{id: BodyForm, detail: "a field of the form holds all of it", undo: fromField},
		{id: BodyForm, detail: "its members became the fields of a form", undo: fromFields},
		{id: BodyCharset, detail: "it was read as Windows-1252", undo: func(b []byte) ([]byte, bool) { return toBytes(b, windows1252) }},
		{id: BodyCharset, detail: "it was read as Latin-1", undo: func(b []byte) ([]byte, bool) { return toBytes(b, latin1) }},
		{id: BodyCharset, detail: "it was written as Latin-1", undo: fromLatin1},
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

// fromBuffer reads what JSON.stringify makes of a Buffer.
func fromBuffer(b []byte) ([]byte, bool) {
	var buffer struct {
		Type string `json:"type"`
		Data []byte `json:"data"`
	}
	if !opens(b, '{') || !bytes.Contains(b, []byte(`"Buffer"`)) || json.Unmarshal(b, &buffer) != nil || buffer.Type != "Buffer" {
		return nil, false
	}
	return buffer.Data, len(buffer.Data) > 0
}

func fromList(b []byte) ([]byte, bool) {
	var list []byte
	if !opens(b, '[') || json.Unmarshal(b, &list) != nil {
		return nil, false
	}
	return list, len(list) > 0
}

// fromIndexed reads what JSON.stringify makes of a Uint8Array.
func fromIndexed(b []byte) ([]byte, bool) {
	var at map[string]byte
	if !opens(b, '{') || !bytes.Contains(b, []byte(`"0"`)) || json.Unmarshal(b, &at) != nil || len(at) == 0 {
		return nil, false
	}
	out := make([]byte, len(at))
	for i := range out {
		c, ok := at[strconv.Itoa(i)]
		if !ok {
			return nil, false
		}
		out[i] = c
	}
	return out, true
}

// opens reports whether the first letter of b is c.
func opens(b []byte, c byte) bool {
	b = bytes.TrimLeft(b, space)
	return len(b) > 0 && b[0] == c
}

func fromGzip(b []byte) ([]byte, bool) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, false
	}
	r.Multistream(false) // a line break may follow
	return unpacked(r)
}

func fromZlib(b []byte) ([]byte, bool) {
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, false
	}
	return unpacked(r)
}

// fromBrotli tries whatever is not text: nothing marks Brotli as such.
func fromBrotli(b []byte) ([]byte, bool) {
	if utf8.Valid(b) {
		return nil, false
	}
	return unpacked(brotli.NewReader(bytes.NewReader(b)))
}

func unpacked(r io.Reader) ([]byte, bool) {
	out, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	return out, err == nil && len(out) > 0 && len(out) <= maxUnpacked
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
