package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance"
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
	fs.Var(&list[string]{dst: &s.only, kind: "PATTERN,...", commas: true, parse: parseText}, "only", "judge only these checks, such as sig/* or rsp/latency, or those that the lines of a file name (@FILE); gates always come along")
	fs.Var(&list[string]{dst: &s.skip, kind: "PATTERN,...", commas: true, parse: parseText}, "skip", "leave these checks out; as --only")
	complete(cmd, "only", completeList(checkPatterns))
	complete(cmd, "skip", completeList(checkPatterns))
	choiceFlag(cmd, &s.minLevel, "min-level", "may", []string{"may", "should", "must"}, "judge only checks of this level and above")
	choiceFlag(cmd, &s.profile, "profile", profileDefault, []string{profileDefault, profileProduction}, "what the receiver is configured for; production: the real service, so that it has to refuse all that rtkmock sends")
	stringFlag(fs, &s.rerunFailed, "rerun-failed", "REPORT.json", "judge only what fell short, or stayed open, in this report; --seed and --start, which it names, send the same again")
	fs.Var(&value[shard]{&s.shard, "N/PARTS", parseShard, shard.String}, "shard", "judge one part of the checks, such as 1/3; \"report merge\" puts the reports of all parts together")
}

// maxSelection bounds what is read of a file of patterns.
const maxSelection = 1 << 20

// What a receiver is configured for.
const (
	profileDefault    = "default"
	profileProduction = "production"
)

// pick returns the checks that a run is made of. Gates come along with
// whatever is selected, unless they are skipped by name: all other verdicts
// rest on them.
func (a *app) pick(all []*conformance.Check, s selection) ([]*conformance.Check, error) {
	only, err := a.patterns("only", s.only, all)
	if err != nil {
		return nil, err
	}
	skip, err := a.patterns("skip", s.skip, all)
	if err != nil {
		return nil, err
	}
	level, err := conformance.ParseLevel(s.minLevel)
	if err != nil {
		return nil, a.bad("min-level", "%s", plain(err))
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
		return nil, &exitError{ExitNothing, &problem{"test: no check is left by --only, --skip, --min-level and --profile"}}
	}
	if picked, err = a.rerun(s.rerunFailed, picked); err != nil {
		return nil, err
	}
	return a.split(picked, s.shard)
}

// isNothing reports whether err says that nothing is selected.
func isNothing(err error) bool {
	var e *exitError
	return errors.As(err, &e) && e.code == ExitNothing
}

func matchesAny(patterns []conformance.Pattern, id conformance.ID) bool {
	return slices.ContainsFunc(patterns, func(p conformance.Pattern) bool { return p.Matches(id) })
}

// patterns reads the values of a flag that selects checks. One that begins
// with @ names a file with a pattern on each line.
func (a *app) patterns(flag string, values []string, all []*conformance.Check) ([]conformance.Pattern, error) {
	var out []conformance.Pattern
	for _, value := range values {
		path, isFile := strings.CutPrefix(value, "@")
		lines := []fileLine{{text: value}}
		if isFile {
			var err error
			if lines, err = readLines(path); err != nil {
				return nil, a.bad(flag, "%s", err)
			}
		}
		for _, l := range lines {
			p, err := checkPattern(l.text, all)
			if err != nil && isFile {
				err = fmt.Errorf("%s:%d: %w", path, l.n, err)
			}
			if err != nil {
				return nil, a.bad(flag, "%s", err)
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// fileLine is a line of a file that says something.
type fileLine struct {
	n    int
	text string
}

// readLines returns the lines of a list that is written by hand. What comes
// after a # that begins a line, or follows a space, is a comment. An error
// names the file.
func readLines(path string) ([]fileLine, error) {
	data, err := readFile(path, maxSelection)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", path, fileProblem(err))
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

// checkPattern refuses a pattern that no check answers to: it would silently
// select nothing.
func checkPattern(text string, all []*conformance.Check) (conformance.Pattern, error) {
	pattern, err := conformance.ParsePattern(text)
	if err != nil {
		return "", found(text, "a pattern such as sig/* or rsp/latency")
	}
	if slices.ContainsFunc(all, func(c *conformance.Check) bool { return pattern.Matches(c.ID) }) {
		return pattern, nil
	}
	return "", &problem{noMatch(text, all)}
}

// noMatch says that no check answers to a pattern, and which may be meant.
func noMatch(text string, all []*conformance.Check) string {
	var groups []string
	seen := map[string]bool{}
	for _, c := range all {
		if g := c.ID.Group(); !seen[g] {
			seen[g] = true
			groups = append(groups, g+"/*")
		}
	}
	hint := didYouMean(text, append(checkIDs(all), groups...))
	if g := text + "/*"; seen[text] {
		hint = "; did you mean " + g + "?"
	}
	if hint == "" {
		hint = `; "rtkmock checks" lists them`
	}
	return fmt.Sprintf("no check matches %q%s", text, hint)
}
