package plaintext

import (
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// ledger says what became of the genuine deliveries. It leaves out event types
// with all deliveries accepted at once, unless it is verbose, and all event types where
// they fared alike.
func (w *writer) ledger(all string, l ledger.Report, alike bool) {
	w.heading("deliveries")
	w.row("", 2, all)
	if alike {
		return
	}
	for _, event := range report.EventTypes(l) {
		a := l.ByEvent[event]
		if a.Accepted < a.Emitted || w.verbose {
			w.row("", 4, fmt.Sprintf("%s: of %d: %s", report.EventName(event), a.Emitted, report.Fates(a)))
		}
	}
}

// entryFate says how a delivery ended that was not accepted at once.
func entryFate(e ledger.Entry) string {
	var last ledger.EntryAttempt
	if len(e.Attempts) > 0 {
		last = e.Attempts[len(e.Attempts)-1]
	}
	how := report.AnswerWord(last.Status, last.Class)
	if last.Fault != "" {
		how += " by a fault"
	}
	took := printable.Duration(time.Duration(e.Latency))
	switch e.Fate {
	case mocksender.Delivered:
		return fmt.Sprintf("accepted after %s, in %s", report.Retries(e.Tries-1), took)
	case mocksender.Failed:
		if e.Tries > 1 {
			how += fmt.Sprintf(" on attempt %d", e.Tries)
		}
		return "lost for good: " + how
	case mocksender.Exhausted:
		return fmt.Sprintf("exhausted after %s in %s: %s", printable.Count(e.Tries, "attempt"), took, how)
	case mocksender.NotTried:
		return "never tried"
	default:
		return "not finished after " + printable.Count(e.Tries, "attempt")
	}
}
