package mutation

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// bodyMutations part the body from its signature. The guide: "Do not
// reserialize parsed JSON before verification because changes in whitespace or
// key order can change the signed bytes."
func bodyMutations(other []byte) []Mutation {
	return []Mutation{
		{
			ID:  "body/flip-byte",
			Doc: "One letter of a name or title is another one than was signed; the JSON stays valid and the event's ids, times and type stay as they were.",
			Apply: func(w *Wire) error {
				at := letterOfText(w.Body)
				if at < 0 {
					return fmt.Errorf("the body has no text to change a letter of: %w", ErrNotApplicable)
				}
				w.Body[at] = nextLetter(w.Body[at])
				return nil
			},
		},
		{
			ID:  "body/reindent",
			Doc: "The same JSON value, indented after it was signed: passes where the parsed JSON is written anew to verify it.",
			Apply: func(w *Wire) error {
				var out bytes.Buffer
				if err := json.Indent(&out, w.Body, "", "  "); err != nil {
					return fmt.Errorf("the body is not JSON: %w", ErrNotApplicable)
				}
				if bytes.Equal(out.Bytes(), w.Body) {
					out.Reset()
					_ = json.Indent(&out, w.Body, "", "\t") // it went well just now
				}
				if bytes.Equal(out.Bytes(), w.Body) {
					return fmt.Errorf("the body has nothing to indent: %w", ErrNotApplicable)
				}
				w.Body = out.Bytes()
				return nil
			},
		},
		{
			ID:  "body/trailing-newline",
			Doc: "A newline behind the body that was signed: passes where the body is trimmed or parsed before it is verified.",
			Apply: func(w *Wire) error {
				w.Body = append(w.Body, '\n')
				return nil
			},
		},
		{
			ID:  "body/other-event",
			Doc: "A genuine signature that was made for another body: passes where the signature is not tied to the body.",
			// The other body is what it was made for; the one that goes out stays.
			Changes: PartSignature,
			Apply: func(w *Wire) error {
				if bytes.Equal(other, w.Body) {
					return fmt.Errorf("the other body is the same: %w", ErrNotApplicable)
				}
				signature, err := rtk.Sign(w.Key, other)
				if err != nil {
					return err
				}
				w.SetSignature(signature)
				return nil
			},
		},
	}
}

// isText reports whether the member called name holds free text in the guide's
// samples. A receiver has no reason to refuse one text and take another, so a
// refusal is owed to the signature.
func isText(name string) bool {
	switch name {
	case "title", "userDisplayName", "name":
		return true
	}
	return false
}

// letterOfText returns the offset of an ASCII letter in a string value of the
// JSON body: in free text if there is any, else in any value but the event's
// type. It returns -1 if there is none.
func letterOfText(body []byte) int {
	found := -1
	for _, m := range stringMembers(body) {
		at := letterIn(body, m.start, m.end)
		if at < 0 || m.name == "event" {
			continue
		}
		if isText(m.name) {
			return at
		}
		if found < 0 {
			found = at
		}
	}
	return found
}

// member is a string value in a JSON text: the name it is under ("" in an
// array) and the offsets of what stands between its quotes.
type member struct {
	name       string
	start, end int
}

// stringMembers returns the string values of a JSON text in order, as far as
// it is JSON.
func stringMembers(body []byte) []member {
	var (
		found   []member
		objects []bool // for each level: whether it is an object
		name    string
		value   = true // the next token is a value, not a name
	)
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err != nil {
			return found
		}
		end := int(dec.InputOffset())
		inObject := len(objects) > 0 && objects[len(objects)-1]
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				objects = append(objects, token == '{')
			} else {
				objects = objects[:len(objects)-1]
			}
			name, value = "", len(objects) == 0 || !objects[len(objects)-1]
			continue
		case string:
			if !value {
				name, value = token, true
				continue
			}
			found = append(found, member{name, openingQuote(body, end-1) + 1, end - 1})
		}
		name, value = "", !inObject
	}
}

// openingQuote returns the offset of the quote that opens the JSON string
// which closes at offset end.
func openingQuote(body []byte, end int) int {
	for at := end - 1; at >= 0; at-- {
		if body[at] != '"' {
			continue
		}
		escapes := 0
		for at-escapes > 0 && body[at-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return at
		}
	}
	return 0
}

// letterIn returns the offset of the last ASCII letter of a JSON string that
// is not part of an escape, or -1.
func letterIn(body []byte, start, end int) int {
	found := -1
	for at := start; at < end; at++ {
		c := body[at]
		switch {
		case c == '\\' && body[at+1] == 'u':
			at += 5
		case c == '\\':
			at++
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			found = at
		}
	}
	return found
}

func nextLetter(c byte) byte {
	if c == 'z' || c == 'Z' {
		return c - 25
	}
	return c + 1
}
