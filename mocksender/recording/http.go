package recording

import (
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
)

// AppendHTTP appends the request of r to b as it goes over the wire: request
// line, Host and Content-Length, the fields in the order of their names, an
// empty line, the bytes of the body. Lines end in CRLF. Framing is left out:
// the body follows in one piece. The error is about a URL (mocksender.ErrURL),
// a method or a header field that cannot be sent.
func (r Record) AppendHTTP(b []byte) ([]byte, error) {
	t, err := parseTarget(r.URL)
	if err != nil {
		return b, err
	}
	q := http1.Request{Target: t, Method: r.Method, Header: r.Header, Body: r.Body}
	if err := q.LayOut(); err != nil {
		return b, fmt.Errorf("recording: %w", err)
	}
	return append(append(b, q.Head...), r.Body...), nil
}

func parseTarget(url string) (http1.Target, error) {
	t, err := http1.ParseTarget(url)
	if err != nil {
		return t, fmt.Errorf("%w: %w", mocksender.ErrURL, err)
	}
	return t, nil
}
