package mocksender

import (
	"net/http"
	"net/url"

	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
)

// UseProxy has s send through proxy, as if the environment had named it. The
// environment itself is read once in a process.
func (s *Sender) UseProxy(proxy *url.URL) {
	o := s.o.client()
	o.Proxy = func(*http.Request) (*url.URL, error) { return proxy, nil }
	s.client = http1.NewClient(o)
}
