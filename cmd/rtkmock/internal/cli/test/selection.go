package test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

// selection is what --only, --skip, --min-level, --rerun-failed and --shard ask
// for, in that order.
type selection struct {
	only, skip  []string
	minLevel    string
	profile     string
	rerunFailed string
	shard       shard
}

func (s *selection) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.CommaList(fs, &s.only, "only", "PATTERN,...", "judge only these checks, such as sig/* or rsp/latency, or those that the lines of a file name (@FILE); gates always come along", flags.Text)
	flags.CommaList(fs, &s.skip, "skip", "PATTERN,...", "leave these checks out; as --only", flags.Text)
	patterns := func() []string { return append(groups(checks.All()), ids(checks.All())...) }
	flags.Complete(cmd, "only", flags.CompleteList(patterns))
	flags.Complete(cmd, "skip", flags.CompleteList(patterns))
	flags.Choice(cmd, &s.minLevel, "min-level", "may", []string{"may", "should", "must"}, "judge only checks of this level and above")
	flags.Choice(cmd, &s.profile, "profile", profileDefault, []string{profileDefault, profileProduction}, "what the receiver is configured for; production: the real service, so that it has to refuse all that rtkmock sends")
	flags.String(fs, &s.rerunFailed, "rerun-failed", "REPORT.json", "judge only what failed, or stayed open, in this report; --seed and --start, which it names, send the same again")
	flags.Var(fs, &s.shard, "shard", "N/PARTS", "judge one part of the checks, such as 1/3; \"report merge\" puts the reports of all parts together", parseShard)
}

// groups are the patterns of all groups of checks.
func groups(all []*conformance.Check) []string {
	return slices.Compact(wording.Names(all, func(c *conformance.Check) string { return c.ID.Group() + "/*" }))
}

func ids(all []*conformance.Check) []string {
	return wording.Names(all, func(c *conformance.Check) string { return string(c.ID) })
}

// maxSelection bounds what is read of a file of patterns.
const maxSelection = 1 << 20

// What a receiver is configured for.
const (
	profileDefault    = "default"
	profileProduction = "production"
)

// pick returns the checks of a run. Gates come along with whatever is selected,
// unless they are skipped by name: all other verdicts rest on them.
func (s *selection) pick(ctx context.Context, a *app.App, all []*conformance.Check) ([]*conformance.Check, error) {
	only, err := patterns(a, "only", s.only, all)
	if err != nil {
		return nil, err
	}
	skip, err := patterns(a, "skip", s.skip, all)
	if err != nil {
		return nil, err
	}
	level, err := conformance.ParseLevel(s.minLevel)
	if err != nil {
		return nil, a.BadFlag("min-level", "%s", exit.Plain(err))
	}
	var picked []*conformance.Check
	chosen := 0
	for _, c := range all {
		skipped := matchesAny(skip, c.ID)
		if s.profile == profileProduction && !c.Production {
			continue
		}
		wanted := !skipped && c.Level >= level && (len(only) == 0 || matchesAny(only, c.ID))
		// A gate is chosen by its name alone, never by what --only leaves out.
		if wanted && (c.Level != conformance.Gate || len(only) > 0) {
			chosen++
		}
		if wanted || c.Level == conformance.Gate && !skipped {
			picked = append(picked, c)
		}
	}
	if chosen == 0 {
		return nil, exit.Errorf(exit.Nothing, "test: no check is left by --only, --skip, --min-level and --profile")
	}
	if picked, err = s.rerun(ctx, a, picked); err != nil {
		return nil, err
	}
	return s.shard.split(a, picked)
}

func matchesAny(patterns []conformance.Pattern, id conformance.ID) bool {
	return slices.ContainsFunc(patterns, func(p conformance.Pattern) bool { return p.Matches(id) })
}

// patterns reads the values of a flag that selects checks. One that begins
// with @ names a file with a pattern on each line.
func patterns(a *app.App, flag string, values []string, all []*conformance.Check) ([]conformance.Pattern, error) {
	var out []conformance.Pattern
	for _, value := range values {
		path, isFile := strings.CutPrefix(value, "@")
		lines := []fileLine{{text: value}}
		if isFile {
			var err error
			if lines, err = readLines(path); err != nil {
				return nil, a.BadFlag(flag, "%w", err)
			}
		}
		for _, l := range lines {
			p, err := checkPattern(l.text, all)
			if err != nil && isFile {
				err = fmt.Errorf("%s:%d: %w", path, l.n, err)
			}
			if err != nil {
				return nil, a.BadFlag(flag, "%w", err)
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// fileLine is a line of a file that is not blank.
type fileLine struct {
	n    int
	text string
}

// readLines returns the lines of a list that is written by hand. A # that begins a
// line, or follows a space, begins a comment. An error names the file.
func readLines(path string) ([]fileLine, error) {
	data, err := files.Read(path, maxSelection)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", path, files.Problem(err))
	}
	var out []fileLine
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		n++
		line = strings.ReplaceAll(line, "\t", " ")
		if i := strings.Index(" "+line, " #"); i >= 0 {
			line = line[:i]
		}
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, fileLine{n, line})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: found nothing in it, want one pattern a line, such as sig/*", path)
	}
	return out, nil
}

// checkPattern refuses a pattern that matches no check: it would silently select
// nothing.
func checkPattern(text string, all []*conformance.Check) (conformance.Pattern, error) {
	pattern, err := conformance.ParsePattern(text)
	if err != nil {
		return "", flags.Found(text, "a pattern such as sig/* or rsp/latency")
	}
	if slices.ContainsFunc(all, func(c *conformance.Check) bool { return pattern.Matches(c.ID) }) {
		return pattern, nil
	}
	return "", errors.New(noMatch(text, all))
}

// noMatch says that no check answers to a pattern, and suggests another one.
func noMatch(text string, all []*conformance.Check) string {
	hint := wording.DidYouMean(text, append(ids(all), groups(all)...))
	if g := text + "/*"; slices.Contains(groups(all), g) {
		hint = "; did you mean " + g + "?"
	}
	return fmt.Sprintf("no check matches %q%s", text, cmp.Or(hint, `; "rtkmock checks" lists them`))
}

// shard is what --shard asks for; the zero value is no shard.
type shard struct{ n, of int }

func (s shard) String() string {
	if s.of == 0 {
		return ""
	}
	return strconv.Itoa(s.n) + "/" + strconv.Itoa(s.of)
}

func parseShard(s string) (shard, error) {
	n, of, ok := strings.Cut(s, "/")
	out := shard{}
	var errs [2]error
	out.n, errs[0] = strconv.Atoi(n)
	out.of, errs[1] = strconv.Atoi(of)
	if !ok || errors.Join(errs[:]...) != nil || out.n < 1 || out.n > out.of {
		return shard{}, flags.Found(s, "part and parts, such as 1/3")
	}
	return out, nil
}

// split leaves one part of a selection.
func (s shard) split(a *app.App, checks []*conformance.Check) ([]*conformance.Check, error) {
	if s.of == 0 {
		return checks, nil
	}
	part, err := conformance.Split(checks, s.n, s.of)
	if err != nil {
		return nil, a.BadFlag("shard", "%s", exit.Plain(err))
	}
	return part, nil
}

// rerun narrows a selection to the checks that failed, or stayed open, in the
// report of --rerun-failed. If that run ended early, the checks that it did not
// come to are among them.
func (s *selection) rerun(ctx context.Context, a *app.App, checks []*conformance.Check) ([]*conformance.Check, error) {
	if s.rerunFailed == "" {
		return checks, nil
	}
	d, err := reports.Read(ctx, a, a.Origin("rerun-failed"), s.rerunFailed)
	if err != nil {
		return nil, err
	}
	again := map[conformance.ID]bool{}
	for _, c := range d.Checks {
		switch c.Status {
		case conformance.Fail, conformance.Warn, conformance.Inconclusive, conformance.Error:
			again[c.ID] = true
		case conformance.Skip:
			again[c.ID] = !d.Complete && !c.NotApplicable
		}
	}
	var out []*conformance.Check
	chosen := 0
	for _, c := range checks {
		if again[c.ID] {
			chosen++
		}
		if again[c.ID] || c.Level == conformance.Gate {
			out = append(out, c)
		}
	}
	if chosen == 0 {
		return nil, exit.Errorf(exit.Nothing, "test: no selected check failed, or stayed open, in %s", s.rerunFailed)
	}
	a.Notef("rerun    %d of %s of %s; --seed %d --start %s sends its deliveries again",
		chosen, terminal.Count(len(d.Checks), "check", "checks"), s.rerunFailed, d.Seed, d.Start.Format(time.RFC3339Nano))
	return out, nil
}
