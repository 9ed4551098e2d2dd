package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A path names a value inside a JSON body: member names and array indices
// joined by dots, such as "meeting.organizedBy.id" or "items.0.name". A name
// that holds a dot cannot be written, nor can one that an object has twice.

// Get returns a copy of the bytes of the value at path. Errors match ErrPath
// or ErrJSON.
func Get(body []byte, path string) ([]byte, error) {
	w, err := walkTo(body, path)
	if err != nil {
		return nil, err
	}
	i, err := w.existing()
	if err != nil {
		return nil, err
	}
	return bytes.Clone(w.body[w.items[i].start:w.items[i].end]), nil
}

// Set returns a copy of body in which the value at path is value, a JSON value
// whose bytes are taken over but for white space around them. All other bytes
// stay as they are. If the last segment names no member, or the index after an
// array's last, it is appended; the segments before it must lead somewhere.
// Errors match ErrPath or ErrJSON.
func Set(body []byte, path string, value []byte) ([]byte, error) {
	if !json.Valid(value) {
		return nil, fmt.Errorf("%w: the value for path %q", ErrJSON, path)
	}
	value = bytes.TrimSpace(value)
	w, err := walkTo(body, path)
	if err != nil {
		return nil, err
	}
	i, err := w.find()
	if err != nil {
		return nil, err
	}
	if i < 0 {
		return w.add(value)
	}
	return splice(body, w.items[i].start, w.items[i].end, value), nil
}

// Unset returns a copy of body without the member or element at path and
// without the comma that parted it from its neighbour. All other bytes stay as
// they are. Errors match ErrPath, also if there is nothing at path, or
// ErrJSON.
func Unset(body []byte, path string) ([]byte, error) {
	w, err := walkTo(body, path)
	if err != nil {
		return nil, err
	}
	i, err := w.existing()
	if err != nil {
		return nil, err
	}
	from, to := w.items[i].from, w.items[i].end
	switch {
	case i > 0:
		from = w.items[i-1].end
	case len(w.items) > 1:
		to = w.items[1].from
	}
	return splice(body, from, to), nil
}

// walk stands at one object or array of a body, with one segment left to go.
type walk struct {
	body    []byte
	path    string
	segment string // the one left to go
	number  int    // of the segment, from 1
	at      int    // where the object or array begins
	isArray bool
	items   []item
}

// walkTo follows all segments of path but the last.
func walkTo(body []byte, path string) (*walk, error) {
	if !json.Valid(body) {
		return nil, fmt.Errorf("%w: the body for path %q", ErrJSON, path)
	}
	if !utf8.ValidString(path) {
		return nil, fmt.Errorf("%w: %q is not UTF-8", ErrPath, path)
	}
	segments := strings.Split(path, ".")
	if i := slices.Index(segments, ""); i >= 0 {
		return nil, fmt.Errorf("%w: %q: segment %d is empty", ErrPath, path, i+1)
	}
	w := &walk{body: body, path: path, at: skipSpace(body, 0)}
	for i, segment := range segments {
		w.segment, w.number = segment, i+1
		if err := w.open(); err != nil {
			return nil, err
		}
		if i == len(segments)-1 {
			break
		}
		found, err := w.existing()
		if err != nil {
			return nil, err
		}
		w.at = w.items[found].start
	}
	return w, nil
}

// open reads the items of the object or array at w.at.
func (w *walk) open() error {
	switch w.body[w.at] {
	case '{':
		w.isArray = false
	case '[':
		w.isArray = true
	default:
		return w.fail("found %s before it, want an object", w.kind())
	}
	w.items = itemsAt(w.body, w.at)
	return nil
}

// find returns the index of the item that the segment names, and -1 if it may
// be appended.
func (w *walk) find() (int, error) {
	if w.isArray {
		return w.findIndex()
	}
	found := -1
	for i, item := range w.items {
		if item.name != w.segment {
			continue
		}
		if found >= 0 {
			return 0, w.fail("found an object that has it twice")
		}
		found = i
	}
	return found, nil
}

func (w *walk) findIndex() (int, error) {
	i, err := strconv.Atoi(w.segment)
	if err != nil || strconv.Itoa(i) != w.segment || i < 0 {
		return 0, w.fail("found an array, want an index")
	}
	switch n := len(w.items); {
	case i < n:
		return i, nil
	case i == n:
		return -1, nil
	default:
		return 0, w.fail("found an array of %d", n)
	}
}

// existing is find for an item that must be there.
func (w *walk) existing() (int, error) {
	i, err := w.find()
	switch {
	case err != nil:
		return 0, err
	case i >= 0:
		return i, nil
	case w.isArray:
		return 0, w.fail("found an array of %d", len(w.items))
	case len(w.items) == 0:
		return 0, w.fail("found an empty object")
	default:
		names := make([]string, len(w.items))
		for i, item := range w.items {
			names[i] = item.name
		}
		return 0, w.fail("found an object with %s", shorten(strings.Join(names, ", ")))
	}
}

// add puts the segment's item after the last one.
func (w *walk) add(value []byte) ([]byte, error) {
	at, comma := w.at+1, ""
	if n := len(w.items); n > 0 {
		at, comma = w.items[n-1].end, ","
	}
	if w.isArray {
		return splice(w.body, at, at, []byte(comma), value), nil
	}
	name, err := quote(w.segment)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: segment %q: %w", ErrPath, w.path, w.segment, err)
	}
	return splice(w.body, at, at, []byte(comma), name, []byte(":"), value), nil
}

func (w *walk) fail(format string, args ...any) error {
	return fmt.Errorf("%w: %q: segment %d, %q: %s", ErrPath, w.path, w.number, w.segment, fmt.Sprintf(format, args...))
}

// kind says what stands at w.at.
func (w *walk) kind() string {
	switch w.body[w.at] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

// shorten keeps an error on one readable line.
func shorten(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + " …"
}

// splice returns a copy of body with parts in place of body[from:to].
func splice(body []byte, from, to int, parts ...[]byte) []byte {
	out := make([]byte, 0, len(body)+len(bytes.Join(parts, nil)))
	out = append(out, body[:from]...)
	for _, part := range parts {
		out = append(out, part...)
	}
	return append(out, body[to:]...)
}
