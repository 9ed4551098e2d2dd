package diagnose

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// maxTried is how many bytes of candidates are hashed. It keeps a diagnosis well
// under 50 ms. What only writes a body again may use maxRewritten of them, so that
// something is left for what also changes values.
const (
	maxTried     = 8 << 20
	maxRewritten = 5 << 20
)

// maxCuts is how many places are tried at which the signed part may end.
const maxCuts = 1024

// search looks for the bytes that were signed, the likeliest first.
type search struct {
	matches func([]byte) bool
	body    []byte
	ids     []before // what may stand before the body, and be signed with it
	times   []before
	known   []Known
	tried   int // bytes
}

// match is what was signed, and what happened to it.
type match struct {
	signed   []byte
	findings []Finding
}

func (s *search) run() *match {
	if s.matches(s.body) {
		return &match{signed: s.body}
	}
	all := unwrapped(s.body)
	for _, step := range []func() *match{
		func() *match { return explained(all, s.edges) },
		s.substitutes,
		s.cut,
		s.closed,
		func() *match {
			return explained(all, func(b []byte) []byte { return s.rewritten(b, maxRewritten, orders) })
		},
		s.others,
		func() *match { return s.retyped(all) },
		s.questioned,
	} {
		if m := step(); m != nil {
			return m
		}
	}
	return nil
}

// explained tries f on each body and explains what it finds.
func explained(all []unwrappedBody, f func([]byte) []byte) *match {
	for _, u := range all {
		if signed := f(u.body); signed != nil {
			return &match{signed, slices.Concat(u.findings, explain(u.body, signed))}
		}
	}
	return nil
}

// try reports whether b is what was signed.
func (s *search) try(b []byte) bool {
	s.tried += len(b) + 64
	return s.tried <= maxTried && s.matches(b)
}

// edges tries what happens to a body without parsing: line ends, white space
// around it, byte order marks. It returns what was signed, or nil.
func (s *search) edges(b []byte) []byte {
	plain := bytes.TrimPrefix(b, []byte(bom))
	lf := bytes.ReplaceAll(plain, []byte("\r\n"), []byte("\n"))
	for _, core := range [][]byte{plain, lf, bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n"))} {
		trimmed := bytes.Trim(core, space)
		for _, c := range [][]byte{
			core, trimmed, with(trimmed, "\n"), with(trimmed, "\r\n"), with(core, "\n"), with(core, "\r\n"), with(trimmed, " "),
		} {
			if s.try(c) {
				return c
			}
			if c = append([]byte(bom), c...); s.try(c) {
				return c
			}
		}
	}
	return nil
}

func with(b []byte, tail string) []byte { return append(b[:len(b):len(b)], tail...) }

// substitutes tries digests of the body, and the body after the delivery's id and
// time.
func (s *search) substitutes() *match {
	type candidate struct {
		id     ID
		signed []byte
		detail string
	}
	sum := sha256.Sum256(s.body)
	candidates := []candidate{
		{SignatureHashed, sum[:], "what was signed is its SHA-256 digest"},
		{SignatureHashed, []byte(hex.EncodeToString(sum[:])), "what was signed is its SHA-256 digest in hex"},
	}
	more := func(what string, prefix ...string) {
		signed := append([]byte(strings.Join(prefix, "")), s.body...)
		candidates = append(candidates, candidate{SignatureMoreSigned, signed, "what was signed is " + what})
	}
	for _, id := range s.ids {
		more(id.name+`, ".", the body`, id.value, ".")
		more(id.name+" and the body", id.value)
		more(id.name+", a line break, the body", id.value, "\n")
		for _, time := range s.times {
			more(id.name+`, ".", `+time.name+`, ".", the body, as Svix and Standard Webhooks have it`, id.value, ".", time.value, ".")
		}
	}
	for _, time := range s.times {
		more(time.name+`, ".", the body, as Stripe has it`, time.value, ".")
		more(`"v0:", `+time.name+`, ":", the body, as Slack has it`, "v0:", time.value, ":")
		more(time.name+" and the body", time.value)
	}
	for _, c := range candidates {
		if s.try(c.signed) {
			return &match{c.signed, []Finding{finding(c.id, c.detail)}}
		}
	}
	return nil
}

// cut tries the beginning of the body, up to each place where a JSON value may
// end.
func (s *search) cut() *match {
	cuts := 0
	for i, c := range s.body {
		if c != '}' && c != ']' {
			continue
		}
		if cuts++; cuts > maxCuts {
			return nil
		}
		if part := s.body[:i+1]; s.try(part) {
			detail := fmt.Sprintf("%d bytes were signed, %d were verified", len(part), len(s.body))
			return &match{part, []Finding{finding(BodyMore, detail)}}
		}
	}
	return nil
}

// closed tries whether only what closes the JSON is missing.
func (s *search) closed() *match {
	missing := unclosed(s.body)
	if missing == "" {
		return nil
	}
	signed := with(s.body, missing)
	if !s.try(signed) {
		return nil
	}
	return &match{signed, []Finding{finding(BodyTruncated, fmt.Sprintf("%s is missing after %d bytes", missing, len(s.body)))}}
}

// retyped tries the bodies in which values have another type or form, and the ways to
// write them.
func (s *search) retyped(all []unwrappedBody) *match {
	for _, u := range all {
		for i, r := range retyped(u.body) {
			ways := func(*node) []order { return []order{sameOrder} }
			if i == 0 {
				ways = orders
			}
			one := []unwrappedBody{{r.body, slices.Concat(u.findings, r.findings)}}
			if m := explained(one, func(b []byte) []byte { return s.rewritten(b, maxTried, ways) }); m != nil {
				return m
			}
		}
	}
	return nil
}

// rewritten tries the ways to write the same JSON value, up to a limit of bytes. It
// returns what was signed, or nil.
func (s *search) rewritten(b []byte, limit int, orders func(*node) []order) []byte {
	root := parse(b)
	if root == nil {
		return nil
	}
	var buf []byte
	for _, order := range orders(root) {
		for _, layout := range layouts() {
			for _, text := range spellings(root) {
				if s.tried > limit {
					return nil
				}
				w := writer{b: buf[:0], order: order, layout: layout, text: text}
				w.value(root, "", 0)
				for _, tail := range []string{"", "\n", "\r\n"} {
					if buf = append(w.b, tail...); s.try(buf) {
						return buf
					}
				}
			}
		}
	}
	return nil
}

// others tries the bodies of other deliveries.
func (s *search) others() *match {
	for _, k := range s.known {
		if !s.matches(k.Body) {
			continue
		}
		if n := len(s.body); n > 0 && bytes.HasPrefix(k.Body, s.body) {
			detail := fmt.Sprintf("these are the first %d of the %d bytes of %s", n, len(k.Body), k.Name)
			return &match{k.Body, []Finding{finding(BodyTruncated, detail)}}
		}
		return &match{k.Body, []Finding{finding(BodyOther, "it belongs to "+k.Name)}}
	}
	return nil
}
