// Package header works on header fields whose names keep their spelling.
// http.Header's own methods see the canonical spelling alone.
package header

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Key returns the key under which h holds the field called name, the first in
// order if there are several, and name itself if there is none.
func Key(h http.Header, name string) string {
	if _, ok := h[name]; ok {
		return name
	}
	found := ""
	for key := range h {
		if strings.EqualFold(key, name) && (found == "" || key < found) {
			found = key
		}
	}
	return cmp.Or(found, name)
}

// Values returns the values of the field called name, nil if there is none.
func Values(h http.Header, name string) []string { return h[Key(h, name)] }

// Get returns the first value of the field called name, or "".
func Get(h http.Header, name string) string {
	if v := Values(h, name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// Has reports whether h has a field called name, if only without a value.
func Has(h http.Header, name string) bool {
	_, ok := h[Key(h, name)]
	return ok
}

// Names returns the names of h in order.
func Names(h http.Header) []string {
	names := slices.AppendSeq(make([]string, 0, len(h)), maps.Keys(h))
	slices.Sort(names)
	return names
}

// Set sets the field called name, in whatever spelling it is there, to
// values under this one; without values it removes it.
func Set(h http.Header, name string, values []string) {
	for key := range h {
		if strings.EqualFold(key, name) {
			delete(h, key)
		}
	}
	if len(values) > 0 {
		h[name] = values
	}
}

// Overlay puts the fields of over into h, in place of those of the same name,
// however spelt. A field of over without values only removes.
func Overlay(h, over http.Header) {
	for name := range over {
		Set(h, name, nil)
	}
	for name, values := range over {
		if len(values) > 0 {
			h[name] = slices.Clone(values)
		}
	}
}

// Check refuses fields that would end the header or split it.
func Check(h http.Header) error {
	for name, values := range h {
		if !IsToken(name) {
			return fmt.Errorf("the header name %q is not a token", name)
		}
		for _, value := range values {
			if strings.IndexByte(value, '\r') >= 0 || strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, 0) >= 0 {
				return fmt.Errorf("the value of the header %s holds a line break or a zero byte", name)
			}
		}
	}
	return nil
}

// IsToken reports whether s is a token of RFC 9110.
func IsToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if lower := c | 0x20; 'a' <= lower && lower <= 'z' || c == '-' {
			continue // nearly all of them
		}
		if c <= ' ' || c > '~' || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// Trim returns h if it has at most limit bytes, names included, and else as
// many of its values as fit: first those that matter to a sender.
func Trim(h http.Header, limit int) http.Header {
	size := 0
	for name, values := range h {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size <= limit {
		return h
	}
	first := []string{"Location", "Retry-After", "Content-Type", "Www-Authenticate", "Server", "Connection"}
	rest := slices.DeleteFunc(Names(h), func(name string) bool { return slices.Contains(first, name) })
	short := http.Header{}
	for _, name := range append(first, rest...) {
		for _, value := range h[name] {
			if len(name)+len(value) <= limit {
				limit -= len(name) + len(value)
				// A part of a string would keep the whole.
				short[strings.Clone(name)] = append(short[name], strings.Clone(value))
			}
		}
	}
	return short
}
