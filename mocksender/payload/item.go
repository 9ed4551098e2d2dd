package payload

import (
	"bytes"
	"encoding/json"
)

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
