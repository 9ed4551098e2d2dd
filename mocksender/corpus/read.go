package corpus

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
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

// MaxRead is how many bytes Read takes.
const MaxRead = 64 << 20

// Read returns the requests of a capture, at least one. It recognizes the form by
// how the capture begins. It reads the formats http, jsonl and har, also as other
// tools write them:
//
//   - JSON lines, in the form of recording.Record;
//   - an HTTP archive, as browsers and proxies export it, without the entries
//     that have no body;
//   - the text of a request: request line, fields, an empty line, the body, in
//     lines that end in LF or CRLF. The body ends where Content-Length says, if
//     nothing or another request follows there. Otherwise it ends at the end of
//     the file, or before a line that begins with ###, the mark that editors put
//     between requests.
//
// Errors match ErrCapture, and name the place.
func Read(data []byte) ([]Captured, error) {
	if len(data) > MaxRead {
		return nil, wrong("", "it is larger than %d MiB", MaxRead>>20)
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(text) == 0:
		return nil, wrong("", "it is empty, want a request, a JSON record a line, or an HTTP archive")
	case text[0] != '{':
		return readHTTP(data)
	case isArchive(text):
		return readHAR(text)
	default:
		return readLines(data)
	}
}

func readLines(data []byte) ([]Captured, error) {
	var out []Captured
	for record, err := range recording.Read(bytes.NewReader(data)) {
		if e := new(recording.Error); errors.As(err, &e) {
			msg := e.Msg
			if e.Field != "" {
				msg = e.Field + ": " + msg
			}
			return nil, wrong(fmt.Sprintf("line %d", e.Line), "%s", msg)
		}
		if err != nil {
			return nil, wrong("", "%v", err)
		}
		out = append(out, Captured{Place: fmt.Sprintf("line %d", record.Line), Declared: -1, Record: record})
	}
	return out, nil
}

// Captured is a request as a capture holds it.
type Captured struct {
	Place string // where in the capture: "line 3", "entry 2"
	recording.Record
	// Declared is the Content-Length of a request's text, -1 if there is none. If
	// it is not the body's length, somebody has edited the body.
	Declared int
}

// ErrCapture is wrapped by the errors of Read.
var ErrCapture = errors.New("corpus: not a capture")

// wrong is an error about a place in a capture, or about all of it.
func wrong(place, format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if place != "" {
		msg = place + ": " + msg
	}
	return fmt.Errorf("%w: %s", ErrCapture, msg)
}

// isArchive reports whether the first member of a JSON text is "log".
func isArchive(text []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(text))
	for range 2 {
		token, err := dec.Token()
		if err != nil {
			return false
		}
		if token == "log" {
			return true
		}
	}
	return false
}

// readHAR reads the requests that have a body. Browsers add what they like, so it
// looks only at what it needs.
func readHAR(text []byte) ([]Captured, error) {
	var archive struct {
		Log struct {
			Entries []json.RawMessage `json:"entries"`
		} `json:"log"`
	}
	if err := json.Unmarshal(text, &archive); err != nil {
		return nil, wrong("", "it does not read as an HTTP archive: %s", jsonProblem(err))
	}
	var out []Captured
	for i, raw := range archive.Log.Entries {
		place := fmt.Sprintf("entry %d", i+1)
		var entry struct {
			Request struct {
				Method   string    `json:"method"`
				URL      string    `json:"url"`
				Headers  []harPair `json:"headers"`
				PostData *harPost  `json:"postData"`
			} `json:"request"`
		}
		if err := json.Unmarshal(raw, &entry); err != nil {
			return nil, wrong(place, "it does not read as an entry: %s", jsonProblem(err))
		}
		q := entry.Request
		if q.PostData == nil {
			continue
		}
		body := []byte(q.PostData.Text)
		if q.PostData.Encoding == "base64" {
			var err error
			if body, err = base64.StdEncoding.DecodeString(q.PostData.Text); err != nil {
				return nil, wrong(place, "request.postData.text: found what is not Base64, though its encoding says so")
			}
		}
		c := Captured{Place: place, Declared: -1, Record: recording.Record{Method: q.Method, URL: q.URL, Header: http.Header{}, Body: body}}
		for _, pair := range q.Headers {
			if strings.HasPrefix(pair.Name, ":") {
				continue // HTTP/2's pseudo-fields
			}
			c.Header[pair.Name] = append(c.Header[pair.Name], pair.Value)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, wrong("", "found no body among the entries of the HTTP archive (%d), want a POST with its postData", len(archive.Log.Entries))
	}
	return out, nil
}

// jsonProblem says what is wrong with JSON, without Go's types.
func jsonProblem(err error) string {
	if e := new(json.UnmarshalTypeError); errors.As(err, &e) {
		return fmt.Sprintf("%s: found a JSON %s", e.Field, e.Value)
	}
	return err.Error()
}

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
