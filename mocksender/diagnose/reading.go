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
	number   int // of several signatures, from 1
	of       int
}

// detail says what there is to say of a spelling.
func (r reading) detail(id ID, body []byte) string {
	switch {
	case id != SignatureJoined:
		return ""
	case r.claim == nil:
		return fmt.Sprintf("none of the %d is by a key that is known here", r.of)
	case r.claim.matches(body):
		return fmt.Sprintf("number %d of %d fits this body", r.number, r.of)
	default:
		return fmt.Sprintf("number %d of %d is by a key that is known here", r.number, r.of)
	}
}

// read returns the reading that a key confirms, or else the one that needs the
// fewest mistakes. It returns false for a value that cannot be read.
func read(value string, c Case) (reading, bool) {
	if len(value) > maxSignature {
		return reading{}, false
	}
	all := readings(value)
	var opened []reading
	for _, r := range all {
		for _, key := range append([]Key{c.Key}, c.Others...) {
			if key.Public == nil {
				continue
			}
			if r.claim = recoverClaim(key.Public, r.raw); r.claim != nil {
				r.by = key
				opened = append(opened, r)
				break
			}
		}
	}
	if len(opened) > 0 {
		// Of several signatures one of this body is the most useful.
		i := slices.IndexFunc(opened, func(r reading) bool { return r.claim.matches(c.Body) })
		return opened[max(i, 0)], true
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
	return regexp.MustCompile(`^(?:[bB]?["'](.*)["']|(?i:(?:rsa-)?sha-?256|(?:t=\d+,\s*)?v1|signature|rtk-signature)\s*[=:]\s*(.*)|v1,(.*))$`)
}

// readings returns the ways to read value, the plainest first.
func readings(value string) []reading {
	texts := []reading{{raw: []byte(value)}}
	parts := joined(value)
	for i, part := range parts {
		t := texts[0].with([]byte(part), SignatureJoined)
		t.number, t.of = i+1, len(parts)
		texts = append(texts, t)
	}
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
		return m[1] + m[2] + m[3]
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

// maxJoined is up to how many signatures of one value are looked at.
const maxJoined = 8

// joined returns the signatures of a value that has several, joined by commas. Svix
// writes "v1,…" for each, with spaces in between.
func joined(value string) []string {
	const shortest = 20 // as a hash's sum; what is shorter is a version or a time
	parts := strings.Split(strings.ReplaceAll(value, " v1,", ","), ",")
	parts = slices.DeleteFunc(parts, func(p string) bool { return len(strings.TrimSpace(p)) < shortest })
	if len(parts) < 2 || len(parts) > maxJoined {
		return nil
	}
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return parts
}

// with returns a reading of raw with more mistakes than r has.
func (r reading) with(raw []byte, ids ...ID) reading {
	return reading{raw: raw, spelling: slices.Concat(r.spelling, ids), number: r.number, of: r.of}
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
		if values = field(c.Header, dyteHMACHeader); len(values) == 0 {
			return "", problems
		}
		problems[0].Origin = dyteHMAC
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

// HasSignature reports whether h has a field for a signature, even an empty one.
func HasSignature(h http.Header) bool {
	return slices.ContainsFunc([]string{rtk.HeaderSignature, rtk.DyteHeaderSignature, dyteHMACHeader}, func(name string) bool {
		return len(field(h, name)) > 0
	})
}

// maxBefore is up to how many ids and times of a header are tried.
const maxBefore = 8

// before is a value that other schemes sign along with the body.
type before struct {
	name  string // for people
	value string
}

// idsAndTimes returns those of a request, the service's own first.
func idsAndTimes(c Case) (ids, times []before) {
	names := slices.Sorted(maps.Keys(c.Header))
	rank := func(name string) int {
		if strings.HasPrefix(strings.ToLower(name), "rtk") {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	for _, name := range names {
		lower := strings.ToLower(name)
		for _, value := range c.Header[name] {
			b := before{lower, value}
			switch {
			case regexp.MustCompile(`^\d{10,13}$`).MatchString(value) || strings.Contains(lower, "time"):
				times = append(times, b)
			case strings.HasSuffix(lower, "id"):
				ids = append(ids, b)
			}
		}
	}
	// Stripe has it beside the signature.
	signature, _ := signatureOf(c)
	if m := regexp.MustCompile(`\bt=(\d{10,13}),`).FindStringSubmatch(signature); m != nil {
		times = append(times, before{"the signature's t", m[1]})
	}
	return ids[:min(len(ids), maxBefore)], times[:min(len(times), maxBefore)]
}
