package send

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender"
)

// exitOf is how a delivery ends the call. Only an answer of the target itself
// says that it was refused.
func exitOf(r mocksender.Receipt) error {
	switch last := r.Last(); {
	case r.Fate == mocksender.Delivered:
		return nil
	case r.Fate == mocksender.Abandoned:
		return exit.ErrInterrupted
	case last.Outcome.Status > 0 && answeredByTarget(last):
		return exit.Silent(exit.Nonconformant)
	default:
		return exit.Silent(exit.Inconclusive)
	}
}

// answeredByTarget reports whether the outcome of an attempt is the target's
// own doing.
func answeredByTarget(at mocksender.Attempt) bool { return at.Reached && at.Target == nil }

// verdict says how a delivery ended: in a word and its colour, and the rest.
func verdict(r mocksender.Receipt) (color terminal.Color, word, rest string) {
	at := r.Last()
	last := ": " + outcomeText(at.Outcome)
	if len(r.Attempts) > 1 {
		last += fmt.Sprintf(" on the last of %d attempts", len(r.Attempts))
	}
	switch {
	case r.Fate == mocksender.Delivered:
		return terminal.Green, "delivered", ": " + outcomeText(at.Outcome)
	case r.Fate == mocksender.Abandoned:
		return terminal.Yellow, "interrupted", ""
	case at.Fault != "" && !answeredByTarget(at):
		return terminal.Yellow, "not delivered", fmt.Sprintf(", because of a fault that was asked for (%s)", at.Fault)
	case r.Fate == mocksender.Failed && len(r.Attempts) > 1 && !r.Attempts[len(r.Attempts)-2].Outcome.Retryable():
		// A profile of the predecessor, which gives up later than the guide.
		return terminal.Red, "refused", last
	case r.Fate == mocksender.Failed:
		return terminal.Red, "refused", ": " + outcomeText(at.Outcome) + "; the service does not send again after a status below 500"
	case at.Outcome.Status > 0:
		return terminal.Red, "not delivered", last
	default:
		return terminal.Red, "not reached", ": " + outcomeText(at.Outcome)
	}
}

// attemptText is how one attempt was answered, and what went wrong on its way.
func attemptText(at mocksender.Attempt) string {
	switch {
	case at.Fault == "":
		return outcomeText(at.Outcome)
	case !at.Reached:
		return seenText(at.Outcome) + " (fault: " + at.Fault + "; the target saw nothing)"
	case at.Target != nil:
		return seenText(at.Outcome) + " (fault: " + at.Fault + "; the target's own answer: " + outcomeText(*at.Target) + ")"
	default:
		return outcomeText(at.Outcome) + " (fault: " + at.Fault + ")"
	}
}

// seenText is what the sender saw because of a fault.
func seenText(o mocksender.Outcome) string {
	if o.Err != nil {
		return string(o.Class)
	}
	return strings.TrimSpace(strconv.Itoa(o.Status) + " " + http.StatusText(o.Status))
}

func outcomeText(o mocksender.Outcome) string {
	if o.Err != nil {
		return terminal.OneLine(o.Err.Error())
	}
	text := http.StatusText(o.Status)
	if text != "" {
		text = " " + text
	}
	return strconv.Itoa(o.Status) + text + " in " + o.Took.Round(100*time.Microsecond).String()
}
