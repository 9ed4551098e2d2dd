package receivers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

var errMoreFollows = errors.New("more follows after the JSON value")

// token is one step through a JSON text.
type token struct {
	token json.Token
	// index counts, within the innermost object or array, the values and
	// member names before this one. It is 0 for what closes one.
	index int
	depth int  // of nesting, outside of what this opens or closes
	name  bool // it is the name of a member
	value bool // it is the value of a member
}

// walkJSON calls f for every token of a JSON text, in order.
func walkJSON(body []byte, f func(token) error) error {
	type level struct {
		object bool
		count  int
	}
	levels := []level{{}}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	for {
		raw, err := dec.Token()
		if errors.Is(err, io.EOF) && len(levels) == 1 && levels[0].count == 1 {
			return nil
		}
		if err != nil {
			return err
		}
		delim, _ := raw.(json.Delim)
		if delim == '}' || delim == ']' {
			levels = levels[:len(levels)-1]
			if err := f(token{token: raw, depth: len(levels) - 1}); err != nil {
				return err
			}
			continue
		}
		top := &levels[len(levels)-1]
		t := token{token: raw, index: top.count, depth: len(levels) - 1}
		t.name = top.object && top.count%2 == 0
		t.value = top.object && !t.name
		if top.count++; len(levels) == 1 && top.count > 1 {
			return errMoreFollows
		}
		if err := f(t); err != nil {
			return err
		}
		if delim == '{' || delim == '[' {
			levels = append(levels, level{object: delim == '{'})
		}
	}
}

// nesting returns how deep a JSON text is nested, as far as it is JSON.
func nesting(body []byte) int {
	deepest := 0
	_ = walkJSON(body, func(t token) error { // what is no JSON ends it
		deepest = max(deepest, t.depth)
		return nil
	})
	return deepest
}

// repeatsMember reports whether an object in a JSON text has a member twice.
func repeatsMember(body []byte) bool {
	var seen []map[string]bool
	repeated := false
	_ = walkJSON(body, func(t token) error { // what is no JSON ends it
		if !t.name {
			return nil
		}
		for len(seen) <= t.depth {
			seen = append(seen, nil)
		}
		if t.index == 0 {
			seen[t.depth] = map[string]bool{}
		}
		name, _ := t.token.(string)
		repeated = repeated || seen[t.depth][name]
		seen[t.depth][name] = true
		return nil
	})
	return repeated
}
