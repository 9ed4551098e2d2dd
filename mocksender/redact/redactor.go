package redact

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Redactor hides secrets in what is shown. It never changes what it is given,
// and is safe for concurrent use. The zero value hides the fields that are
// always secret; Secrets.Redactor makes one that also knows secret values.
type Redactor struct {
	// Fields names the header fields that are secret besides those that always
	// are: Authorization, Cookie and the like.
	Fields []string

	values   []string          // the longest first
	replacer *strings.Replacer // of values; nil if there are none
}

// Text returns s without known secrets and without the userinfo of any URL.
func (r *Redactor) Text(s string) string {
	if r.replacer != nil {
		s = r.replacer.Replace(s)
	}
	if !strings.Contains(s, "://") {
		return s
	}
	return userinfo().ReplaceAllString(s, "://"+Mark+"@")
}

// userinfo finds what stands before the host of a URL within text.
var userinfo = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`://[^\s/?#@"'<>]+@`) })

// Body returns b, a body that may echo a request, without known secrets.
func (r *Redactor) Body(b []byte) []byte {
	if r.replacer == nil {
		return b
	}
	return []byte(r.replacer.Replace(string(b)))
}

// Beginning is Body for the first limit bytes of b. It reports whether that is
// a part of b only. The end of such a part is left out as far as it may be the
// beginning of a secret.
func (r *Redactor) Beginning(b []byte, limit int) (out []byte, part bool) {
	if len(b) <= limit {
		return r.Body(b), false
	}
	out = r.Body(b[:limit])
	if len(r.values) > 0 {
		out = out[:max(len(out)-len(r.values[0]), 0)]
	}
	return out, true
}

// Field returns what is shown of one value of the field called name.
func (r *Redactor) Field(name, value string) string {
	switch {
	case holdsCredentials(name) || named(r.Fields, name):
		return Mark
	case strings.EqualFold(name, "location"):
		return r.Text(URL(value))
	default:
		return r.Text(value)
	}
}

// Header returns h with each value as Field shows it, and without the fields
// that have no value.
func (r *Redactor) Header(h http.Header) http.Header {
	out := h
	shared := true
	for name, values := range h {
		shown := make([]string, len(values))
		for i, value := range values {
			shown[i] = r.Field(name, value)
		}
		if len(values) > 0 && slices.Equal(shown, values) {
			continue
		}
		if shared {
			out, shared = maps.Clone(h), false
		}
		if out[name] = shown; len(shown) == 0 {
			delete(out, name)
		}
	}
	return out
}

// Head returns what is shown of the head of a request: the bytes from the
// request line to the empty line.
func (r *Redactor) Head(head []byte) []byte {
	lines := strings.Split(string(head), "\r\n")
	if parts := strings.SplitN(lines[0], " ", 3); len(parts) > 1 {
		parts[1] = URL(parts[1])
		lines[0] = r.Text(strings.Join(parts, " "))
	}
	for i, line := range lines[1:] {
		if name, value, ok := strings.Cut(line, ":"); ok {
			space := value[:len(value)-len(strings.TrimLeft(value, " "))]
			lines[i+1] = name + ":" + space + r.Field(name, value[len(space):])
		}
	}
	return []byte(strings.Join(lines, "\r\n"))
}

// Values returns h with the values of the named fields replaced by Mark. No
// other field is touched: it is for what has to be exact apart from these.
func Values(h http.Header, names []string) http.Header {
	out := h
	shared := true
	for name, values := range h {
		if !named(names, name) {
			continue
		}
		if shared {
			out, shared = maps.Clone(h), false
		}
		out[name] = slices.Repeat([]string{Mark}, len(values))
	}
	return out
}
