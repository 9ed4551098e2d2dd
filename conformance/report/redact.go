package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender"
)

// redacted stands where a secret was.
const redacted = "(redacted)"

// Secrets are also looked for in the midst of other text, where a target may
// have echoed them. A short or common word would be found where it is no
// secret: what is known to be a credential needs minSecret characters, what
// may as well be a plain parameter needs a digit among them or longSecret.
const (
	minSecret  = 6
	longSecret = 16
)

// redactor takes the secrets of one report out of what is shown of it.
type redactor struct {
	names  map[string]bool // secret header fields, in lower case
	values []string        // secrets themselves, the longest first
}

// secretFields are fields that hold credentials wherever they occur.
func secretFields() []string {
	return []string{
		"authorization", "proxy-authorization", "cookie", "set-cookie",
		"api-key", "x-api-key", "x-auth-token", "x-access-token", "cf-access-client-secret",
	}
}

// plainFields may be among the fields that a user adds, but say nothing that
// is not also said elsewhere.
func plainFields() []string {
	return []string{"host", "content-type", "user-agent", "accept", "origin", "referer"}
}

// newRedactor finds the secrets in the URL of a target, and in what was sent.
func newRedactor(targetURL string, secretHeaders []string, receipts []mocksender.Receipt) *redactor {
	d := &redactor{names: map[string]bool{}}
	for _, name := range append(secretFields(), secretHeaders...) {
		d.names[strings.ToLower(name)] = true
	}
	found := secrets{}
	found.url(targetURL)
	for _, receipt := range receipts {
		found.url(receipt.URL)
		for _, a := range receipt.Attempts {
			found.url(a.Request.URL)
			d.collect(found, a.Request.Header)
		}
	}
	d.values = slices.SortedFunc(maps.Keys(found), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return d
}

// collect finds secrets among the fields that were sent.
func (d *redactor) collect(found secrets, h http.Header) {
	for name, values := range h {
		name = strings.ToLower(name)
		for _, value := range values {
			switch {
			case slices.Contains(secretFields(), name):
				found.credential(value)
			case d.names[name] && !slices.Contains(plainFields(), name):
				found.parameter(value)
			}
		}
	}
}

// secrets is a set of strings that are not for showing.
type secrets map[string]bool

// credential enters the value of a field that holds a secret: the whole, what
// comes after the scheme of "Bearer …", and the password of "Basic …".
func (s secrets) credential(value string) {
	s.password(value)
	scheme, rest, ok := strings.Cut(value, " ")
	if !ok {
		return
	}
	s.password(rest)
	if pair, err := base64.StdEncoding.DecodeString(rest); err == nil && strings.EqualFold(scheme, "basic") {
		_, password, _ := strings.Cut(string(pair), ":")
		s.password(password)
	}
}

func (s secrets) password(value string) {
	if value = strings.TrimSpace(value); len(value) >= minSecret && value != "redacted" && value != redacted {
		s[value] = true
	}
}

// parameter enters what may be a secret or a plain word.
func (s secrets) parameter(value string) {
	if len(value) >= longSecret || strings.ContainsAny(value, "0123456789") {
		s.password(value)
	}
}

// url enters the userinfo and the query values of a URL, as they are written
// and as they are meant.
func (s secrets) url(raw string) {
	u, err := url.Parse(raw)
	if err != nil {
		return
	}
	if u.User != nil {
		s.userinfo(u.User)
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		_, value, ok := strings.Cut(part, "=")
		if !ok {
			value = part
		}
		s.parameter(value)
		if meant, err := url.QueryUnescape(value); err == nil {
			s.parameter(meant)
		}
	}
}

func (s secrets) userinfo(u *url.Userinfo) {
	password, ok := u.Password()
	if !ok {
		s.password(u.Username()) // a token
		return
	}
	_, written, _ := strings.Cut(u.String(), ":")
	s.password(password)
	s.password(written)
	s.password(base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + password)))
}

// secret reports whether the field called name, however spelt, is secret.
func (d *redactor) secret(name string) bool { return d.names[strings.ToLower(name)] }

// field returns what is shown of one value of the field called name.
func (d *redactor) field(name, value string) string {
	switch {
	case d.secret(name):
		return redacted
	case strings.EqualFold(name, "location"):
		return d.text(redactURL(value))
	default:
		return d.text(value)
	}
}

// userinfo finds what stands before the host of a URL within text.
var userinfo = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`://[^\s/?#@"'<>]+@`) })

// text takes known secrets, and the userinfo of any URL, out of s.
func (d *redactor) text(s string) string {
	for _, value := range d.values {
		s = strings.ReplaceAll(s, value, redacted)
	}
	return userinfo().ReplaceAllString(s, "://"+redacted+"@")
}

// body takes known secrets out of a response body, which may echo the request.
func (d *redactor) body(b []byte) []byte {
	for _, value := range d.values {
		b = bytes.ReplaceAll(b, []byte(value), []byte(redacted))
	}
	return b
}

// head takes the secrets out of the head of a request.
func (d *redactor) head(head []byte) []byte {
	if len(head) == 0 {
		return nil
	}
	lines := strings.Split(strings.TrimRight(string(head), "\r\n"), "\r\n")
	if parts := strings.SplitN(lines[0], " ", 3); len(parts) > 1 {
		parts[1] = redactURL(parts[1])
		lines[0] = d.text(strings.Join(parts, " "))
	}
	for i, l := range lines[1:] {
		if name, value, ok := strings.Cut(l, ":"); ok {
			lines[i+1] = strings.TrimRight(name+": "+d.field(name, strings.TrimPrefix(value, " ")), " ")
		}
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n")
}

// redactURL takes userinfo, query values and the fragment out of a URL. The
// rest stays as it was written.
func redactURL(raw string) string {
	if _, err := url.Parse(raw); err != nil {
		return "(not a URL)"
	}
	raw, _, _ = strings.Cut(raw, "#")
	rest, query, hasQuery := strings.Cut(raw, "?")
	if scheme, after, ok := strings.Cut(rest, "//"); ok {
		authority, path, slash := strings.Cut(after, "/")
		if i := strings.LastIndexByte(authority, '@'); i >= 0 {
			authority = redacted + authority[i:]
		}
		rest = scheme + "//" + authority
		if slash {
			rest += "/" + path
		}
	}
	if !hasQuery {
		return rest
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		switch name, value, ok := strings.Cut(part, "="); {
		case ok && value != "":
			parts[i] = name + "=" + redacted
		case !ok && part != "":
			parts[i] = redacted // a bare token
		}
	}
	return rest + "?" + strings.Join(parts, "&")
}
