package schemas

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknownSchema is wrapped when there is no schema of the name given.
	ErrUnknownSchema = errors.New("schemas: unknown schema")
	// ErrNotJSON is matched by an *Error about a body that is not JSON, or that
	// readers of JSON read differently.
	ErrNotJSON = errors.New("schemas: not JSON")
	// ErrUnknownEvent is matched by an *Error about a body that does not name
	// one of the nine events.
	ErrUnknownEvent = errors.New("schemas: unknown event")
)

// Problem is one thing that is wrong with a body.
type Problem struct {
	// Path leads to it from the body's root "$": $.meeting.organizedBy.id,
	// $.steps[0]. A name that is not a plain word is quoted: $["a b"].
	Path string
	// Found is what is there, in short: a JSON value cut to 60 characters,
	// "an object of 3 members", "an array of 2 items", or "nothing".
	Found string
	// Want is a phrase for what should be there instead.
	Want string
	// Hint is the member or the value, in quotes, that a misspelt one most
	// likely means, or empty.
	Hint string
}

// String returns "PATH: found FOUND, want WANT; did you mean HINT?".
func (p Problem) String() string {
	text := p.Path + ": found " + p.Found + ", want " + p.Want
	if p.Hint != "" {
		text += "; did you mean " + p.Hint + "?"
	}
	return text
}

// Error says why a body does not fit a schema, or how its times are out of
// order.
type Error struct {
	// Schema is the name of the schema; empty while none has been chosen.
	Schema string
	// Problems has at least one problem and at most 100. A wrong event comes
	// first, then the others by path. CheckTimes lists them by rule.
	Problems []Problem
	// Omitted is how many more there were.
	Omitted int

	kind error // ErrNotJSON, ErrUnknownEvent or nil
}

// Error returns the first problem in one line, and how many more there are.
func (e *Error) Error() string {
	prefix := "schemas: "
	if e.Schema != "" {
		prefix += e.Schema + ": "
	}
	if len(e.Problems) == 0 {
		return prefix + "invalid"
	}
	first := prefix + e.Problems[0].String()
	if more := len(e.Problems) - 1 + e.Omitted; more > 0 {
		return fmt.Sprintf("%s (and %d more)", first, more)
	}
	return first
}

// Unwrap returns ErrNotJSON, ErrUnknownEvent or nil.
func (e *Error) Unwrap() error { return e.kind }
