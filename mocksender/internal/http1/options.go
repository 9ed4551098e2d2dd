package http1

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Options say how a Client sends. All fields but Proxy and BodyTime are needed.
type Options struct {
	// Timeout bounds a request from the dial to the end of the response. The
	// pauses of the request itself are added to it.
	Timeout time.Duration
	// MaxHeader is how many bytes a response header may have, informational
	// (1xx) responses before it included. MaxBody is how many bytes of the body
	// are read.
	MaxHeader, MaxBody int64
	// BodyTime is how long a response body is waited for once its header is
	// there. Each time that it is not enough, the next body gets half of it.
	// Zero: as long as Timeout allows.
	BodyTime time.Duration
	// Idle is how many idle connections are kept for each target.
	Idle int
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS  *tls.Config
	// Proxy returns the proxy for a URL, nil for none. Nil: there is no proxy.
	Proxy func(*http.Request) (*url.URL, error)
}
