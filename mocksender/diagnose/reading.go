package diagnose

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxSignature limits a header's value. The longest value of a key of 8192 bits
// has less than half of it, however it is written.
const maxSignature = 8 << 10

// reading is one way to read a header's value.
type reading struct {
	raw      []byte
	spelling []ID   // what is wrong with how it is written
	claim    *claim // nil: no key made it
	by       Key
}

// read returns the reading that a key confirms, or else the one that needs the
// fewest mistakes. It returns false for a value that cannot be read.
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
	// No key confirms any. Next best is one as long as a signature or a sum.
	i := slices.IndexFunc(all, func(r reading) bool {
		return len(r.raw) == c.Key.Public.Size() || hashOfSize(len(r.raw)) != 0
	})
	if i < 0 {
		i = slices.IndexFunc(all, func(r reading) bool { return len(r.spelling) == 0 || len(r.raw) > 64 })
	}
	if i < 0 {
		return reading{}, false
	}
	return all[i], true
}

// decoration is what people put around a signature by mistake.
func decoration() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[bB]?["'](.*)["']|(?i:(?:rsa-)?sha-?256|v1|signature|rtk-signature)\s*[=:]\s*(.*))$`)
}

// readings returns the ways to read value, the plainest first.
func readings(value string) []reading {
	texts := []reading{{raw: []byte(value)}}
	undo := func(id ID, f func(string) string) {
		for _, t := range texts {
			if now := f(string(t.raw)); now != string(t.raw) && len(texts) < 32 {
				texts = append(texts, t.with([]byte(now), id))
			}
		}
	}
	undo(SignatureDecorated, func(s string) string {
		m := decoration().FindStringSubmatch(strings.TrimSpace(s))
		if m == nil {
			return s
		}
		return m[1] + m[2]
	})
	undo(SignatureURLCoded, func(s string) string {
		if plain, err := url.PathUnescape(s); err == nil {
			return plain
		}
		return s
	})
	undo(SignatureURLCoded, func(s string) string { return strings.ReplaceAll(s, " ", "+") })
	undo(SignatureWhitespace, func(s string) string {
		s = strings.NewReplacer(`\n`, "", `\r`, "").Replace(s)
		return strings.Join(strings.Fields(s), "")
	})
	var out []reading
	for _, t := range texts {
		out = append(out, t.decode()...)
	}
	return out
}

// with returns a reading of raw with more mistakes than r has.
func (r reading) with(raw []byte, ids ...ID) reading {
	return reading{raw: raw, spelling: slices.Concat(r.spelling, ids)}
}

// decode returns what the text of r says in hex and in Base64.
func (r reading) decode() []reading {
	text := string(r.raw)
	var out []reading
	// Hex first, since its digits are digits of Base64 too.
	if raw, err := hex.DecodeString(text); err == nil && len(raw) >= 20 {
		out = append(out, r.with(raw, SignatureHex))
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
	out = append(out, r.with(raw, ids...))
	if inner, err := base64.StdEncoding.DecodeString(string(raw)); err == nil && len(inner) >= 20 {
		out = append(out, r.with(inner, append(ids, SignatureTwice)...))
	}
	return out
}

// signatureOf returns the signature's value, empty if there is none, and what is
// wrong with the header.
func signatureOf(c Case) (value string, problems []Finding) {
	add := func(id ID, detail string) { problems = append(problems, finding(id, detail)) }
	values := []string{c.Signature}
	if c.Header != nil {
		values = field(c.Header, rtk.HeaderSignature)
		if older := field(c.Header, rtk.DyteHeaderSignature); len(values) == 0 && len(older) > 0 {
			add(SignaturePredecessor, "")
			values = older
		}
	}
	if len(values) == 0 {
		add(SignatureMissing, similarNames(c.Header))
		return "", problems
	}
	value = values[0]
	if len(values) > 1 {
		add(SignatureRepeated, fmt.Sprintf("there are %d", len(values)))
		// One that verifies is the most useful.
		if i := slices.IndexFunc(values, func(v string) bool { return rtk.Verify(c.Key.Public, c.Body, v) == nil }); i >= 0 {
			value = values[i]
		}
	}
	if strings.TrimSpace(value) == "" {
		add(SignatureEmpty, "")
		return "", problems
	}
	return value, problems
}

// similarNames lists the header's fields that could be what was meant.
func similarNames(h http.Header) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if lower := strings.ToLower(name); strings.Contains(lower, "sign") || strings.HasPrefix(lower, "rtk") || strings.HasPrefix(lower, "dyte") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("found %.200s", strings.Join(names, ", "))
}

// field returns the values of all fields called name, in any spelling.
func field(h http.Header, name string) []string {
	var values []string
	for _, key := range slices.Sorted(maps.Keys(h)) {
		if strings.EqualFold(key, name) {
			values = append(values, h[key]...)
		}
	}
	return values
}

func uuidOf(h http.Header) string {
	for _, names := range rtk.HeadersBoth.Sets() {
		if v := field(h, names.UUID); len(v) > 0 {
			return v[0]
		}
	}
	return ""
}
