package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

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
