package diagnose

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// locate returns the signature's value. Where there is none it reports that,
// and returns false.
func (r *Report) locate(c Case) (value string, ok bool) {
	values := []string{c.Signature}
	if c.Header != nil {
		values = field(c.Header, rtk.HeaderSignature)
		if older := field(c.Header, rtk.DyteHeaderSignature); len(values) == 0 && len(older) > 0 {
			r.add(SignaturePredecessor, "")
			values = older
		}
	}
	switch {
	case len(values) == 0:
		r.add(SignatureMissing, named(c.Header))
		return "", false
	case len(values) > 1:
		r.add(SignatureRepeated, fmt.Sprintf("there are %d", len(values)))
		// What the one that verifies says is of more use than what another does.
		for _, v := range values {
			if rtk.Verify(c.Key.Public, c.Body, v) == nil {
				return v, true
			}
		}
	}
	if strings.TrimSpace(values[0]) == "" {
		r.add(SignatureEmpty, "")
		return "", false
	}
	return values[0], true
}

// named lists the header's fields that could be what was meant.
func named(h http.Header) string {
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

// field returns the values of all fields called name, however spelt.
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
