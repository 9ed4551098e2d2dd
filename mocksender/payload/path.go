package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A path names a value inside a JSON body: member names and array indices
// joined by dots, such as "meeting.organizedBy.id" or "items.0.name". It cannot
// name a member with a dot in its name, nor one that an object has twice.

// Get returns a copy of the bytes of the value at path. Errors match ErrPath
// or ErrJSON.
func Get(body []byte, path string) ([]byte, error) {
	p, i, err := find(body, path)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(body[p.items[i].start:p.items[i].end]), nil
}

// Set returns a copy of body in which the value at path is value: a JSON value,
// taken byte for byte without the white space around it. All other bytes stay as
// they are. If the last segment names a member that is not there, or the index
// after an array's last, it is appended. The segments before it must lead
// somewhere. Errors match ErrPath or ErrJSON.
func Set(body []byte, path string, value []byte) ([]byte, error) {
	if !json.Valid(value) {
		return nil, fmt.Errorf("%w: the value for path %q", ErrJSON, path)
	}
	value = bytes.TrimSpace(value)
	p, err := resolve(body, path)
	if err != nil {
		return nil, err
	}
	i, err := p.index()
	if err != nil {
		return nil, err
	}
	if i == len(p.items) {
		return p.append(value), nil
	}
	return splice(body, p.items[i].start, p.items[i].end, value), nil
}

// Unset returns a copy of body without the member or element at path and
// without the comma between it and its neighbour. All other bytes stay as they
// are. Errors match ErrPath, also if nothing is at path, or ErrJSON.
func Unset(body []byte, path string) ([]byte, error) {
	p, i, err := find(body, path)
	if err != nil {
		return nil, err
	}
	from, to := p.items[i].from, p.items[i].end
	switch {
	case i > 0:
		from = p.items[i-1].end
	case len(p.items) > 1:
		to = p.items[1].from
	}
	return splice(body, from, to), nil
}

// Paths returns the paths of all members of a body's objects, in the order in
// which they stand. It returns nil if body is not JSON.
func Paths(body []byte) []string {
	if !json.Valid(body) {
		return nil
	}
	var all []string
	var walk func(prefix string, at int)
	walk = func(prefix string, at int) {
		if body[at] != '{' {
			return
		}
		for _, member := range itemsAt(body, at) {
			all = append(all, prefix+member.name)
			walk(prefix+member.name+".", member.start)
		}
	}
	walk("", skipSpace(body, 0))
	return all
}

// place is the object or array that the last segment of a path looks into.
type place struct {
	body    []byte
	path    string
	segment string // the last one
	number  int    // of the segment, from 1
	at      int    // where the object or array begins
	items   []item
}

// find returns where path leads to: a place, and the index of an item there.
func find(body []byte, path string) (*place, int, error) {
	p, err := resolve(body, path)
	if err != nil {
		return nil, 0, err
	}
	i, err := p.existing()
	return p, i, err
}

// resolve follows all segments of path but the last.
func resolve(body []byte, path string) (*place, error) {
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
	p := &place{body: body, path: path, at: skipSpace(body, 0)}
	for i, segment := range segments {
		if i > 0 {
			before, err := p.existing()
			if err != nil {
				return nil, err
			}
			p.at = p.items[before].start
		}
		p.segment, p.number = segment, i+1
		if body[p.at] != '{' && body[p.at] != '[' {
			return nil, p.fail("found %s before it, want an object", p.kind())
		}
		p.items = itemsAt(body, p.at)
	}
	return p, nil
}

// existing is index for an item that has to be there.
func (p *place) existing() (int, error) {
	i, err := p.index()
	switch {
	case err != nil || i < len(p.items):
		return i, err
	case p.isArray():
		return 0, p.fail("found an array of %d", len(p.items))
	case len(p.items) == 0:
		return 0, p.fail("found an empty object")
	default:
		names := make([]string, len(p.items))
		for i, item := range p.items {
			names[i] = item.name
		}
		return 0, p.fail("found an object with %s", shorten(strings.Join(names, ", ")))
	}
}

// index returns the index of the item that the segment names, or the number of
// items if it may be appended.
func (p *place) index() (int, error) {
	if p.isArray() {
		i, err := strconv.Atoi(p.segment)
		switch {
		case err != nil || strconv.Itoa(i) != p.segment || i < 0:
			return 0, p.fail("found an array, want an index")
		case i > len(p.items):
			return 0, p.fail("found an array of %d", len(p.items))
		}
		return i, nil
	}
	found := len(p.items)
	for i, item := range p.items {
		if item.name != p.segment {
			continue
		}
		if found < len(p.items) {
			return 0, p.fail("found an object that has it twice")
		}
		found = i
	}
	return found, nil
}

// append puts the segment's item after the last one.
func (p *place) append(value []byte) []byte {
	at, comma := p.at+1, ""
	if n := len(p.items); n > 0 {
		at, comma = p.items[n-1].end, ","
	}
	if p.isArray() {
		return splice(p.body, at, at, []byte(comma), value)
	}
	return splice(p.body, at, at, []byte(comma), Quote(p.segment), []byte(":"), value)
}

func (p *place) isArray() bool { return p.body[p.at] == '[' }

func (p *place) fail(format string, args ...any) error {
	return fmt.Errorf("%w: %q: segment %d, %q: %s", ErrPath, p.path, p.number, p.segment, fmt.Sprintf(format, args...))
}

// kind says what plain value stands at p.at.
func (p *place) kind() string {
	switch p.body[p.at] {
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
	return slices.Concat(body[:from], bytes.Join(parts, nil), body[to:])
}

// Overrides are changes to a body. First the Set are made, then the Unset, each
// in its order.
type Overrides struct {
	Set   Assignments
	Unset []string // paths
}

// Assignment gives the value at a path, as JSON.
type Assignment struct {
	Path  string
	Value []byte
}

// Assignments are assignments in order. As JSON they are an object of paths and
// values.
type Assignments []Assignment

// OverrideError says which override does not fit a body. It unwraps to the error
// of Set or Unset.
type OverrideError struct {
	Unset bool // it is one of Overrides.Unset
	Path  string
	Err   error
}

func (e *OverrideError) Error() string { return e.Err.Error() }

func (e *OverrideError) Unwrap() error { return e.Err }

// Apply returns a copy of body with the changes. A change that does not fit the
// body is left out, and the others are made all the same: an event without a
// meeting object keeps its form when the user sets the meeting's id. The error
// joins an *OverrideError for each that is left out; who wants all or nothing
// refuses on it.
func (o Overrides) Apply(body []byte) ([]byte, error) {
	var misfits []error
	for _, a := range o.Set {
		changed, err := Set(body, a.Path, a.Value)
		if err != nil {
			misfits = append(misfits, &OverrideError{Path: a.Path, Err: err})
			continue
		}
		body = changed
	}
	for _, path := range o.Unset {
		changed, err := Unset(body, path)
		if err != nil {
			misfits = append(misfits, &OverrideError{Unset: true, Path: path, Err: err})
			continue
		}
		body = changed
	}
	return body, errors.Join(misfits...)
}

// UnmarshalJSON reads an object, and keeps the order of its members. A map would
// lose it, and the order decides where new members stand in a body.
func (a *Assignments) UnmarshalJSON(data []byte) error {
	if string(data) == "null" { // by convention it changes nothing
		return nil
	}
	if !json.Valid(data) || data[0] != '{' {
		return fmt.Errorf("%w: the values to set, want an object", ErrJSON)
	}
	*a = Assignments{}
	for _, member := range itemsAt(data, 0) {
		*a = append(*a, Assignment{member.name, bytes.Clone(data[member.start:member.end])})
	}
	return nil
}

// These functions find where values begin and end. They work on JSON that
// json.Valid has accepted, so they need not look for errors.

// item is a member of an object or an element of an array.
type item struct {
	name       string // of a member
	from       int    // where its name or, in an array, its value begins
	start, end int    // of its value
}

// itemsAt returns the items of the object or array at body[at].
func itemsAt(body []byte, at int) []item {
	isArray := body[at] == '['
	var items []item
	i := skipSpace(body, at+1)
	for body[i] != '}' && body[i] != ']' {
		next := item{from: i}
		if !isArray {
			nameEnd := skipValue(body, i)
			next.name = unquote(body[i:nameEnd])
			i = skipSpace(body, nameEnd) // the colon
			i = skipSpace(body, i+1)
		}
		next.start, next.end = i, skipValue(body, i)
		items = append(items, next)
		i = skipSpace(body, next.end)
		if body[i] == ',' {
			i = skipSpace(body, i+1)
		}
	}
	return items
}

func skipSpace(body []byte, i int) int {
	for i < len(body) && (body[i] == ' ' || body[i] == '\t' || body[i] == '\n' || body[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns where the value that begins at body[i] ends. It counts
// brackets and does not call itself, so that deep bodies cannot exhaust the stack.
func skipValue(body []byte, i int) int {
	switch body[i] {
	case '"':
		return skipString(body, i)
	case '{', '[':
	default:
		for i < len(body) && bytes.IndexByte([]byte(" \t\n\r,:]}"), body[i]) < 0 {
			i++
		}
		return i
	}
	for depth := 0; ; {
		switch body[i] {
		case '"':
			i = skipString(body, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
		if depth == 0 {
			return i
		}
	}
}

func skipString(body []byte, i int) int {
	for i++; body[i] != '"'; i++ {
		if body[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// unquote returns what a JSON string says.
func unquote(quoted []byte) string {
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(bytes.ToValidUTF8(inner, []byte("\uFFFD")))
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return string(quoted) // unreachable: json.Valid has accepted it
	}
	return s
}
