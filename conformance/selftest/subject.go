package selftest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// ErrUnknownSubject is wrapped by the error of Find.
var ErrUnknownSubject = errors.New("selftest: unknown receiver")

// Kind says what the verdict on a receiver has to be.
type Kind string

const (
	Reference  Kind = "reference"  // conformant, and no check reports anything
	Flawed     Kind = "flawed"     // caught by the checks that it lists
	Twin       Kind = "twin"       // looks flawed and is not: conformant
	Degenerate Kind = "degenerate" // not a receiver: never conformant
)

// Subject is a receiver to judge, with what is known of it.
type Subject struct {
	receivers.Flaw
	Kind Kind
}

// Expects reports whether the check with this id has to catch it.
func (s Subject) Expects(id string) bool { return slices.Contains(s.CaughtBy, id) }

// Allows reports whether the check with this id may report something.
func (s Subject) Allows(id string) bool {
	return s.Kind == Degenerate || s.Expects(id) || slices.Contains(s.MayReport, id)
}

// Subjects returns all that are judged: the reference receiver, the flawed ones
// in the order of the check catalogue, the twins, and the degenerate ones. The
// caller owns the slice.
func Subjects() []Subject {
	out := []Subject{{
		Flaw: receivers.Flaw{Name: "reference", Doc: "Does what the guide asks for."},
		Kind: Reference,
	}}
	for _, f := range receivers.Flaws() {
		out = append(out, Subject{f, Flawed})
	}
	for _, f := range receivers.Benign() {
		out = append(out, Subject{f, Twin})
	}
	for _, f := range receivers.Degenerate() {
		out = append(out, Subject{f, Degenerate})
	}
	return out
}

// Find returns the subject with the name. The error matches ErrUnknownSubject.
func Find(name string) (Subject, error) {
	all := Subjects()
	i := slices.IndexFunc(all, func(s Subject) bool { return s.Name == name })
	if i < 0 {
		return Subject{}, fmt.Errorf("%w %q", ErrUnknownSubject, name)
	}
	return all[i], nil
}
