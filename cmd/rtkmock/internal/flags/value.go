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

// Var adds a flag of any type. kind is how help texts call its value.
func Var[T any](fs *pflag.FlagSet, dst *T, name, kind, usage string, parse func(string) (T, error)) {
	fs.Var(&value[T]{dst, kind, parse, show[T]}, name, usage)
}

// Secret is Var for a value that no help text shows.
func Secret(fs *pflag.FlagSet, dst *string, name, kind, usage string, parse func(string) (string, error)) {
	fs.Var(&value[string]{dst, kind, parse, func(string) string { return "" }}, name, usage)
}

type value[T any] struct {
	dst   *T
	kind  string
	parse func(string) (T, error)
	show  func(T) string // as help texts show it
}

func (v *value[T]) Set(s string) error {
	parsed, err := v.parse(s)
	if err == nil {
		*v.dst = parsed
	}
	return err
}

func (v *value[T]) String() string {
	if v.dst == nil {
		return ""
	}
	return v.show(*v.dst)
}

func (v *value[T]) Type() string { return v.kind }

// show writes a value, and nothing for one that was not given.
func show[T any](v T) string {
	if reflect.ValueOf(v).IsZero() {
		return ""
	}
	return fmt.Sprint(v)
}

// List adds a flag that may be repeated. The first value that is given replaces
// the default.
func List[T any](fs *pflag.FlagSet, dst *[]T, name, kind, usage string, parse func(string) (T, error)) {
	fs.Var(&list[T]{dst: dst, kind: kind, parse: parse}, name, usage)
}

// CommaList is List with values that may hold several, separated by commas.
func CommaList[T any](fs *pflag.FlagSet, dst *[]T, name, kind, usage string, parse func(string) (T, error)) {
	fs.Var(&list[T]{dst: dst, kind: kind, parse: parse, commas: true}, name, usage)
}

type list[T any] struct {
	dst    *[]T
	kind   string
	parse  func(string) (T, error)
	commas bool
	given  bool
}

func (l *list[T]) Set(s string) error {
	parts := []string{s}
	if l.commas {
		parts = nil
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.TrimSpace(part); part != "" {
				parts = append(parts, part)
			}
		}
	}
	if len(parts) == 0 {
		return errors.New("found nothing in it")
	}
	var parsed []T
	for _, part := range parts {
		v, err := l.parse(part)
		if err != nil {
			return err
		}
		parsed = append(parsed, v)
	}
	if !l.given {
		*l.dst, l.given = nil, true
	}
	*l.dst = append(*l.dst, parsed...)
	return nil
}

func (l *list[T]) String() string { return "" }
func (l *list[T]) Type() string   { return l.kind }

// IsList reports whether a flag takes several values.
func IsList(f *pflag.Flag) bool {
	_, ok := f.Value.(interface{ IsList() })
	return ok
}

// IsList marks the flags that take several values.
func (l *list[T]) IsList() {}

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
