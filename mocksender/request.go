package mocksender

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
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxOneWrite is the largest request that goes out in one write, before its
// answer is read. It fits into the buffers of any system's connection, so the
// write does not wait for the target.
const maxOneWrite = 16 << 10

// request is a delivery ready to go out. Every attempt sends the same one.
type request struct {
	target
	Request                // as the receipt shows it
	proxy   *target        // nil: directly
	whole   []byte         // head and body where both go out in one write
	close   bool           // the connection ends with the response
	probe   *http.Request  // tells the parser the method
	twin    *mutation.Wire // what it would be without its mutations; nil unless it is inspected
}

// prepare signs d, applies its mutations and lays out the bytes. It returns d
// with the ids it was given.
func (s *Sender) prepare(url string, d Delivery) (*request, Delivery, error) {
	// The URL comes first: a bad one should not cost a signature.
	if _, err := parseTarget(url); err != nil {
		return nil, d, err
	}
	orDefault(&d.UUID, s.o.IDs.Next)
	orDefault(&d.WebhookID, func() string { return s.o.WebhookID })
	w, err := s.genuine(url, d)
	if err != nil {
		return nil, d, err
	}
	var twin *mutation.Wire
	if s.o.Inspect != nil {
		genuine := *w
		genuine.Header = w.Header.Clone()
		twin = &genuine
	}
	if len(d.Mutations) > 0 {
		w.Body = bytes.Clone(w.Body)
	}
	for _, m := range d.Mutations {
		if err := m.Apply(w); err != nil {
			return nil, d, fmt.Errorf("mocksender: mutation %s: %w", m.ID, err)
		}
	}
	q, err := s.layOut(w)
	if err != nil {
		return nil, d, err
	}
	q.twin = twin
	return q, d, s.inspect(q, d)
}

// inspect shows q to whoever wants to see it.
func (s *Sender) inspect(q *request, d Delivery) error {
	if q.twin == nil {
		return nil
	}
	i := Inspection{Delivery: d, Request: q.Request, Twin: q.Request, Key: &q.twin.Key.PublicKey, Header: s.o.Header}
	if !d.Genuine() {
		twin, err := s.layOut(q.twin)
		if err != nil {
			return err
		}
		i.Twin = twin.Request
	}
	return s.o.Inspect(i)
}

// genuine returns d as the real service would send it.
func (s *Sender) genuine(url string, d Delivery) (*mutation.Wire, error) {
	key, sig, err := s.signer.sign(d.Event.Body)
	if err != nil {
		return nil, fmt.Errorf("mocksender: %w", err)
	}
	w := &mutation.Wire{
		Method: http.MethodPost,
		URL:    url,
		Header: SignedHeader(s.o.HeaderNames, d.UUID, d.WebhookID, sig),
		Body:   d.Event.Body,
		Key:    key,
	}
	w.Header["User-Agent"] = []string{s.o.UserAgent}
	for _, names := range s.o.HeaderNames.Sets() {
		w.SignatureNames = append(w.SignatureNames, names.Signature)
	}
	header.Overlay(w.Header, s.o.Header)
	header.Overlay(w.Header, d.Header)
	return w, nil
}

// SignedHeader returns the header fields of a genuine delivery, but for those
// that follow from its URL and its body's length. The caller owns them.
func SignedHeader(names rtk.HeaderNames, uuid, webhookID, signature string) http.Header {
	h := http.Header{
		"Content-Type": {"application/json"},
		"User-Agent":   {DefaultUserAgent},
	}
	for _, set := range names.Sets() {
		h[set.Signature] = []string{signature}
		h[set.UUID] = []string{uuid}
		h[set.WebhookID] = []string{webhookID}
	}
	return h
}

// layOut turns w into bytes.
func (s *Sender) layOut(w *mutation.Wire) (*request, error) {
	t, err := parseTarget(w.URL)
	if err != nil {
		return nil, err
	}
	if err := checkWire(w); err != nil {
		return nil, fmt.Errorf("mocksender: %w", err)
	}
	q := &request{
		target:  t,
		Request: Request{Method: w.Method, URL: w.URL, Header: w.Header, Body: w.Body, Framing: w.Framing},
		close:   w.Framing.FreshConnection || w.Framing.CutAt > 0 || asksToClose(w.Header),
		probe:   &http.Request{Method: w.Method},
	}
	if q.proxy, err = s.dialer.proxyFor(t); err != nil {
		return nil, err
	}
	plain := w.Framing == mutation.Framing{FreshConnection: w.Framing.FreshConnection}
	out := bytes.NewBuffer(make([]byte, 0, 1024))
	q.writeHead(out)
	if plain && out.Len()+len(w.Body) <= maxOneWrite {
		head := out.Len()
		out.Write(w.Body)
		q.whole = out.Bytes()
		q.Head = q.whole[:head:head]
	} else {
		q.Head = out.Bytes()
	}
	return q, nil
}

// writeHead writes everything that comes before the body. The fields that
// frame the message come first, the rest follows in order of its spelling.
func (q *request) writeHead(out *bytes.Buffer) {
	uri := q.uri
	if q.proxy != nil && q.scheme == "http" {
		uri = "http://" + q.host + q.uri // the form for proxies
	}
	out.WriteString(q.Method + " " + uri + " HTTP/1.1\r\n")
	field := func(name, value string) {
		if _, given := q.Header[header.Key(q.Header, name)]; !given && value != "" {
			writeField(out, name, value)
		}
	}
	field("Host", q.host)
	field("Authorization", q.basic)
	if q.proxy != nil && q.scheme == "http" {
		field("Proxy-Authorization", q.proxy.basic)
	}
	switch {
	case q.Framing.Chunked:
		field("Transfer-Encoding", "chunked")
	case q.Header[header.Key(q.Header, "Transfer-Encoding")] != nil:
	case len(q.Body) > 0 || q.Method != http.MethodGet && q.Method != http.MethodHead:
		field("Content-Length", strconv.Itoa(len(q.Body)))
	}
	if q.Framing.ExpectContinue {
		field("Expect", "100-continue")
	}
	if q.Framing.FreshConnection {
		field("Connection", "close")
	}
	names := make([]string, 0, len(q.Header))
	for name := range q.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range q.Header[name] {
			writeField(out, name, value)
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

// pauses returns how long the request itself holds its body back.
func (q *request) pauses() time.Duration {
	return time.Duration(max(q.pieces()-1, 0)) * q.Framing.Pause
}

func (q *request) pieces() int { return min(max(q.Framing.Pieces, 1), max(len(q.Body), 1)) }

// checkWire refuses what would not arrive as one request. What is merely
// wrong is sent: that is what mutations are for.
func checkWire(w *mutation.Wire) error {
	if !isToken(w.Method) {
		return fmt.Errorf("the method %q is not a token", w.Method)
	}
	f := w.Framing
	switch {
	case f.CutAt < 0 || f.CutAt > 0 && f.CutAt >= len(w.Body):
		return fmt.Errorf("a body of %d bytes cannot be cut at %d", len(w.Body), f.CutAt)
	case f.Pieces < 0 || f.Pause < 0:
		return fmt.Errorf("a body cannot be sent in %d pieces %v apart", f.Pieces, f.Pause)
	}
	return checkFields(w.Header)
}

// checkFields refuses header fields that would end the header or split it.
func checkFields(h http.Header) error {
	for name, values := range h {
		if !isToken(name) {
			return fmt.Errorf("the header name %q is not a token", name)
		}
		for _, value := range values {
			if strings.ContainsAny(value, "\r\n\x00") {
				return fmt.Errorf("the value of the header %s holds a line break or a zero byte", name)
			}
		}
	}
	return nil
}

// isToken reports whether s is a token of RFC 9110.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func asksToClose(h http.Header) bool {
	return slices.ContainsFunc(h[header.Key(h, "Connection")], func(v string) bool {
		return strings.Contains(strings.ToLower(v), "close")
	})
}
