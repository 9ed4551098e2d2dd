package diagnose

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"
)

// maxSignature bounds a header's value: the longest of a key of 8192 bits in
// any spelling has less than half of it.
const maxSignature = 8 << 10

// reading is one way to read a header's value.
type reading struct {
	raw      []byte
	spelling []ID
	claim    *claim // nil: no key made it
	by       Key
}

// read returns the reading that a key confirms, or else the one that asks for
// the fewest mishaps. It returns false where the value is nothing that could
// be read.
func read(value string, c Case) (reading, bool) {
	if len(value) > maxSignature {
		return reading{}, false
	}
	all := readings(value)
	for _, r := range all {
		for _, key := range append([]Key{c.Key}, c.Others...) {
			if key.Public == nil {
				continue
			}
			if r.claim = recoverClaim(key.Public, r.raw); r.claim != nil {
				r.by = key
				return r, true
			}
		}
	}
	// Of those that nothing confirms, the one as long as a signature or a sum.
	for _, r := range all {
		if len(r.raw) == c.Key.Public.Size() || sumNames()[len(r.raw)] != "" {
			return r, true
		}
	}
	for _, r := range all {
		if len(r.spelling) == 0 || len(r.raw) > 64 {
			return r, true
		}
	}
	return reading{}, false
}

// decoration is what is put around a signature by mistake.
func decoration() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[bB]?["'](.*)["']|(?i:(?:rsa-)?sha-?256|v1|signature|rtk-signature)\s*[=:]\s*(.*))$`)
}

// readings returns the ways to read value, the plainest first.
func readings(value string) []reading {
	var out []reading
	texts := []reading{{raw: []byte(value)}}
	respell := func(id ID, f func(string) string) {
		for _, t := range texts {
			if now := f(string(t.raw)); now != string(t.raw) && len(texts) < 32 {
				texts = append(texts, reading{raw: []byte(now), spelling: append(t.spelling[:len(t.spelling):len(t.spelling)], id)})
			}
		}
	}
	respell(SignatureDecorated, func(s string) string {
		m := decoration().FindStringSubmatch(strings.TrimSpace(s))
		if m == nil {
			return s
		}
		return m[1] + m[2]
	})
	respell(SignatureURLCoded, func(s string) string {
		if plain, err := url.PathUnescape(s); err == nil {
			return plain
		}
		return s
	})
	respell(SignatureURLCoded, func(s string) string { return strings.ReplaceAll(s, " ", "+") })
	respell(SignatureWhitespace, func(s string) string {
		s = strings.NewReplacer(`\n`, "", `\r`, "").Replace(s)
		return strings.Join(strings.Fields(s), "")
	})
	for _, t := range texts {
		out = append(out, t.decode()...)
	}
	return out
}

// decode returns what the text of r says in the encodings of bytes.
func (r reading) decode() []reading {
	text := string(r.raw)
	var out []reading
	add := func(raw []byte, ids ...ID) {
		out = append(out, reading{raw: raw, spelling: append(r.spelling[:len(r.spelling):len(r.spelling)], ids...)})
	}
	// Hex first: its digits are Base64's, too.
	if raw, err := hex.DecodeString(text); err == nil && len(raw) >= 20 {
		add(raw, SignatureHex)
	}
	standard := strings.NewReplacer("-", "+", "_", "/").Replace(text)
	var ids []ID
	if standard != text {
		ids = append(ids, SignatureURLSafe)
	}
	trimmed := strings.TrimRight(standard, "=")
	if len(standard)%4 != 0 && len(trimmed)%4 != 1 {
		ids = append(ids, SignatureUnpadded)
	}
	raw, err := base64.RawStdEncoding.DecodeString(trimmed)
	if err != nil || strings.ContainsAny(trimmed, "\r\n") {
		return out
	}
	if padded := base64.StdEncoding.EncodeToString(raw); len(ids) == 0 && padded != standard || strings.TrimRight(padded, "=") != trimmed {
		ids = append(ids, SignatureStray)
	}
	add(raw, ids...)
	if inner, err := base64.StdEncoding.DecodeString(string(raw)); err == nil && len(inner) >= 20 {
		add(inner, append(ids, SignatureTwice)...)
	}
	return out
}
