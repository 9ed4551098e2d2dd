package redact

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A secret that is too short occurs in other text by chance. These are the
// least lengths of a secret that is looked for.
const (
	minEcho  = 4
	minProse = 6
	// Prose holds plain words. One that may be a plain word is a secret only if
	// it has a digit or this length.
	minWord = 16
)

// Secrets collects what must not be shown. The zero value is ready. Redactor
// turns it into something that hides what was collected.
type Secrets struct {
	// Fields is that of the Redactor.
	Fields []string
	// Prose says that the texts are not only what a target answers or prints,
	// but also sentences about it. Values that may as well be plain words are
	// then left alone, so that the sentences stay readable.
	Prose bool

	values map[string]bool
}

// AddURL collects the userinfo and the query values of a URL, as they are
// written and as they are meant.
func (s *Secrets) AddURL(raw string) {
	if !strings.ContainsAny(raw, "@?") {
		return
	}
	u, err := url.Parse(raw)
	if err != nil {
		s.add(raw)
		return
	}
	if u.User != nil {
		s.addUserinfo(u.User)
	}
	if u.RawQuery == "" {
		return
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, named := strings.Cut(part, "=")
		if !named {
			value = name
		}
		s.addWord(value)
		if meant, err := url.QueryUnescape(value); err == nil {
			s.addWord(meant)
		}
	}
}

func (s *Secrets) addUserinfo(u *url.Userinfo) {
	password, ok := u.Password()
	if !ok {
		s.add(u.Username()) // a token
		return
	}
	_, written, _ := strings.Cut(u.String(), ":")
	s.addWord(u.Username())
	s.add(password)
	s.add(written)
	s.add(base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + password)))
}

// AddHeader collects the values of those fields of h that are secret.
func (s *Secrets) AddHeader(h http.Header) {
	for name, values := range h {
		for _, value := range values {
			switch {
			case holdsCredentials(name):
				s.addCredentials(value)
			case named(s.Fields, name) && !(s.Prose && isPublic(name)):
				s.addWord(value)
			}
		}
	}
}

// addCredentials collects the value of a field that holds credentials: the
// whole, what follows the scheme of "Bearer …", and the password of "Basic …".
func (s *Secrets) addCredentials(value string) {
	s.add(value)
	scheme, rest, ok := strings.Cut(value, " ")
	if !ok {
		return
	}
	s.add(rest)
	if pair, err := base64.StdEncoding.DecodeString(rest); err == nil && strings.EqualFold(scheme, "basic") {
		_, password, _ := strings.Cut(string(pair), ":")
		s.add(password)
	}
}

// addWord collects what may be a secret or a plain word.
func (s *Secrets) addWord(value string) {
	if !s.Prose || len(value) >= minWord || strings.ContainsAny(value, "0123456789") {
		s.add(value)
	}
}

func (s *Secrets) add(value string) {
	least := minEcho
	if s.Prose {
		least = minProse
	}
	if value = strings.TrimSpace(value); len(value) < least || value == Mark {
		return
	}
	if s.values == nil {
		s.values = map[string]bool{}
	}
	s.values[value] = true
}

// Redactor returns what hides the secrets collected so far.
func (s *Secrets) Redactor() *Redactor {
	r := &Redactor{Fields: s.Fields}
	for value := range s.values {
		r.values = append(r.values, value)
	}
	// A secret goes before its parts.
	slices.SortFunc(r.values, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	if len(r.values) > 0 {
		pairs := make([]string, 0, 2*len(r.values))
		for _, value := range r.values {
			pairs = append(pairs, value, Mark)
		}
		r.replacer = strings.NewReplacer(pairs...)
	}
	return r
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
