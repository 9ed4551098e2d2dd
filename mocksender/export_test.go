package mocksender

import (
	"net/http"
	"net/url"
)

// UseProxy has s send through proxy, as if the environment had named it. The
// environment itself is read once in a process.
func (s *Sender) UseProxy(proxy *url.URL) {
	s.dialer.proxy = func(*http.Request) (*url.URL, error) { return proxy, nil }
}
