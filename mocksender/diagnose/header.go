package diagnose

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

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
