package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/schemas"
	"github.com/rtkmock/rtkmock/schemas/suggest"
)

var (
	// ErrUnknown is wrapped by the errors of Load and Source about a name that
	// the library does not have.
	ErrUnknown = errors.New("scenarios: unknown scenario")
	// ErrScript is matched by every *Error: something is wrong with a script.
	ErrScript = errors.New("scenarios: unusable script")
)

// maxProblems is how many problems an Error holds.
const maxProblems = 20

// Problem is one thing that is wrong with a script.
type Problem struct {
	// Step is the step's number: "3", or "3.1" for the first step inside the
	// third. It is empty if the problem is outside of the steps.
	Step string
	// Field is the member that is wrong: "emit", "faults[1].before". It is empty
	// if the step or the script as a whole is wrong.
	Field string
	// Found is what is there, in short.
	Found string
	// Want is a phrase for what would be right.
	Want string
	// Hint is the known word, in quotes, that a misspelt one most likely means,
	// or empty.
	Hint string
}

// String returns the problem in one line: "step 3: emit: found …, want …; did
// you mean …?".
func (p Problem) String() string {
	var b strings.Builder
	if p.Step != "" {
		b.WriteString("step " + p.Step + ": ")
	}
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString("found " + p.Found)
	if p.Want != "" {
		b.WriteString(", want " + p.Want)
	}
	if p.Hint != "" {
		b.WriteString("; did you mean " + p.Hint + "?")
	}
	return b.String()
}

// Error returns String, so that a problem can travel as an error.
func (p *Problem) Error() string { return p.String() }

// Error says what is wrong with a script. It matches ErrScript.
type Error struct {
	// File is the name that Parse was given.
	File string
	// Problems are the problems in the order of the steps, at least one and at
	// most 20.
	Problems []Problem
	// Omitted is how many more there were.
	Omitted int
}

// Error returns one line for each problem. The first says enough by itself.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Problems)+1)
	for _, p := range e.Problems {
		lines = append(lines, e.File+": "+p.String())
	}
	if e.Omitted > 0 {
		lines = append(lines, fmt.Sprintf("%s: and %d more", e.File, e.Omitted))
	}
	return "scenarios: " + strings.Join(lines, "\n")
}

// Is reports whether target is ErrScript.
func (e *Error) Is(target error) bool { return target == ErrScript }

// problems collects.
type problems struct {
	all     []Problem
	omitted int
}

func (ps *problems) add(p Problem) {
	if len(ps.all) == maxProblems {
		ps.omitted++
		return
	}
	ps.all = append(ps.all, p)
}

// err returns what was collected as an *Error, or nil.
func (ps *problems) err(file string) error {
	if len(ps.all) == 0 {
		return nil
	}
	return &Error{File: file, Problems: ps.all, Omitted: ps.omitted}
}

// locate gives a problem its step and its field, as far as it has none.
func locate(err error, step, field string) error {
	var p *Problem
	if !errors.As(err, &p) {
		return err
	}
	located := *p
	located.Step, located.Field = cmp.Or(p.Step, step), cmp.Or(p.Field, field)
	return &located
}

// hint returns the candidate that a misspelt word most likely means, in quotes,
// or "".
func hint(word string, candidates []string) string {
	if near := suggest.Nearest(word, candidates); near != "" && near != word {
		return schemas.Quote(near)
	}
	return ""
}
