package mocksender

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// redacted stands in a recording where a secret was.
const redacted = "(redacted)"

// redactHeader returns h with redacted values, and these.
func (r *Recorder) redactHeader(h http.Header, secrets []string) (http.Header, []string) {
	shared := true
	for name, values := range h {
		if !slices.ContainsFunc(r.Redact, func(s string) bool { return strings.EqualFold(s, name) }) {
			continue
		}
		if shared {
			h, shared = h.Clone(), false
		}
		secrets = append(secrets, values...)
		h[name] = slices.Repeat([]string{redacted}, len(values))
	}
	return h, secrets
}

// redactURL returns a URL without its userinfo and the values of its query,
// and these. The rest stays as it was written.
func redactURL(raw string) (shown string, secrets []string) {
	u, err := url.Parse(raw)
	if err != nil {
		return redacted, []string{raw}
	}
	shown, query, hasQuery := strings.Cut(raw, "?")
	if u.User != nil {
		password, _ := u.User.Password()
		secrets = append(secrets, password, u.User.Username(), u.User.String(), strings.TrimPrefix(basicAuth(u), "Basic "))
		scheme, rest, _ := strings.Cut(shown, "//")
		authority, path, slash := strings.Cut(rest, "/")
		shown = scheme + "//" + redacted + authority[strings.LastIndexByte(authority, '@'):]
		if slash {
			shown += "/" + path
		}
	}
	if !hasQuery {
		return shown, secrets
	}
	query, _, _ = strings.Cut(query, "#")
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, named := strings.Cut(part, "=")
		if !named {
			name, value = "", part
		}
		if value == "" {
			continue
		}
		meant, _ := url.QueryUnescape(value)
		secrets = append(secrets, value, meant)
		parts[i] = redacted
		if named {
			parts[i] = name + "=" + redacted
		}
	}
	return shown + "?" + strings.Join(parts, "&"), secrets
}

// minSecret is how long a secret has to be for it to be looked for in answers.
// Shorter ones occur in them by chance.
const minSecret = 6

// hide takes out of an answer, which may echo the request, what is secret in
// that, and the target's own cookies.
func (o *RecordOutcome) hide(secrets []string) {
	var pairs []string
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			pairs = append(pairs, secret, redacted)
		}
	}
	cookies := o.Header["Set-Cookie"] // net/http has spelt it this way
	if pairs == nil && cookies == nil {
		return
	}
	o.Header = o.Header.Clone()
	for i := range cookies {
		o.Header["Set-Cookie"][i] = redacted
	}
	if pairs == nil {
		return
	}
	replacer := strings.NewReplacer(pairs...)
	for _, values := range o.Header {
		for i, value := range values {
			values[i] = replacer.Replace(value)
		}
	}
	o.Body = []byte(replacer.Replace(string(o.Body)))
	o.Message = replacer.Replace(o.Message)
}

// trimHeader returns the fields of h, in the order of their names, that limit
// bytes can hold.
func trimHeader(h http.Header, limit int) http.Header {
	size := 0
	for name, values := range h {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size <= limit {
		return h
	}
	short := http.Header{}
	for _, name := range sortedNames(h) {
		for _, value := range h[name] {
			if limit -= len(name) + len(value); limit >= 0 {
				short[name] = append(short[name], value)
			}
		}
	}
	return short
}

// cutText returns the first limit bytes, or a little less so as not to cut
// through a character.
func cutText(b []byte, limit int) []byte {
	for cut := limit; cut > limit-utf8.UTFMax && cut > 0; cut-- {
		if utf8.RuneStart(b[cut]) {
			return b[:cut]
		}
	}
	return b[:limit]
}
