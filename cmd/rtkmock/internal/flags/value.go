// Package flags holds the kinds of flags that the verbs share: how their text is
// read, what an error about it says, how they are completed and explained. It
// knows nothing of what a verb does with them.
package flags

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Found is the error for a value that does not fit.
func Found(s, want string, args ...any) error {
	return fmt.Errorf("found %q, want %s", s, fmt.Sprintf(want, args...))
}

// Empty is the error for an empty value of this kind. Taken as one that was not
// given, it would do something else than what was meant.
func Empty(kind string) error {
	return fmt.Errorf("found an empty %s; is a variable unset?", strings.ReplaceAll(kind, "|", " or "))
}

// value is a flag of any kind. It implements pflag.Value.
type value struct {
	kind string // as help texts call it
	set  func(string) error
	text func() string // what it holds, as help texts show a default; "": nothing
	list bool          // it takes several values
}

func (v *value) Set(s string) error { return v.set(s) }
func (v *value) String() string     { return v.text() }
func (v *value) Type() string       { return v.kind }

// Var adds a flag of any type, whose default is what dst holds.
func Var[T any](fs *pflag.FlagSet, dst *T, name, kind, usage string, parse func(string) (T, error)) {
	set := func(s string) error {
		parsed, err := parse(s)
		if err == nil {
			*dst = parsed
		}
		return err
	}
	fs.Var(&value{kind: kind, set: set, text: func() string { return show(*dst) }}, name, usage)
}

// show writes a value, and nothing for one that was not given.
func show(v any) string {
	if reflect.ValueOf(v).IsZero() {
		return ""
	}
	if d, ok := v.(time.Duration); ok {
		return ShowDuration(d)
	}
	return fmt.Sprint(v)
}

// ShowDuration writes a duration as people do.
func ShowDuration(d time.Duration) string {
	if s, whole := strings.CutSuffix(d.String(), "m0s"); whole {
		return s + "m"
	}
	return d.String()
}

// Repeated adds a flag that may be repeated. Each value is given to add.
func Repeated(fs *pflag.FlagSet, name, kind, usage string, add func(string) error) {
	fs.Var(&value{kind: kind, set: add, text: func() string { return "" }, list: true}, name, usage)
}

// List adds a flag that may be repeated, and collects the values.
func List[T any](fs *pflag.FlagSet, dst *[]T, name, kind, usage string, parse func(string) (T, error)) {
	Repeated(fs, name, kind, usage, func(s string) error {
		parsed, err := parse(s)
		*dst = append(*dst, parsed)
		return err
	})
}

// CommaList is List with values that may hold several, separated by commas.
func CommaList[T any](fs *pflag.FlagSet, dst *[]T, name, kind, usage string, parse func(string) (T, error)) {
	Repeated(fs, name, kind, usage, func(s string) error {
		found := false
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			parsed, err := parse(part)
			if err != nil {
				return err
			}
			*dst, found = append(*dst, parsed), true
		}
		if !found {
			return errors.New("found nothing in it")
		}
		return nil
	})
}

// IsList reports whether a flag takes several values.
func IsList(f *pflag.Flag) bool {
	v, ok := f.Value.(*value)
	return ok && v.list
}

// Names returns the names of all flags in the sets.
func Names(sets ...*pflag.FlagSet) []string {
	var names []string
	for _, fs := range sets {
		fs.VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		})
	}
	return names
}

// Problem is what is wrong with a value that a flag refuses.
func Problem(f *pflag.Flag, text string, err error) error {
	if f.Value.Type() == "bool" {
		return Found(text, "true or false")
	}
	return err
}
