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

	replacer *strings.Replacer // of secret values; nil if there are none
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

// Header returns h with each value as Field shows it.
func (r *Redactor) Header(h http.Header) http.Header {
	out, shared := h, true // most headers stay as they are
	for name, values := range h {
		for i, value := range values {
			shown := r.Field(name, value)
			if shown == value {
				continue
			}
			if shared {
				out, shared = h.Clone(), false
			}
			out[name][i] = shown
		}
	}
	return out
}

// Head returns what is shown of the head of a request: the bytes from the
// request line to the empty line.
func (r *Redactor) Head(head []byte) []byte {
	out := make([]byte, 0, len(head))
	for i, line := range strings.Split(string(head), "\r\n") {
		if i > 0 {
			out = append(out, "\r\n"...)
		}
		name, value, isField := strings.Cut(line, ":")
		switch {
		case i == 0:
			line = r.requestLine(line)
		case isField:
			value = strings.TrimLeft(value, " ")
			out = append(out, line[:len(line)-len(value)]...)
			line = r.Field(name, value)
		}
		out = append(out, line...)
	}
	return out
}

func (r *Redactor) requestLine(line string) string {
	method, rest, _ := strings.Cut(line, " ")
	target, _, _ := strings.Cut(rest, " ")
	if shown := URL(target); shown != target {
		line = method + " " + shown + rest[len(target):]
	}
	return r.Text(line)
}

// Values returns h with the values of the named fields replaced by Mark. No
// other field is touched: it is for what has to be exact apart from these.
func Values(h http.Header, names []string) http.Header {
	out := maps.Clone(h)
	for name, values := range h {
		if named(names, name) {
			out[name] = slices.Repeat([]string{Mark}, len(values))
		}
	}
	return out
}

// holdsCredentials reports whether the field called name is always secret.
func holdsCredentials(name string) bool {
	return named([]string{
		"authorization", "proxy-authorization", "cookie", "set-cookie",
		"api-key", "x-api-key", "x-auth-token", "x-access-token", "cf-access-client-secret",
	}, name)
}

// isPublic reports whether the field called name says nothing that is not said
// elsewhere, even if a user adds it.
func isPublic(name string) bool {
	return named([]string{"host", "content-type", "user-agent", "accept", "origin", "referer"}, name)
}

func named(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
