package html

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// fate is how a delivery ended: as a kind of mark, and in words.
type fate struct{ Mark, Words string }

func newFate(f mocksender.Fate, attempts int) fate {
	switch f {
	case mocksender.Delivered:
		if attempts > 1 {
			return fate{"late", "accepted after " + report.Retries(attempts-1)}
		}
		return fate{"ok", "accepted at once"}
	case mocksender.Failed:
		return fate{"lost", "refused, not retried"}
	case mocksender.Exhausted:
		return fate{"exhausted", "never accepted"}
	case mocksender.NotTried:
		return fate{"untried", "never tried"}
	default:
		return fate{"abandoned", "not finished"}
	}
}

// answers is what the attempts of e were answered, in short.
func answers(e ledger.Entry) string {
	if len(e.Attempts) == 0 {
		return "no attempt"
	}
	var parts []string
	for i, a := range e.Attempts {
		if i > 0 && a.N > e.Attempts[i-1].N+1 {
			parts = append(parts, "…")
		}
		hidden := ""
		if a.TargetStatus != 0 {
			hidden = report.AnswerWord(a.TargetStatus, "")
		}
		parts = append(parts, strings.TrimSpace(report.AnswerWord(a.Status, a.Class)+" "+report.FaultNote(a.Fault, hidden)))
	}
	return fmt.Sprintf("%s in %s", strings.Join(parts, ", then "), printable.Duration(time.Duration(e.Latency)))
}
