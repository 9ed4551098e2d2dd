package mutation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// bodyMutations separate the body from its signature. The guide: "Do not
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
			ID:    "body/reindent",
			Doc:   "The same JSON value, indented after it was signed: passes where the parsed JSON is written again to verify it.",
			Apply: reindent,
		},
		{
			ID:    "body/trailing-newline",
			Doc:   "A newline behind the body that was signed: passes where the body is trimmed or parsed before it is verified.",
			Apply: func(w *Wire) error { w.Body = append(w.Body, '\n'); return nil },
		},
		{
			ID:  "body/other-event",
			Doc: "A genuine signature that was made for another body: passes where the signature is not tied to the body.",
			// The other body is what the signature was made for; the one that
			// goes out stays.
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

func reindent(w *Wire) error {
	for _, indent := range []string{"  ", "\t"} {
		var out bytes.Buffer
		if err := json.Indent(&out, w.Body, "", indent); err != nil {
			return fmt.Errorf("the body is not JSON: %w", ErrNotApplicable)
		}
		if !bytes.Equal(out.Bytes(), w.Body) {
			w.Body = out.Bytes()
			return nil
		}
	}
	return fmt.Errorf("the body has nothing to indent: %w", ErrNotApplicable)
}

// jsonString finds the strings of a JSON text. Quotes occur nowhere else in it.
// The last group is there if the string is the name of a member.
var jsonString = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"((?:[^"\\]|\\.)*)"([ \t\r\n]*:)?`)
})

// letterOfText returns the offset of an ASCII letter in a string value of the
// JSON body: in free text if there is any, else in any value except the event's
// type. It returns -1 if there is none.
func letterOfText(body []byte) int {
	found, name := -1, ""
	for _, m := range jsonString().FindAllSubmatchIndex(body, -1) {
		start, end, isName := m[2], m[3], m[4] >= 0
		if isName {
			name = string(body[start:end])
			continue
		}
		at := letterIn(body, start, end)
		if at < 0 || name == "event" {
			continue
		}
		if isText(name) {
			return at
		}
		if found < 0 {
			found = at
		}
	}
	return found
}

// isText reports whether the member called name holds free text in the guide's
// samples. A receiver has no reason to refuse one text and take another, so a
// refusal comes from the signature.
func isText(name string) bool {
	return name == "title" || name == "userDisplayName" || name == "name"
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
