package header

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// Key returns the key under which h holds the field called name, the
// first in order if there are several, and name itself if there is none.
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
