package cli

import (
	"errors"
	"path"

	"github.com/rtkmock/rtkmock/conformance"
)

// selection is what --only, --skip and --min-level ask for.
type selection struct {
	only, skip []string
	minLevel   string
}

// pick returns the checks that a run is made of. Gates come along with
// whatever is selected, unless they are skipped by name: all other verdicts
// rest on them.
func (a *app) pick(all []*conformance.Check, s selection) ([]*conformance.Check, error) {
	for _, p := range []struct {
		flag     string
		patterns []string
	}{{"only", s.only}, {"skip", s.skip}} {
		for _, pattern := range p.patterns {
			if err := a.checkPattern(p.flag, pattern, all); err != nil {
				return nil, err
			}
		}
	}
	level, err := conformance.ParseLevel(s.minLevel)
	if err != nil {
		return nil, a.bad("min-level", "%s", plain(err))
	}
	var picked []*conformance.Check
	chosen := 0
	for _, c := range all {
		skipped := matchesAny(s.skip, c.ID)
		wanted := !skipped && c.Level >= level && (len(s.only) == 0 || matchesAny(s.only, c.ID))
		// A gate is chosen by its name alone, never by what --only leaves out.
		if wanted && (c.Level != conformance.Gate || len(s.only) > 0) {
			chosen++
		}
		if wanted || c.Level == conformance.Gate && !skipped {
			picked = append(picked, c)
		}
	}
	if chosen == 0 {
		return nil, &exitError{ExitNothing, &problem{"test: no check is left by --only, --skip and --min-level"}}
	}
	return picked, nil
}

// isNothing reports whether err says that nothing is selected.
func isNothing(err error) bool {
	var e *exitError
	return errors.As(err, &e) && e.code == ExitNothing
}

func matchesAny(patterns []string, id conformance.ID) bool {
	for _, p := range patterns {
		if ok, err := path.Match(p, string(id)); ok && err == nil {
			return true
		}
	}
	return false
}

// checkPattern refuses a pattern that no check answers to: it would silently
// select nothing.
func (a *app) checkPattern(flag, pattern string, all []*conformance.Check) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return a.bad(flag, "%s", found(pattern, "a pattern such as sig/* or rsp/latency"))
	}
	for _, c := range all {
		if matchesAny([]string{pattern}, c.ID) {
			return nil
		}
	}
	var groups []string
	seen := map[string]bool{}
	for _, c := range all {
		if g := c.ID.Group(); !seen[g] {
			seen[g] = true
			groups = append(groups, g+"/*")
		}
	}
	hint := didYouMean(pattern, append(checkIDs(all), groups...))
	if g := pattern + "/*"; seen[pattern] {
		hint = "; did you mean " + g + "?"
	}
	if hint == "" {
		hint = `; "rtkmock checks" lists them`
	}
	return a.bad(flag, "no check matches %q%s", pattern, hint)
}
