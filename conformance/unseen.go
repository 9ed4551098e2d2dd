package conformance

import (
	"errors"
	"strings"
)

// NotRestarted is the error of a Restarter after which the target answers, and
// may well be the process of before. What rests on a new process cannot be
// judged then, and nothing is held against the target. It is not asked again in
// the same run.
type NotRestarted struct {
	// Why says what was seen, or not, and what to do about it.
	Why string
	// Failed says that what restarts the target has failed itself, so that it has
	// to be mended. Otherwise nothing was seen of an end, as behind a proxy.
	Failed bool
}

func (e *NotRestarted) Error() string { return "conformance: " + e.Why }

// LacksRestart says what is lacking for the target to be started anew, in words
// that go on after a semicolon, or "" if nothing is.
func (p *Probe) LacksRestart() string {
	switch {
	case p.run.unfit != nil:
		return p.run.unfit.Why
	case p.run.o.Target.Restart == nil:
		return RestartHint
	}
	return ""
}

// hasRestarted reports whether a restart was one, by its error, and takes down
// why not.
func (p *Probe) hasRestarted(err error) bool {
	var same *NotRestarted
	switch {
	case err == nil:
		return true
	case p.ctx.Err() != nil:
		p.Skip("not finished: the run ended first")
	case errors.As(err, &same) && same.Failed:
		p.AddFinding(Inconclusive, nil, "the target was not started anew: %s", same.Why)
	case errors.As(err, &same):
		p.Skip("whether the target was started anew is not known: %s", same.Why)
	default:
		why := strings.TrimPrefix(err.Error(), "conformance: ")
		p.run.breaker.trip(p.check.ID, why)
		p.AddFinding(Inconclusive, nil, "the target could not be started anew: %s", why)
	}
	return false
}
