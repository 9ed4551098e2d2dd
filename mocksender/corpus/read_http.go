package corpus

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/recording"
)

// httpReader reads the text of requests.
type httpReader struct {
	rest []byte // what has not been read
	line int    // of rest, from 1
}

// readHTTP reads one request or several.
func readHTTP(data []byte) ([]Captured, error) {
	r := httpReader{rest: bytes.TrimPrefix(data, []byte("\ufeff")), line: 1}
	var out []Captured
	for r.skip() {
		c, err := r.request()
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, wrong("", "found no request line, want one such as POST /webhook HTTP/1.1")
	}
	return out, nil
}

// skip skips empty lines, comments and variables before a request. It reports
// whether a request follows.
func (r *httpReader) skip() bool {
	for len(r.rest) > 0 {
		before := *r
		line := strings.TrimSpace(r.next())
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "@") {
			continue
		}
		*r = before
		return true
	}
	return false
}

// request reads one request, from its first line.
func (r *httpReader) request() (Captured, error) {
	c := Captured{Place: r.place(), Declared: -1, Record: recording.Record{Header: http.Header{}}}
	line := r.next()
	if !isRequestLine(line) {
		return c, wrong(c.Place, "found %.60q, want a request line such as POST /webhook HTTP/1.1", strings.TrimSpace(line))
	}
	method, target, _ := strings.Cut(line, " ")
	target, _, _ = strings.Cut(strings.TrimSpace(target), " ")
	c.Method, c.URL = method, target
	for len(r.rest) > 0 {
		at := r.place()
		line := r.next()
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return c, wrong(at, "found %.60q, want a header field such as Name: value, or an empty line before the body", line)
		}
		c.Header[name] = append(c.Header[name], strings.TrimSpace(value))
	}
	if host := header.Get(c.Header, "Host"); strings.HasPrefix(target, "/") && host != "" {
		c.URL = (&url.URL{Scheme: "http", Host: host}).String() + target
	}
	return c, r.body(&c)
}

// body reads what follows the empty line.
func (r *httpReader) body(c *Captured) error {
	if strings.EqualFold(header.Get(c.Header, "Transfer-Encoding"), "chunked") {
		return r.chunks(c)
	}
	text := header.Get(c.Header, "Content-Length")
	if text == "" {
		c.Body = r.untilMark()
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return wrong(c.Place, "found the Content-Length %.40q, want a number of bytes", text)
	}
	c.Declared = int(n)
	if c.Declared > len(r.rest) || !endsBefore(r.rest[n:]) {
		// Somebody has edited the body. The edited body is what there is.
		c.Body = r.untilMark()
		return nil
	}
	c.Body = r.take(c.Declared)
	return nil
}

// chunks reads a body in chunks, and skips what follows the last one.
func (r *httpReader) chunks(c *Captured) error {
	in := bytes.NewReader(r.rest)
	buffered := bufio.NewReader(in) // its own, so that what it has read ahead is known
	body, err := io.ReadAll(httputil.NewChunkedReader(buffered))
	if err != nil {
		return wrong(r.place(), "the chunks of the body do not read: %v", err)
	}
	c.Body = body
	r.take(len(r.rest) - in.Len() - buffered.Buffered())
	for len(r.rest) > 0 && r.next() != "" {
	}
	return nil
}

// untilMark returns the body up to the next line with ###, without the line end
// before it.
func (r *httpReader) untilMark() []byte {
	at := bytes.Index(r.rest, []byte("\n###"))
	if at < 0 {
		return r.take(len(r.rest))
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(r.take(at+1), []byte("\n")), []byte("\r"))
}

// endsBefore reports whether a request may end before rest: only white space
// follows, or another request.
func endsBefore(rest []byte) bool {
	after := httpReader{rest: rest}
	return !after.skip() || isRequestLine(after.next())
}

func isRequestLine(line string) bool {
	method, target, ok := strings.Cut(line, " ")
	target = strings.TrimSpace(target)
	return ok && method != "" && strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" &&
		(strings.HasPrefix(target, "/") || strings.HasPrefix(target, "http"))
}

func (r *httpReader) place() string { return fmt.Sprintf("line %d", r.line) }

// next returns the next line without its end.
func (r *httpReader) next() string {
	n := bytes.IndexByte(r.rest, '\n') + 1
	if n == 0 {
		n = len(r.rest)
	}
	return strings.TrimRight(string(r.take(n)), "\r\n")
}

// take returns the next n bytes.
func (r *httpReader) take(n int) []byte {
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	r.line += bytes.Count(taken, []byte("\n"))
	return taken
}
