package redact

import (
	"slices"
	"strings"
)

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
