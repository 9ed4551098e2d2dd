package http1

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// Request is one request. LayOut makes it ready to be sent, as often as the
// caller likes and at the same time.
type Request struct {
	Target  Target
	Method  string
	Header  http.Header // by the spelling that goes out
	Body    []byte
	Framing mutation.Framing
	// Head is what LayOut makes: the exact bytes before the body, from the
	// request line to the empty line.
	Head []byte

	proxy  *Target       // nil: directly
	fields []field       // of the Header, by name
	bytes  []byte        // what Head and whole are parts of
	whole  []byte        // head and body where both go out in one write
	close  bool          // the connection ends with the response
	probe  *http.Request // tells the parser of HEAD, whose answers have no body; else nil
}

// field is a header field with its spelling, a line for each value.
type field struct {
	name   string
	values []string
}

// Clear empties q for another request. It keeps memory of the usual size for that.
func (q *Request) Clear() {
	kept := Request{bytes: q.bytes[:0], fields: q.fields[:0]}
	if cap(q.bytes) > maxOneWrite || cap(q.fields) > maxKeptFields {
		kept = Request{}
	}
	*q = kept
}

// maxKeptFields is for how many fields memory is kept.
const maxKeptFields = 64

// maxOneWrite is the largest request that goes out in one write, before its
// answer is read. It fits into the buffers of any system's connection, so the
// write does not wait for the target.
const maxOneWrite = 16 << 10

// LayOut writes the head of q. It refuses what would not arrive as one request.
// What is merely wrong is sent.
func (q *Request) LayOut() error {
	if err := q.check(); err != nil {
		return err
	}
	f := q.Framing
	q.sortFields()
	q.close = f.FreshConnection || f.CutAt > 0 || q.asksToClose()
	if q.Method == http.MethodHead {
		q.probe = &http.Request{Method: q.Method}
	}
	plain := f == mutation.Framing{FreshConnection: f.FreshConnection}
	room := 256 + len(q.Target.URI) + len(q.Target.Host)
	for _, f := range q.fields {
		for _, value := range f.values {
			room += len(f.name) + len(": \r\n") + len(value)
		}
	}
	if plain {
		room += min(len(q.Body), maxOneWrite)
	}
	out := bytes.NewBuffer(slices.Grow(q.bytes[:0], room))
	q.writeHead(out)
	q.bytes = out.Bytes()
	q.Head = q.bytes
	if plain && out.Len()+len(q.Body) <= maxOneWrite {
		head := out.Len()
		out.Write(q.Body)
		q.bytes = out.Bytes()
		q.whole = q.bytes
		q.Head = q.whole[:head:head]
	}
	return nil
}

func (q *Request) sortFields() {
	q.fields = q.fields[:0]
	for name, values := range q.Header {
		q.fields = append(q.fields, field{name, values})
	}
	slices.SortFunc(q.fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
}

// has reports whether a field is called name, however spelt, with values that are as wanted.
// Nil: any are.
func (q *Request) has(name string, wanted func(values []string) bool) bool {
	for _, f := range q.fields {
		if strings.EqualFold(f.name, name) && (wanted == nil || wanted(f.values)) {
			return true
		}
	}
	return false
}

func (q *Request) check() error {
	if !header.IsToken(q.Method) {
		return fmt.Errorf("the method %q is not a token", q.Method)
	}
	switch f := q.Framing; {
	case f.CutAt < 0 || f.CutAt > 0 && f.CutAt >= len(q.Body):
		return fmt.Errorf("a body of %d bytes cannot be cut at %d", len(q.Body), f.CutAt)
	case f.Pieces < 0 || f.Pause < 0:
		return fmt.Errorf("a body cannot be sent in %d pieces %v apart", f.Pieces, f.Pause)
	}
	return header.Check(q.Header)
}

// writeHead writes everything that comes before the body. The fields that
// frame the message come first, those of the header follow in order.
func (q *Request) writeHead(out *bytes.Buffer) {
	t, uri, proxyBasic := q.Target, q.Target.URI, ""
	if q.proxy != nil && t.Scheme == "http" {
		uri, proxyBasic = "http://"+t.Host+t.URI, q.proxy.Basic // the form for proxies
	}
	out.WriteString(q.Method + " " + uri + " HTTP/1.1\r\n")
	field := func(name, value string) {
		if value != "" && !q.has(name, nil) {
			writeField(out, name, value)
		}
	}
	field("Host", t.Host)
	field("Authorization", t.Basic)
	field("Proxy-Authorization", proxyBasic)
	switch {
	case q.Framing.Chunked:
		field("Transfer-Encoding", "chunked")
	case q.has("Transfer-Encoding", func(values []string) bool { return values != nil }):
	case len(q.Body) > 0 || q.Method != http.MethodGet && q.Method != http.MethodHead:
		field("Content-Length", strconv.Itoa(len(q.Body)))
	}
	if q.Framing.ExpectContinue {
		field("Expect", "100-continue")
	}
	if q.Framing.FreshConnection {
		field("Connection", "close")
	}
	for _, f := range q.fields {
		for _, value := range f.values {
			writeField(out, f.name, value)
		}
	}
	out.WriteString("\r\n")
}

func writeField(out *bytes.Buffer, name, value string) {
	out.WriteString(name)
	out.WriteString(": ")
	out.WriteString(value)
	out.WriteString("\r\n")
}

func (q *Request) asksToClose() bool {
	return q.has("Connection", func(values []string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(strings.ToLower(v), "close") })
	})
}

// pauses returns how long the request itself holds its body back.
func (q *Request) pauses() time.Duration {
	return time.Duration(max(q.pieces()-1, 0)) * q.Framing.Pause
}

func (q *Request) pieces() int { return min(max(q.Framing.Pieces, 1), max(len(q.Body), 1)) }

// route is what connections must have in common to stand in for each other.
type route struct{ scheme, addr, name, proxy string }

func (q *Request) route() route {
	r := route{scheme: q.Target.Scheme, addr: q.Target.Addr, name: q.Target.Name}
	if p := q.proxy; p != nil {
		r.proxy = p.Scheme + "://" + p.Basic + "@" + p.Addr
	}
	return r
}
