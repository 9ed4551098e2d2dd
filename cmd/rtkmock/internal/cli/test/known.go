package test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/conformance"
)

// knownForm is a line of a --known-failing file.
const knownForm = "PATTERN [until YYYY-MM-DD] REASON"

// readKnownFailing reads the list of checks that are known to fail: on each line a
// pattern, the last day on which that is accepted, if there is one, and the
// reason. A line that begins with # is a comment.
func readKnownFailing(a *app.App, path string, all []*conformance.Check) ([]conformance.KnownFailing, error) {
	if path == "" {
		return nil, nil
	}
	data, err := a.ReadFile("known-failing", path, maxSelection)
	if err != nil {
		return nil, err
	}
	var out []conformance.KnownFailing
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		e, err := parseKnown(line, all)
		e.Where = fmt.Sprintf("%s:%d", path, n)
		if i := slices.IndexFunc(out, func(o conformance.KnownFailing) bool { return o.Pattern == e.Pattern }); err == nil && i >= 0 {
			err = fmt.Errorf("%s is there already: %s", e.Pattern, out[i].Where)
		}
		if err != nil {
			return nil, a.BadFlag("known-failing", "%s: %w", e.Where, err)
		}
		if !slices.ContainsFunc(all, func(c *conformance.Check) bool { return c.Level != conformance.Gate && e.Pattern.Matches(c.ID) }) {
			a.Warnf("%s: %s: %s", a.Origin("known-failing"), e.Where, noMatch(string(e.Pattern), all))
		}
		out = append(out, e)
	}
	return out, nil
}

// parseKnown reads one line.
func parseKnown(line string, all []*conformance.Check) (e conformance.KnownFailing, err error) {
	text, rest := word(line)
	if e.Pattern, err = conformance.ParsePattern(text); err != nil {
		return e, flags.Found(text, "a pattern such as sig/* or rsp/latency")
	}
	if slices.ContainsFunc(all, func(c *conformance.Check) bool { return c.Level == conformance.Gate && string(c.ID) == text }) {
		return e, fmt.Errorf("%s is a gate, which all other verdicts rest on: it cannot be known to fail", text)
	}
	if until, after := word(rest); until == "until" {
		day, reason := word(after)
		e.Expires = strings.TrimSuffix(day, ":")
		if _, err := time.Parse(time.DateOnly, e.Expires); err != nil {
			return e, flags.Found(e.Expires, "a day such as 2026-12-31 after until")
		}
		rest = reason
	} else if _, err := time.Parse(time.DateOnly, until); err == nil {
		return e, flags.Found(until, "until before a day: %s", knownForm)
	}
	if e.Reason = rest; rest == "" {
		return e, errors.New("found no reason, want " + knownForm)
	}
	return e, nil
}

// word cuts the first word off a line.
func word(line string) (first, rest string) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimSpace(line[i:])
}
