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

	"github.com/rtkmock/rtkmock/mocksender/recording"
)

// httpReader reads the text of requests.
type httpReader struct {
	data []byte
	i    int
	line int // of the line at i, from 1
}

// readHTTP reads one request or several.
func readHTTP(data []byte) ([]Captured, error) {
	r := httpReader{data: bytes.TrimPrefix(data, []byte("\ufeff")), line: 1}
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

func (r *httpReader) place() string { return fmt.Sprintf("line %d", r.line) }

// next returns the next line without its end.
func (r *httpReader) next() string {
	rest := r.data[r.i:]
	n := bytes.IndexByte(rest, '\n')
	if n < 0 {
		n = len(rest) - 1
	}
	r.i += n + 1
	r.line++
	return strings.TrimRight(string(rest[:n+1]), "\r\n")
}

func (r *httpReader) done() bool { return r.i >= len(r.data) }

// skip passes over empty lines, comments and variables before a request, and
// reports whether one follows.
func (r *httpReader) skip() bool {
	for !r.done() {
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
	method, rest, ok := strings.Cut(r.next(), " ")
	target, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if !ok || !isRequestLine(method+" "+target) {
		return c, wrong(c.Place, "found %.60q, want a request line such as POST /webhook HTTP/1.1", strings.TrimSpace(method+" "+rest))
	}
	c.Method, c.URL = method, target
	for !r.done() {
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
	if host := only(c.Header, "Host"); strings.HasPrefix(target, "/") && host != "" {
		c.URL = (&url.URL{Scheme: "http", Host: host}).String() + target
	}
	return c, r.body(&c)
}

// body reads what follows the empty line.
func (r *httpReader) body(c *Captured) error {
	rest := r.data[r.i:]
	if strings.EqualFold(only(c.Header, "Transfer-Encoding"), "chunked") {
		in := bytes.NewReader(rest)
		buffered := bufio.NewReader(in) // known, so that what it has taken ahead is known
		body, err := io.ReadAll(httputil.NewChunkedReader(buffered))
		if err != nil {
			return wrong(r.place(), "the chunks of the body do not read: %v", err)
		}
		c.Body = body
		r.advance(len(rest) - in.Len() - buffered.Buffered())
		r.trailer()
		return nil
	}
	text := only(c.Header, "Content-Length")
	if text == "" {
		c.Body = r.untilMark(rest)
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return wrong(c.Place, "found the Content-Length %.40q, want a number of bytes", text)
	}
	c.Declared = int(n)
	if c.Declared > len(rest) || !r.endsAt(rest[n:]) {
		// Somebody has edited the body since: that is what there is to look at.
		c.Body = r.untilMark(rest)
		return nil
	}
	c.Body = rest[:n:n]
	r.advance(int(n))
	return nil
}

// endsAt reports whether a request may end before rest: nothing comes but white
// space, or another request.
func (r *httpReader) endsAt(rest []byte) bool {
	after := httpReader{data: rest}
	if !after.skip() {
		return true
	}
	return isRequestLine(after.next())
}

func isRequestLine(line string) bool {
	method, target, ok := strings.Cut(line, " ")
	return ok && method != "" && strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" &&
		(strings.HasPrefix(target, "/") || strings.HasPrefix(target, "http"))
}

// untilMark returns the body as far as the next line with ###, without the
// line end before it.
func (r *httpReader) untilMark(rest []byte) []byte {
	at := bytes.Index(rest, []byte("\n###"))
	if at < 0 {
		r.advance(len(rest))
		return rest
	}
	r.advance(at + 1)
	return bytes.TrimSuffix(rest[:at:at], []byte("\r"))
}

// trailer passes over what follows the last chunk.
func (r *httpReader) trailer() {
	for !r.done() && r.next() != "" {
	}
}

func (r *httpReader) advance(n int) {
	r.line += bytes.Count(r.data[r.i:r.i+n], []byte("\n"))
	r.i += n
}

// only returns the first value of the field called name, in whatever spelling.
func only(h http.Header, name string) string {
	for key, values := range h {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
