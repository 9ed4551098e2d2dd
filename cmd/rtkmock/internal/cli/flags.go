package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// value is a flag of any type: parse reads what the user wrote, show writes it
// in help texts.
type value[T any] struct {
	dst   *T
	kind  string
	parse func(string) (T, error)
	show  func(T) string
}

func (v *value[T]) Set(s string) error {
	parsed, err := v.parse(s)
	if err != nil {
		return err
	}
	*v.dst = parsed
	return nil
}

func (v *value[T]) String() string {
	if v.dst == nil {
		return ""
	}
	return v.show(*v.dst)
}

func (v *value[T]) Type() string { return v.kind }

// list is a flag that may be repeated. The first value given replaces the
// default. With commas, one value may hold several.
type list[T any] struct {
	dst    *[]T
	kind   string
	commas bool
	parse  func(string) (T, error)
	given  bool
}

func (l *list[T]) Set(s string) error {
	parts := []string{s}
	if l.commas {
		parts = strings.Split(s, ",")
	}
	var parsed []T
	for _, part := range parts {
		if l.commas {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
		}
		v, err := l.parse(part)
		if err != nil {
			return err
		}
		parsed = append(parsed, v)
	}
	if len(parsed) == 0 {
		return errors.New("found nothing in it")
	}
	if !l.given {
		*l.dst, l.given = nil, true
	}
	*l.dst = append(*l.dst, parsed...)
	return nil
}

func (l *list[T]) String() string { return "" }
func (l *list[T]) Type() string   { return l.kind }

// repeatable marks flags whose settings may hold several values, one a line.
func (l *list[T]) repeatable() {}

// found is the error for a value that does not fit.
func found(s, want string, args ...any) error {
	return fmt.Errorf("found %q, want %s", s, fmt.Sprintf(want, args...))
}

// emptyValue is the error for a value of this kind that is empty. Taken as one
// that was not given, it would have something else be done than what was meant.
func emptyValue(kind string) error {
	return &problem{"found an empty " + strings.ReplaceAll(kind, "|", " or ") + "; is a variable unset?"}
}

// stringFlag takes any text but an empty one.
func stringFlag(fs *pflag.FlagSet, dst *string, name, kind, usage string) {
	parse := func(s string) (string, error) {
		if s == "" {
			return "", emptyValue(kind)
		}
		return s, nil
	}
	fs.Var(&value[string]{dst, kind, parse, func(s string) string { return s }}, name, usage)
}

// choiceFlag takes one of a few words.
func choiceFlag(cmd *cobra.Command, dst *string, name, def string, choices []string, usage string) {
	*dst = def
	parse := func(s string) (string, error) {
		for _, c := range choices {
			if s == c {
				return s, nil
			}
		}
		return "", found(s, "%s%s", orList(choices), didYouMean(s, choices))
	}
	cmd.Flags().Var(&value[string]{dst, strings.Join(choices, "|"), parse, func(s string) string { return s }}, name, usage)
	complete(cmd, name, cobra.FixedCompletions(words(choices), cobra.ShellCompDirectiveNoFileComp))
}

// durationFlag takes a positive duration.
func durationFlag(fs *pflag.FlagSet, dst *time.Duration, name string, def time.Duration, usage string) {
	*dst = def
	parse := func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return 0, found(s, "a duration above zero, such as 3s or 500ms")
		}
		return d, nil
	}
	fs.Var(&value[time.Duration]{dst, "DURATION", parse, showDuration}, name, usage)
}

func showDuration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	s := d.String()
	s = strings.TrimSuffix(s, "m0s") + map[bool]string{true: "m"}[strings.HasSuffix(s, "m0s")]
	return s
}

// countFlag takes a whole number from lowest to highest.
func countFlag(fs *pflag.FlagSet, dst *int, name string, def, lowest, highest int, usage string) {
	*dst = def
	parse := func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < lowest || n > highest {
			return 0, found(s, "a whole number from %d to %d", lowest, highest)
		}
		return n, nil
	}
	show := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	fs.Var(&value[int]{dst, "N", parse, show}, name, usage)
}

// seedFlag takes a seed; nil stays what was not given.
func seedFlag(fs *pflag.FlagSet, dst **uint64, usage string) {
	parse := func(s string) (*uint64, error) {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return nil, found(s, "a whole number from 0 to %d", uint64(1<<64-1))
		}
		return &n, nil
	}
	show := func(n *uint64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatUint(*n, 10)
	}
	fs.Var(&value[*uint64]{dst, "N", parse, show}, "seed", usage)
}

// startFlag takes a point in time.
func startFlag(fs *pflag.FlagSet, dst *time.Time, usage string) {
	parse := func(s string) (time.Time, error) {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return time.Time{}, found(s, "a time such as 2026-06-03T10:00:00Z")
		}
		if y := t.UTC().Year(); y < 1 || y > maxStartYear {
			return time.Time{}, found(s, "a year from 1 to %d", maxStartYear)
		}
		return t, nil
	}
	show := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.RFC3339Nano)
	}
	fs.Var(&value[time.Time]{dst, "TIME", parse, show}, "start", usage)
}

// maxStartYear leaves room for a meeting, and for links that expire after it,
// before years need five digits.
const maxStartYear = 9998

// heading begins a part of the help text at the flag called first; it goes on
// to the next heading.
func heading(cmd *cobra.Command, text, first string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
		cmd.Flags().SortFlags = false
	}
	cmd.Annotations[annotationHeading+first] = text
}

// Annotations of commands and flags.
const (
	annotationHeading = "rtkmock_heading_" // of a command: the part of the help text that begins at a flag
	annotationNoLayer = "rtkmock_nolayer"  // of a flag: not to be set by environment or configuration
)

func annotate(f *pflag.Flag, key, text string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[key] = []string{text}
}

// complete registers the completion of a flag's value.
func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	// The only error is about a flag that does not exist or has a completion:
	// a mistake that a test over the whole tree finds.
	_ = cmd.RegisterFlagCompletionFunc(flag, f)
}

func words(list []string) []cobra.Completion { return append([]cobra.Completion(nil), list...) }

// orList joins words as "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
