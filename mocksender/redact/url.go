package redact

import (
	"net/url"
	"strings"
)

// Mark stands where a secret was.
const Mark = "(redacted)"

// NotURL is shown in place of what cannot be read as a URL.
const NotURL = "(not a URL)"

// URL returns raw with the userinfo, the values of the query and the fragment
// replaced by Mark. The rest stays as it is written. What is not a URL is not
// shown at all.
func URL(raw string) string {
	if _, err := url.Parse(raw); err != nil {
		return NotURL
	}
	return hideParts(raw)
}

// Typed is URL for what a person typed, who needs to see it to correct it. What
// is not a URL is shown as well, without anything that may be meant as a secret.
func Typed(text string) string {
	if _, err := url.Parse(text); err != nil {
		// An unescaped / or ? in a password ends the authority too early.
		if at := strings.LastIndexByte(text, '@'); at >= 0 {
			start := afterScheme(text[:at])
			text = text[:start] + Mark + text[at:]
		}
	}
	return hideParts(text)
}

func hideParts(raw string) string {
	raw, fragment, _ := strings.Cut(raw, "#")
	rest, query, hasQuery := strings.Cut(raw, "?")
	start := afterScheme(rest)
	authority, path, slash := strings.Cut(rest[start:], "/")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = Mark + authority[at:]
	}
	shown := rest[:start] + authority
	if slash {
		shown += "/" + path
	}
	if hasQuery {
		shown += "?" + hideValues(query)
	}
	if fragment != "" {
		shown += "#" + Mark
	}
	return shown
}

// afterScheme returns the offset at which the authority of a URL begins.
func afterScheme(rest string) int {
	if slashes := strings.Index(rest, "//"); slashes >= 0 {
		return slashes + len("//")
	}
	return 0
}

func hideValues(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		switch name, value, named := strings.Cut(part, "="); {
		case named && value != "":
			parts[i] = name + "=" + Mark
		case !named && part != "":
			parts[i] = Mark // a bare token
		}
	}
	return strings.Join(parts, "&")
}
