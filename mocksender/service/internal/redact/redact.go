// Package redact takes the credentials of a target out of what the service
// stores and shows of a delivery.
package redact

import (
	"bytes"
	"net/url"
)

// URL returns a URL without its user and password.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User == nil {
		return raw
	}
	u.User = nil
	return u.String()
}

// Head returns the head of a request without the value of Authorization.
func Head(head []byte) []byte {
	before, after, found := bytes.Cut(head, []byte("\r\nAuthorization: "))
	if !found {
		return head
	}
	_, rest, _ := bytes.Cut(after, []byte("\r\n"))
	return bytes.Join([][]byte{before, []byte("Authorization: (redacted)"), rest}, []byte("\r\n"))
}
