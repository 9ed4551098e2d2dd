package mocksender

import (
	"bytes"
	"fmt"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// AppendHTTP appends the request of r to b as it goes over the wire: request
// line, Host and Content-Length, the fields in the order of their names, an
// empty line, the bytes of the body. Lines end in CRLF. Framing is left out:
// the body follows in one piece. The error is about a URL (ErrURL), a method or
// a header field that cannot be sent.
func (r Record) AppendHTTP(b []byte) ([]byte, error) {
	t, err := parseTarget(r.URL)
	if err != nil {
		return b, err
	}
	if err := checkWire(&mutation.Wire{Method: r.Method, Header: r.Header, Body: r.Body}); err != nil {
		return b, fmt.Errorf("mocksender: %w", err)
	}
	q := request{target: t, Request: Request{Method: r.Method, Header: r.Header, Body: r.Body}}
	out := bytes.NewBuffer(b)
	q.writeHead(out)
	out.Write(r.Body)
	return out.Bytes(), nil
}
