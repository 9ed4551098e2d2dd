package corpus

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/recording"
)

// ErrFormat is wrapped by ParseFormat's error.
var ErrFormat = errors.New("corpus: unknown format")

// Format is a way to write requests down. Formats and ParseFormat return the
// ones there are.
type Format struct {
	Name string // "http"
	Doc  string // what it holds and who reads it, in one clause
	// Ext ends the name of a file in this format, such as ".http".
	Ext string
	// Single says that one file holds all requests. Otherwise each has its own.
	Single bool
	// Companion is a file that belongs to it and does not depend on the requests:
	// its name and content. Empty: none.
	CompanionName, Companion string

	head, between, tail string
	append              func([]byte, Request) ([]byte, error)
}

// Formats returns all formats. The caller owns the slice.
func Formats() []Format {
	return []Format{
		{Name: "json", Doc: "the body alone, a file each", Ext: ".json", append: appendBody},
		{Name: "http", Doc: "the request as it goes over the wire, a file each", Ext: ".http", append: appendHTTP},
		{Name: "curl", Doc: "a shell script of curl commands", Ext: ".sh", Single: true, head: curlHead, between: "\n", tail: "\n", append: appendCurl},
		{Name: "jsonl", Doc: "a JSON record a line, which rtkmock replays", Ext: ".jsonl", Single: true, between: "\n", tail: "\n", append: appendRecord},
		{Name: "har", Doc: "an HTTP archive, which browsers and proxies read", Ext: ".har", Single: true, head: harHead, between: ",\n", tail: harTail, append: appendHAR},
		{Name: "vegeta", Doc: "targets for vegeta attack -format=json", Ext: ".vegeta.jsonl", Single: true, between: "\n", tail: "\n", append: appendVegeta},
		{Name: "k6", Doc: "JSON records and a script for k6 run", Ext: ".jsonl", Single: true, between: "\n", tail: "\n", append: appendRecord, CompanionName: "script.js", Companion: k6Script},
	}
}

// FormatNames returns the names of all formats.
func FormatNames() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}

// ParseFormat returns the format that s names. The error lists the names.
func ParseFormat(s string) (Format, error) {
	all := Formats()
	if i := slices.IndexFunc(all, func(f Format) bool { return f.Name == s }); i >= 0 {
		return all[i], nil
	}
	return Format{}, fmt.Errorf("%w %q, want one of %s", ErrFormat, s, strings.Join(FormatNames(), ", "))
}

// Append appends a whole file with only r to b.
func (f Format) Append(b []byte, r Request) ([]byte, error) {
	b, err := f.append(append(b, f.head...), r)
	return append(b, f.tail...), err
}

// Writer writes a file of many requests, one at a time. Make one with
// Format.NewWriter.
type Writer struct {
	f   Format
	w   io.Writer
	buf []byte
	n   int
}

// NewWriter returns a Writer to w, which should be buffered. The format must be
// Single.
func (f Format) NewWriter(w io.Writer) *Writer { return &Writer{f: f, w: w} }

// Write writes one request.
func (w *Writer) Write(r Request) error {
	part := w.f.between
	if w.n == 0 {
		part = w.f.head
	}
	b, err := w.f.append(append(w.buf[:0], part...), r)
	if err != nil {
		return fmt.Errorf("corpus: request %d as %s: %w", r.N, w.f.Name, err)
	}
	w.buf = b[:0]
	w.n++
	_, err = w.w.Write(b)
	return err
}

// Close ends the file. It does not close what it writes to.
func (w *Writer) Close() error {
	text := w.f.tail
	switch {
	case w.n > 0:
	case w.f.head == "":
		text = "" // no lines, not an empty one
	default:
		text = w.f.head + text
	}
	_, err := io.WriteString(w.w, text)
	return err
}

func appendBody(b []byte, r Request) ([]byte, error)   { return append(b, r.Body...), nil }
func appendHTTP(b []byte, r Request) ([]byte, error)   { return r.AppendHTTP(b) }
func appendRecord(b []byte, r Request) ([]byte, error) { return r.AppendJSON(b) }

const curlHead = "#!/bin/sh\n# Signed webhook deliveries, made by rtkmock with a test key.\n"

func appendCurl(b []byte, r Request) ([]byte, error) { return append(b, CurlLine(r.Record)...), nil }

// CurlLine returns a curl command for a POSIX shell, on one line, that sends the
// request as it is. It removes the field that curl would add, and the body goes
// through printf if a shell's word or a terminal cannot hold it. Framing is left
// out.
func CurlLine(r recording.Record) string {
	var line strings.Builder
	body := string(r.Body)
	data := " --data-binary " + shellWord(body)
	if !printable(body) || strings.HasPrefix(body, "@") { // after an @ curl expects a file
		line.WriteString("printf " + shellWord(octal(body)) + " | ")
		data = " --data-binary @-"
	}
	line.WriteString("curl -sS -i")
	if r.Method != http.MethodPost {
		line.WriteString(" -X " + shellWord(r.Method))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			field := name + ": " + value
			if value == "" {
				field = name + ";" // curl drops a field after a bare colon
			}
			line.WriteString(" -H " + shellWord(field))
		}
	}
	line.WriteString(" -H 'Accept:'" + data + " " + shellWord(r.URL))
	return line.String()
}

func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// printable reports whether all of s can be seen.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsMark(r) })
}

// octal returns a format with which printf prints s.
func octal(s string) string {
	var out strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '%' || c == '\\':
			out.WriteString(strings.Repeat(string(c), 2))
		case c < ' ' || c > '~' || c == '-' && i == 0: // a leading hyphen could be taken for an option
			fmt.Fprintf(&out, `\%03o`, c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// k6Script sends the records of the file beside it. Each is sent once, however
// many machines share the work.
//
//go:embed k6.js
var k6Script string

// encode appends v as JSON on one line.
func encode(b []byte, v any) ([]byte, error) {
	out := bytes.NewBuffer(b)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// vegetaTarget is a line of vegeta's JSON targets.
type vegetaTarget struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"` // in Base64
}

func appendVegeta(b []byte, r Request) ([]byte, error) {
	return encode(b, vegetaTarget{r.Method, r.URL, r.Header, r.Body})
}

// harHead and harTail frame the entries of an HTTP archive.
const (
	harHead = `{"log":{"version":"1.2","creator":{"name":"rtkmock","version":"1"},"entries":[` + "\n"
	harTail = "\n]}}\n"
)

// The parts of an entry that say that there is no answer.
const (
	harNoResponse = `{"status":0,"statusText":"","httpVersion":"","cookies":[],"headers":[],` +
		`"content":{"size":0,"mimeType":"x-unknown"},"redirectURL":"","headersSize":-1,"bodySize":-1}`
	harNoTimings = `{"send":0,"wait":0,"receive":0}`
)

// Entries of an HTTP archive, for a request without an answer. They have every
// member that HAR 1.2 requires.
type (
	harEntry struct {
		Started  string          `json:"startedDateTime"`
		Time     int             `json:"time"`
		Request  harRequest      `json:"request"`
		Response json.RawMessage `json:"response"`
		Cache    struct{}        `json:"cache"`
		Timings  json.RawMessage `json:"timings"`
		Comment  string          `json:"comment,omitempty"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		QueryString []harPair `json:"queryString"`
		PostData    harPost   `json:"postData"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harPost struct {
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
		// Encoding is "base64" where the bytes are not UTF-8. HAR 1.2 has the
		// member for answers only; readers take it here as well.
		Encoding string `json:"encoding,omitempty"`
	}
)

func appendHAR(b []byte, r Request) ([]byte, error) {
	none := []harPair{}
	q := harRequest{
		Method: r.Method, URL: r.URL, HTTPVersion: "HTTP/1.1", Cookies: none, Headers: none, QueryString: none,
		PostData: harPost{Text: string(r.Body)}, HeadersSize: -1, BodySize: len(r.Body),
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			q.Headers = append(q.Headers, harPair{name, value})
			if http.CanonicalHeaderKey(name) == "Content-Type" {
				q.PostData.MimeType = value
			}
		}
	}
	if u, err := url.Parse(r.URL); err == nil {
		query := u.Query()
		for _, name := range slices.Sorted(maps.Keys(query)) {
			for _, value := range query[name] {
				q.QueryString = append(q.QueryString, harPair{name, value})
			}
		}
	}
	if !utf8.Valid(r.Body) {
		q.PostData.Text, q.PostData.Encoding = base64.StdEncoding.EncodeToString(r.Body), "base64"
	}
	return encode(b, harEntry{
		Started: r.Start.UTC().Format(time.RFC3339Nano), Request: q, Comment: string(r.Event),
		Response: json.RawMessage(harNoResponse), Timings: json.RawMessage(harNoTimings),
	})
}
