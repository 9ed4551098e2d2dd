package jsonapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// CheckToken returns an error unless the request has the bearer token want. An
// empty want is any token.
func CheckToken(r *http.Request, want string) error {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	switch {
	case !strings.EqualFold(scheme, "bearer") || token == "":
		return Errorf(http.StatusUnauthorized, "found no token, want the header Authorization: Bearer TOKEN")
	case want != "" && !equal(token, want):
		return Errorf(http.StatusUnauthorized, "the token is not the one that is asked for")
	}
	return nil
}

// equal compares secrets in a time that does not depend on them.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
