package receivers

import (
	"maps"
	"net"
	"net/http"
)

// response is what a request is answered. It does not change once it is made.
type response struct {
	status int
	header http.Header
	body   []byte
	hangUp bool // closes the connection instead
	// raw writes to the connection instead. The connection is closed when raw
	// returns, or when the receiver is closed.
	raw func(net.Conn)
}

func status(code int) *response { return &response{status: code} }

// statusText is a response with a line of text.
func statusText(code int, text string) *response {
	r := status(code).with("Content-Type", "text/plain; charset=utf-8")
	r.body = []byte(text + "\n")
	return r
}

// with returns a copy of r with one more header field.
func (r *response) with(name, value string) *response {
	out := *r
	if out.header = maps.Clone(r.header); out.header == nil {
		out.header = http.Header{}
	}
	out.header.Set(name, value)
	return &out
}

// hangUp closes the connection without an answer.
func hangUp() *response { return &response{hangUp: true} }
