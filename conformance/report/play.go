package report

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// Play is the account of a scenario that was played, as a Format's WritePlay
// tells it. Result is required.
type Play struct {
	Result *scenarios.Result
	// Source is where the script comes from: the path of a file, or "" for the
	// library. Note and Expectation are the script's words for people.
	Source, Note, Expectation string

	Target     conformance.TargetInfo // its URL may hold secrets
	KeyFetches int                    // how often the key was fetched during the play
	Began      time.Time
	Speed      float64 // of the meeting's time; 0: at once
	Stopped    string  // why not all of it was played, in words; empty: it was
	Failure    string  // why the harness failed, in words; empty: it did not
	Recording  string  // the file that holds every attempt; empty: none

	Assumptions []conformance.Assumption
	Faults      []string // that were asked for beside the script's, in words
	// Health are the turns of the sender's health at the target, in order.
	Health []HealthChange
	Ledger ledger.Report

	// SecretHeaders names the header fields whose values are not for showing.
	SecretHeaders []string
}

// HealthChange is a delivery at which the sender's stand with the target was
// another than at the one before.
type HealthChange struct {
	State       mocksender.HealthState
	Time        time.Time // when that was
	MeetingTime time.Time // the same by the meeting's clock
	Event       rtk.EventType
	UUID        string
}

// PlayOutcome is the result of a play.
type PlayOutcome string

const (
	PlayMet          PlayOutcome = "met"          // every expectation that could be judged was met
	PlayUnmet        PlayOutcome = "unmet"        // one was not
	PlayInconclusive PlayOutcome = "inconclusive" // none was unmet, but one could not be judged, or not all was played
	PlayFailed       PlayOutcome = "error"        // the harness itself failed
)

// Outcome sums the play up.
func (p *Play) Outcome() PlayOutcome {
	outcome := p.Result.Outcome()
	switch {
	case p.Failure != "":
		return PlayFailed
	case outcome == scenarios.Unmet:
		return PlayUnmet
	case outcome == scenarios.Inconclusive || !p.Result.Complete:
		return PlayInconclusive
	default:
		return PlayMet
	}
}

// Headline says the outcome in one line. What was not judged, and that not all
// was played, is always in it.
func (p *Play) Headline() string {
	c := p.Result.Counts
	all := c.Met + c.Unmet + c.Inconclusive
	share := func(n int) string {
		if all == 1 {
			return "the one expectation"
		}
		return fmt.Sprintf("%d of %d expectations", n, all)
	}
	var parts []string
	switch outcome := p.Outcome(); {
	case c.Unmet > 0:
		parts = append(parts, share(c.Unmet)+" unmet")
		if c.Inconclusive > 0 {
			parts = append(parts, fmt.Sprintf("%d inconclusive", c.Inconclusive))
		}
	case c.Inconclusive > 0:
		parts = append(parts, "inconclusive: "+share(c.Inconclusive)+" could not be judged")
	case c.Met == 0:
		parts = append(parts, "inconclusive: nothing was judged")
	case outcome != PlayMet:
		parts = append(parts, "inconclusive: "+counted(c.Met, "expectation")+" met so far")
	case all == 1:
		parts = append(parts, "the one expectation met")
	default:
		parts = append(parts, fmt.Sprintf("all %d expectations met", all))
	}
	if p.Failure != "" {
		parts = append([]string{ToolName + " failed"}, parts...)
	}
	if p.Stopped != "" {
		parts = append(parts, "stopped early: "+p.Stopped)
	}
	return strings.Join(parts, ", ")
}

// errNoPlay is what a play without a result is refused with.
var errNoPlay = errors.New("report: no play to write")

// playView is a play made ready for reading.
type playView struct {
	*view
	play *Play
}

func newPlayView(p *Play, o Options) (*playView, error) {
	if p == nil || p.Result == nil {
		return nil, errNoPlay
	}
	// Much of a play is told as a run is.
	run := &conformance.Report{
		Headline: p.Headline(), Complete: p.Result.Complete, Stopped: p.Stopped,
		Seed: p.Result.Seed, Start: p.Result.Start, Began: p.Began, Took: p.Result.Took,
		Target: p.Target, Assumptions: p.Assumptions, Ledger: p.Ledger, SecretHeaders: p.SecretHeaders,
	}
	var receipts []mocksender.Receipt
	for _, s := range p.Result.Steps {
		receipts = append(receipts, s.Evidence...)
	}
	v := &view{report: run, options: o, redactor: newRedactor(run, receipts...)}
	v.curler = &curler{v.redactor, o.BodyDir}
	return &playView{v, p}, nil
}

// scenario names what was played.
func (v *playView) scenario() string {
	if v.play.Source != "" {
		return name(v.play.Source)
	}
	return name(v.play.Result.Scenario)
}

// offset is how long after the start of the script's meetings t is, by their
// own clock; empty where it is not known.
func (v *playView) offset(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := t.Sub(v.play.Result.Start)
	if d < 0 {
		return "-" + (-d).Round(time.Millisecond).String()
	}
	return "+" + d.Round(time.Millisecond).String()
}
