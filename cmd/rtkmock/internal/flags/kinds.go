package flags

import (
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

// SigningKey adds a --key that signs, and is made if it is missing.
func SigningKey(cmd *cobra.Command, dst *string) {
	Key(cmd, dst, "sign with the private key in this file; without it, with a fresh key")
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

// Choice adds a flag that takes one of a few words.
func Choice(cmd *cobra.Command, dst *string, name, def string, choices []string, usage string) {
	*dst = def
	Var(cmd.Flags(), dst, name, strings.Join(choices, "|"), usage, OneOf(choices...))
	Complete(cmd, name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
}

// OneOf reads one of a few words.
func OneOf(choices ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if slices.Contains(choices, s) {
			return s, nil
		}
		return "", Found(s, "%s%s", wording.OrList(choices), wording.DidYouMean(s, choices))
	}
}

// Forms of a result: the values of --output.
const (
	OutputText = "text"
	OutputJSON = "json"
)

// Output adds --output.
func Output(cmd *cobra.Command, dst *string, usage string) {
	Choice(cmd, dst, "output", OutputText, []string{OutputText, OutputJSON}, usage)
}

// Progress adds --progress.
func Progress(cmd *cobra.Command, dst *string) {
	Choice(cmd, dst, "progress", terminal.ProgressAuto, []string{terminal.ProgressAuto, terminal.ProgressPlain, terminal.ProgressNone}, "a bar on a terminal and lines elsewhere (auto), lines, or nothing")
}

// Duration adds a flag that takes a positive duration.
func Duration(fs *pflag.FlagSet, dst *time.Duration, name string, def time.Duration, usage string) {
	*dst = def
	parse := func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return 0, Found(s, "a duration above zero, such as 3s or 500ms")
		}
		return d, nil
	}
	fs.Var(&value[time.Duration]{dst, "DURATION", parse, ShowDuration}, name, usage)
}

// ShowDuration writes a duration as people do, and nothing for none.
func ShowDuration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	if s, whole := strings.CutSuffix(d.String(), "m0s"); whole {
		return s + "m"
	}
	return d.String()
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

// Factor adds a flag that takes a factor of time.
func Factor(fs *pflag.FlagSet, dst *float64, name, usage string) {
	parse := func(s string) (float64, error) {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n >= 0 && n <= highestFactor) {
			return 0, Found(s, "a factor such as 1 or 60, or 0")
		}
		return n, nil
	}
	fs.Var(&value[float64]{dst, "N", parse, showNumber}, name, usage)
}

func showNumber(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }

// Seed adds --seed. A nil *dst stays what was not given: 0 is a seed like any
// other.
func Seed(fs *pflag.FlagSet, dst **uint64, usage string) {
	parse := func(s string) (*uint64, error) {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return nil, Found(s, "a whole number from 0 to %d", uint64(1<<64-1))
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

// latestStart leaves room for a meeting, and for links that expire after it,
// before years need five digits.
const latestStart = 9998

// Start adds --start, which takes a point in time.
func Start(fs *pflag.FlagSet, dst *time.Time, usage string) {
	parse := func(s string) (time.Time, error) {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return time.Time{}, Found(s, "a time such as 2026-06-03T10:00:00Z")
		}
		if y := t.UTC().Year(); y < 1 || y > latestStart {
			return time.Time{}, Found(s, "a year from 1 to %d", latestStart)
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

// Concurrency adds --concurrency.
func Concurrency(fs *pflag.FlagSet, dst *int, usage string) {
	const highest = 4096 // only a slip of the finger would exceed it
	Count(fs, dst, "concurrency", 0, 1, highest, usage)
}
