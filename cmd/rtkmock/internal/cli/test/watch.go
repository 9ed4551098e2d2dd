package test

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
)

// watch shows how a run goes on. The run calls update for one step at a time.
type watch struct {
	show    *terminal.Progress
	verbose bool
	note    func(format string, args ...any)
	noted   bool // that the run takes long
	beside  bool // checks run side by side already

	begun []doing // checks that have not ended, the newest last
	run   doing   // what concerns the run as a whole
}

// A run is worth a note at its beginning where each answer takes at least slowAnswer, and
// all of it longRun.
const (
	slowAnswer = 200 * time.Millisecond
	longRun    = 90 * time.Second
)

// doing is what is being done for a check.
type doing struct {
	check *conformance.Check
	text  string
	until time.Time // when it is over at the latest; zero: nobody knows
}

func (w *watch) update(s conformance.Progress) {
	now := doing{check: s.Check, text: s.Message}
	if s.Most > 0 {
		now.until = time.Now().Add(s.Most)
	}
	switch s.Kind {
	case conformance.CheckBegan:
		now.text = s.Check.Title
		w.begun = append(w.begun, now)
	case conformance.CheckEnded:
		w.begun = slices.DeleteFunc(w.begun, func(d doing) bool { return d.check == s.Check })
	case conformance.CheckJudged:
		if v := s.Verdict; v != nil && (w.verbose || v.Status != conformance.Pass) {
			w.show.Linef("[%d/%d] %s", s.Done, s.Total, verdictText(v))
		}
	default:
		w.run = now
		if i := slices.IndexFunc(w.begun, func(d doing) bool { return d.check == s.Check }); i >= 0 {
			w.begun[i] = now
		}
		if !s.Quiet {
			w.show.Linef("%s", s.Message)
		}
	}
	if !w.noted && s.Answer >= slowAnswer && s.Left >= longRun {
		w.noted = true
		advice := "--parallel 8 has as many checks wait side by side, and "
		if w.beside {
			advice = ""
		}
		w.note("the target takes %s to accept a delivery, so the run takes about %s; %s--min-level must or --only PATTERN judges less",
			flags.ShowDuration(s.Answer.Round(10*time.Millisecond)), flags.ShowDuration(s.Left.Round(10*time.Second)), advice)
	}
	w.show.Left(s.Left)
	w.show.Step(w.step(s.Done, s.Total))
}

// step is what a bar shows: what is waited for, or else the check that has begun last.
func (w *watch) step(done, total int) terminal.Step {
	at := w.run
	if n := len(w.begun); n > 0 {
		at = w.begun[n-1]
	}
	for _, d := range w.begun {
		if time.Until(d.until) > 0 {
			at = d
		}
	}
	step := terminal.Step{Done: done, Total: total, Text: at.text, Until: at.until}
	if at.check != nil {
		step.ID = string(at.check.ID)
	}
	return step
}

func verdictText(v *conformance.Verdict) string {
	text := string(v.Status) + " " + string(v.ID)
	if v.Reason != "" {
		text += ": " + v.Reason
	}
	return text
}
