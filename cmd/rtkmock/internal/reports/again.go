package reports

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxAgain is how many checks the command names that judges again.
const maxAgain = 3

// Again returns the words of a command that shows all evidence of the checks that
// decided the run d. program and args are the words that the run was called with, without
// secrets. There are none where nothing is to be shown. It leaves the seed out: a receiver
// that remembers ids does nothing for those of before.
func Again(program, args []string, d *report.Document) []string {
	var ids []string
	for _, c := range d.WorstFirst() {
		judged := c.Violated() || c.Status == conformance.Inconclusive
		if judged && c.Known == nil && len(c.FollowsFrom) == 0 && len(c.Evidence) > 0 && len(ids) < maxAgain {
			ids = append(ids, string(c.ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	added := []string{"--only", strings.Join(ids, ","), "--verbose"}
	return ShellWords(without(program, args, selecting, added))
}

// Fewer returns the words of a command that judges the receiver of the run d without the
// events that it refused, while it took others. program and args are as for Again. There are
// none where it refused none for a cause of its own.
func Fewer(program, args []string, d *report.Document) []string {
	left := d.Target.Events
	for _, c := range d.Checks {
		if event, ok := strings.CutPrefix(string(c.ID), "evt/accept-"); ok && c.Status == conformance.Fail && c.Known == nil && len(c.FollowsFrom) == 0 {
			left = slices.DeleteFunc(slices.Clone(left), func(t rtk.EventType) bool { return string(t) == event })
		}
	}
	if len(left) == 0 || len(left) == len(d.Target.Events) {
		return nil
	}
	return ShellWords(With(program, args, "--events", strings.Join(wording.Words(left), ",")))
}

// With returns the words of a program that was called with args, with more flags. One
// that has a single value takes the place of itself.
func With(program, args []string, added ...string) []string {
	var once []string
	for _, word := range added {
		if name, isFlag := strings.CutPrefix(word, "--"); isFlag && !strings.HasSuffix(name, "-env") {
			once = append(once, word)
		}
	}
	return without(program, args, once, added)
}

// without returns the words of a command without some flags, and with others instead.
func without(program, args, flags, added []string) []string {
	words := slices.Clone(program)
	for i := 0; i < len(args); i++ {
		switch name, _, inOne := strings.Cut(args[i], "="); {
		case args[i] == "--":
			return slices.Concat(words, added, args[i:])
		case slices.Contains(flags, name):
			if !inOne {
				i++ // its value
			}
		case name != "--verbose" && name != "-v" || !slices.Contains(added, "--verbose"):
			words = append(words, args[i])
		}
	}
	return append(words, added...)
}

// selecting are the flags that say what a run judges, and where it reports that.
var selecting = []string{"--only", "--skip", "--min-level", "--rerun-failed", "--shard", "--known-failing", "--seed", "--start", "--report", "--output"}

// ShellWords quotes the words that a shell would not take as they are.
func ShellWords(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = ShellWord(w)
	}
	return out
}

var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// ShellWord quotes a word that a shell would not take as it is.
func ShellWord(w string) string {
	if plainWord.MatchString(w) {
		return w
	}
	return terminal.ShellQuote(w)
}
