package schemas

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknownSchema is wrapped when there is no schema of the name given.
	ErrUnknownSchema = errors.New("schemas: unknown schema")
	// ErrNotJSON is matched by an *Error about a body that is not one JSON
	// value that every reader reads alike.
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
}

// String returns "PATH: found FOUND, want WANT".
func (p Problem) String() string { return p.Path + ": found " + p.Found + ", want " + p.Want }

// Error says how a body falls short of a schema, or of the order of times.
type Error struct {
	// Schema is the name of the schema; empty while none has been chosen.
	Schema string
	// Problems are the problems, at least one and at most 100: first that of a
	// wrong event, then the others by path, or by rule for an order of times.
	Problems []Problem
	// Omitted is how many more there were.
	Omitted int

	kind error // ErrNotJSON, ErrUnknownEvent or nil
}

// Error returns the first problem in one line, and how many there are besides.
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

// forSchema names the schema in an error of decode.
func forSchema(err error, name string) error {
	var e *Error
	if errors.As(err, &e) {
		e.Schema = name
	}
	return err
}
