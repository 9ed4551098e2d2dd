package flags

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
)

// String adds a flag that takes any text but an empty one.
func String(fs *pflag.FlagSet, dst *string, name, kind, usage string) {
	Var(fs, dst, name, kind, usage, func(s string) (string, error) {
		if s == "" {
			return "", Empty(kind)
		}
		return s, nil
	})
}

// File is String for the name of a file; the endings are those completed.
func File(cmd *cobra.Command, dst *string, name, kind, usage string, endings ...string) {
	String(cmd.Flags(), dst, name, kind, usage)
	Complete(cmd, name, CompleteFiles(endings...))
}

// Key adds --key, the file of a private key.
func Key(cmd *cobra.Command, dst *string, usage string) {
	File(cmd, dst, "key", "FILE", usage, "pem", "key")
}

// Text reads text in UTF-8.
func Text(s string) (string, error) {
	if s == "" || !utf8.ValidString(s) {
		return "", Found(s, "text in UTF-8")
	}
	return s, nil
}

// HeaderValue reads the value of a header field.
func HeaderValue(s string) (string, error) {
	if s == "" || strings.ContainsAny(s, "\r\n\x00") {
		return "", Found(s, "text without line breaks")
	}
	return s, nil
}

// Choice adds a flag that takes one of a few words, def by default.
func Choice[T ~string](cmd *cobra.Command, dst *T, name string, def T, choices []T, usage string) {
	*dst = def
	words := wording.Words(choices)
	Var(cmd.Flags(), dst, name, strings.Join(words, "|"), usage, OneOf(choices...))
	Complete(cmd, name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// OneOf reads one of a few words.
func OneOf[T ~string](choices ...T) func(string) (T, error) {
	return func(s string) (T, error) {
		if slices.Contains(choices, T(s)) {
			return T(s), nil
		}
		words := wording.Words(choices)
		return "", Found(s, "%s%s", wording.OrList(words), wording.DidYouMean(s, words))
	}
}

// Output adds --output.
func Output(cmd *cobra.Command, dst *terminal.Form, usage string) {
	Choice(cmd, dst, "output", terminal.FormText, []terminal.Form{terminal.FormText, terminal.FormJSON}, usage)
}

// Progress adds --progress.
func Progress(cmd *cobra.Command, dst *string) {
	Choice(cmd, dst, "progress", terminal.ProgressAuto, []string{terminal.ProgressAuto, terminal.ProgressPlain, terminal.ProgressNone}, "a bar on a terminal and lines elsewhere (auto), lines, or nothing")
}

// Duration adds a flag that takes a positive duration.
func Duration(fs *pflag.FlagSet, dst *time.Duration, name string, def time.Duration, usage string) {
	*dst = def
	Var(fs, dst, name, "DURATION", usage, func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return 0, Found(s, "a duration above zero, such as 3s or 500ms")
		}
		return d, nil
	})
}

// Count adds a flag that takes a whole number from lowest to highest.
func Count(fs *pflag.FlagSet, dst *int, name string, def, lowest, highest int, usage string) {
	*dst = def
	Var(fs, dst, name, "N", usage, func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < lowest || n > highest {
			return 0, Found(s, "a whole number from %d to %d", lowest, highest)
		}
		return n, nil
	})
}

// highestFactor is what only a slip of the finger would exceed.
const highestFactor = 1e6

// Factor adds a flag that takes a factor of time, whose default is what dst holds.
// Help texts show it even if it is 0.
func Factor(fs *pflag.FlagSet, dst *float64, name, usage string) {
	Var(fs, dst, name, "N", usage, func(s string) (float64, error) {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n >= 0 && n <= highestFactor) {
			return 0, Found(s, "a factor such as 1 or 60, or 0")
		}
		return n, nil
	})
	fs.Lookup(name).DefValue = fmt.Sprint(*dst)
}

// Seed adds --seed. Without it, dst gets a random one that is short enough to
// type.
func Seed(fs *pflag.FlagSet, dst *uint64, usage string) {
	Var(fs, dst, "seed", "N", usage, func(s string) (uint64, error) {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return 0, Found(s, "a whole number from 0 to %d", uint64(math.MaxUint64))
		}
		return n, nil
	})
	*dst = uint64(rand.Uint32())
}

// latestStart leaves room for a meeting, and for links that expire after it,
// before years need five digits.
const latestStart = 9998

// Start adds --start, which takes a point in time.
func Start(fs *pflag.FlagSet, dst *time.Time, usage string) {
	Var(fs, dst, "start", "TIME", usage, func(s string) (time.Time, error) {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return time.Time{}, Found(s, "a time such as 2026-06-03T10:00:00Z")
		}
		if y := t.UTC().Year(); y < 1 || y > latestStart {
			return time.Time{}, Found(s, "a year from 1 to %d", latestStart)
		}
		return t, nil
	})
}

// Concurrency adds --concurrency.
func Concurrency(fs *pflag.FlagSet, dst *int, usage string) {
	const highest = 4096 // only a slip of the finger would exceed it
	Count(fs, dst, "concurrency", 0, 1, highest, usage)
}
