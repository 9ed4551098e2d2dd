package diagnose

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// maxTried is how many bytes of candidates are hashed: what keeps a diagnosis
// well under 50 ms.
const maxTried = 8 << 20

// maxCuts is how many places are tried at which the signed part may end.
const maxCuts = 1024

// bom is the byte order mark.
const bom = "\xef\xbb\xbf"

// search looks for the bytes that were signed, the likeliest first.
type search struct {
	match func([]byte) bool
	body  []byte
	uuid  string
	known []Known
	tried int // bytes
}

// match is what was signed, and what became of it.
type match struct {
	signed   []byte
	findings []Finding
}

// try reports whether b is what was signed.
func (s *search) try(b []byte) bool {
	s.tried += len(b) + 64
	return s.tried <= maxTried && s.match(b)
}

func (s *search) run() *match {
	if s.match(s.body) {
		return &match{signed: s.body}
	}
	all := bases(s.body)
	steps := []func() *match{
		func() *match { return over(all, s.edges) },
		s.hashed,
		s.more,
		s.cut,
		func() *match { return over(all, s.rewritten) },
		s.others,
	}
	for _, step := range steps {
		if m := step(); m != nil {
			return m
		}
	}
	return nil
}

// over tries f on each base and explains what it finds.
func over(all []base, f func([]byte) []byte) *match {
	for _, b := range all {
		if signed := f(b.body); signed != nil {
			return &match{signed, append(slices.Clone(b.findings), explain(b.body, signed)...)}
		}
	}
	return nil
}

// edges tries what is done to a body without looking into it: line ends, white
// space around it, byte order marks. It returns what was signed, or nil.
func (s *search) edges(b []byte) []byte {
	plain := bytes.TrimPrefix(b, []byte(bom))
	lf := bytes.ReplaceAll(plain, []byte("\r\n"), []byte("\n"))
	for _, core := range [][]byte{plain, lf, bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n"))} {
		trimmed := bytes.Trim(core, " \t\r\n")
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

// hashed tries digests of the body in place of the body.
func (s *search) hashed() *match {
	sum := sha256.Sum256(s.body)
	for _, c := range []struct {
		signed []byte
		detail string
	}{
		{sum[:], "what was signed is its SHA-256 digest"},
		{[]byte(hex.EncodeToString(sum[:])), "what was signed is its SHA-256 digest in hex"},
	} {
		if s.try(c.signed) {
			return &match{c.signed, []Finding{finding(SignatureHashed, c.detail)}}
		}
	}
	return nil
}

// more tries the delivery's id before the body.
func (s *search) more() *match {
	if s.uuid == "" {
		return nil
	}
	for _, c := range []struct{ prefix, detail string }{
		{s.uuid + ".", `what was signed is rtk-uuid, ".", the body`},
		{s.uuid, "what was signed is rtk-uuid and the body"},
		{s.uuid + "\n", "what was signed is rtk-uuid, a line break, the body"},
	} {
		signed := append([]byte(c.prefix), s.body...)
		if s.try(signed) {
			return &match{signed, []Finding{finding(SignatureMoreSigned, c.detail)}}
		}
	}
	return nil
}

// cut tries the beginning of the body, as far as each place where a JSON value
// may end.
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

// rewritten tries the ways to write the same JSON value. It returns what was
// signed, or nil.
func (s *search) rewritten(b []byte) []byte {
	root := parse(b)
	if root == nil {
		return nil
	}
	var buf []byte
	for _, order := range orders(root) {
		for _, layout := range layouts() {
			for _, text := range spellings(root) {
				if s.tried > maxTried {
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

// others tries bodies of other deliveries.
func (s *search) others() *match {
	for _, k := range s.known {
		if s.match(k.Body) {
			return &match{k.Body, []Finding{finding(BodyOther, "it belongs to "+k.Name)}}
		}
	}
	return nil
}
