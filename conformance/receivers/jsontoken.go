package receivers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

var errMoreFollows = errors.New("more follows after the JSON value")

// jsonToken is one step through a JSON text.
type jsonToken struct {
	json.Token
	// index counts the values and member names before this one, within the
	// innermost object or array. It is 0 for a closing bracket.
	index int
	depth int  // of nesting, outside of what this opens or closes
	name  bool // it is the name of a member
	value bool // it is the value of a member
}

// walkJSON calls f for every token of a JSON text, in order.
func walkJSON(body []byte, f func(jsonToken) error) error {
	type level struct {
		object bool
		count  int
	}
	levels := []level{{}}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && len(levels) == 1 && levels[0].count == 1 {
			return nil
		}
		if err != nil {
			return err
		}
		delim, _ := token.(json.Delim)
		if delim == '}' || delim == ']' {
			levels = levels[:len(levels)-1]
			if err := f(jsonToken{Token: token, depth: len(levels) - 1}); err != nil {
				return err
			}
			continue
		}
		top := &levels[len(levels)-1]
		t := jsonToken{Token: token, index: top.count, depth: len(levels) - 1}
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
	_ = walkJSON(body, func(t jsonToken) error { // an error ends the text
		deepest = max(deepest, t.depth)
		return nil
	})
	return deepest
}

// repeatsMember reports whether an object in a JSON text has a member twice.
func repeatsMember(body []byte) bool {
	var seen []map[json.Token]bool // names, by depth
	repeated := false
	_ = walkJSON(body, func(t jsonToken) error { // an error ends the text
		if !t.name {
			return nil
		}
		for len(seen) <= t.depth {
			seen = append(seen, nil)
		}
		if t.index == 0 {
			seen[t.depth] = map[json.Token]bool{}
		}
		repeated = repeated || seen[t.depth][t.Token]
		seen[t.depth][t.Token] = true
		return nil
	})
	return repeated
}

// reserialise writes JSON as JavaScript would: compact, the members in their
// order, and no escapes but the necessary ones.
func reserialise(body []byte) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := walkJSON(body, func(t jsonToken) error {
		switch {
		case t.index > 0 && t.value:
			out.WriteByte(':')
		case t.index > 0:
			out.WriteByte(',')
		}
		if delim, ok := t.Token.(json.Delim); ok {
			out.WriteString(delim.String())
			return nil
		}
		if err := enc.Encode(t.Token); err != nil {
			return err
		}
		out.Truncate(out.Len() - 1) // the encoder's line break
		return nil
	})
	return out.Bytes(), err
}
