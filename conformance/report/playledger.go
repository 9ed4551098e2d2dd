package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance/report/text"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/scenarios"
)

// account writes the ledger.
func (t *playText) account() {
	l := t.report.Ledger
	if l.Emitted+l.NotGenuine == 0 {
		return
	}
	t.ledger()
	for _, note := range ledgerNotes(l, t.v.play.Result) {
		t.row("", 2, note)
	}
}

// ledgerNotes says what the account itself does not.
func ledgerNotes(l ledger.Report, r *scenarios.Result) []string {
	var out []string
	note := func(n int, one, many string) {
		switch {
		case n == 1:
			out = append(out, "1 "+one)
		case n > 1:
			out = append(out, fmt.Sprintf("%d %s", n, many))
		}
	}
	note(l.Unseen, "was accepted by the target without the sender's learning of it: the answer was lost",
		"were accepted by the target without the sender's learning of it: the answer was lost")
	note(l.AcceptedTwice, "was accepted by the target more than once: a retry after a lost answer",
		"were accepted by the target more than once: retries after a lost answer")
	note(l.NotGenuine, "other was forged or changed on purpose", "others were forged or changed on purpose")
	if !r.Complete {
		return out // more of the script might have sent the others
	}
	note(r.Withheld, "event happened that the script does not send: it never reaches the target",
		"events happened that the script does not send: they never reach the target")
	return out
}

// worst writes the worst moments.
func (t *playText) worst() {
	all := t.report.Ledger.Worst
	if len(all) == 0 {
		return
	}
	t.heading("the worst moments, by the meeting's clock")
	shown := all
	if !t.options.Verbose {
		shown = all[:min(len(all), maxPlayWorst)]
	}
	// They come in the order of how bad they are; those that are equally bad
	// are easier to read in the meeting's order.
	shown = slices.Clone(shown)
	slices.SortStableFunc(shown, func(a, b ledger.Entry) int {
		if a.Fate != b.Fate || a.Fate == mocksender.Delivered {
			return 0
		}
		return a.MeetingTime.Compare(b.MeetingTime)
	})
	var rows [][2]string
	for _, e := range shown {
		rows = append(rows, [2]string{t.v.offset(e.MeetingTime), fmt.Sprintf("%s %s, rtk-uuid %s", name(string(e.Event)), moved(e), name(e.UUID))})
	}
	t.columns(rows)
	if more := len(all) - len(shown); more > 0 {
		t.row("", 2, fmt.Sprintf("and %d more, which the JSON report holds", more))
	}
}

// columns writes rows whose first columns are as wide as the widest.
func (t *playText) columns(rows [][2]string) {
	width := 0
	for _, r := range rows {
		width = max(width, text.Columns(r[0]))
	}
	for _, r := range rows {
		t.row("  "+r[0], width+4, r[1])
	}
}

// moved says how a delivery that was not accepted at once fared.
func moved(e ledger.Entry) string {
	var last ledger.EntryAttempt
	if len(e.Attempts) > 0 {
		last = e.Attempts[len(e.Attempts)-1]
	}
	how := name(string(last.Class))
	if last.Status > 0 {
		how = fmt.Sprint(last.Status)
	}
	if last.Fault != "" {
		how += " by a fault"
	}
	took := short(time.Duration(e.Latency))
	switch e.Fate {
	case mocksender.Delivered:
		return fmt.Sprintf("accepted after %s, in %s", retries(e.Tries-1), took)
	case mocksender.Failed:
		return "lost for good: " + how + onAttempt(e.Tries)
	case mocksender.Exhausted:
		return fmt.Sprintf("exhausted after %s in %s: %s", counted(e.Tries, "attempt"), took, how)
	case mocksender.NotTried:
		return "never tried"
	default:
		return "not finished after " + counted(e.Tries, "attempt")
	}
}

func onAttempt(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" on attempt %d", n)
}

// health writes when the sender reduced its attempts, and when no longer.
func (t *playText) health() {
	if len(t.v.play.Health) == 0 {
		return
	}
	t.heading("the sender's health at this target")
	var rows [][2]string
	for _, h := range t.v.play.Health {
		rows = append(rows, [2]string{t.v.offset(h.MeetingTime), turn(h)})
	}
	more := len(rows) - maxPlayHealth
	if more > 0 && !t.options.Verbose {
		rows = rows[:maxPlayHealth]
	}
	t.columns(rows)
	if len(rows) < len(t.v.play.Health) {
		t.row("", 2, fmt.Sprintf("and %d more, which the JSON report holds", more))
	}
}

// turn says what a change of the health means.
func turn(h HealthChange) string {
	event := name(string(h.Event))
	switch h.State {
	case mocksender.Reduced:
		return "reduced: " + event + " was not tried"
	case mocksender.Probing:
		return "probing: " + event + " was tried once, to see"
	default:
		return name(string(h.State)) + ": " + event + " had all its attempts"
	}
}
