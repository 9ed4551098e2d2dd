package corpus

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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
