package target

import "regexp"

// What the names of variables say about what they hold.
var (
	holdsURL   = regexp.MustCompile(`(^|_)(URL|URI|ENDPOINT|JWKS|HREF)(_|$)`)
	holdsKey   = regexp.MustCompile(`(^|_)(PEM|PUBLIC_?KEY|PUBKEY|(WEBHOOKS?|SIGNING|VERIFICATION|VERIFY|RTK|DYTE|REALTIMEKIT)_KEY)(_|$)`)
	aboutKey   = regexp.MustCompile(`(^|_)(PEM|KEYS?|PUBKEY|CERTS?|JWKS|WELL_?KNOWN|RTK|DYTE|REALTIMEKIT)(_|$)`)
	ofAnything = regexp.MustCompile(`(^|_)(API|PRIVATE|SECRET|DATABASE|DB|REDIS|PATH|FILE|ID)(_|$)`)
)

// KeyFlag returns the flag that fills the variable name with the URL of the key
// ("key-env") or with the key itself ("key-pem-env"). It is empty for a variable that,
// by its name, holds something else.
func KeyFlag(name string) string {
	switch {
	case ofAnything.MatchString(name):
		return ""
	case holdsURL.MatchString(name) && aboutKey.MatchString(name):
		return "key-env"
	case holdsKey.MatchString(name) && !holdsURL.MatchString(name):
		return "key-pem-env"
	}
	return ""
}
