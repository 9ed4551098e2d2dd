package cli

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
)

// sendExit is the exit code of a delivery. Only an answer of the target itself
// says that it was refused.
func sendExit(r mocksender.Receipt) error {
	switch last := r.Last(); {
	case r.Fate == mocksender.Delivered:
		return nil
	case r.Fate == mocksender.Abandoned:
		return errInterrupted()
	case last.Outcome.Status > 0 && answeredByTarget(last):
		return exit(ExitNonconformant)
	default:
		return exit(ExitInconclusive)
	}
}

// answeredByTarget reports whether the outcome of an attempt is the target's
// own doing.
func answeredByTarget(at mocksender.Attempt) bool { return at.Reached && at.Target == nil }

// verdictOn says how a delivery ended: in a word and its colour, and the rest.
func verdictOn(r mocksender.Receipt) (code string, text [2]string) {
	at := r.Last()
	last := ": " + outcomeText(at.Outcome)
	switch {
	case r.Fate == mocksender.Delivered:
		return green, [2]string{"delivered", last}
	case r.Fate == mocksender.Abandoned:
		return yellow, [2]string{"interrupted", ""}
	case at.Fault != "" && !answeredByTarget(at):
		return yellow, [2]string{"not delivered", fmt.Sprintf(", because of a fault that was asked for (%s)", at.Fault)}
	case r.Fate == mocksender.Failed && len(r.Attempts) > 1 && !r.Attempts[len(r.Attempts)-2].Outcome.Retryable():
		// A profile of the predecessor, which gives up later than the guide.
		return red, [2]string{"refused", fmt.Sprintf("%s on the last of %d attempts", last, len(r.Attempts))}
	case r.Fate == mocksender.Failed:
		return red, [2]string{"refused", last + "; the service does not send again after a status below 500"}
	case at.Outcome.Status > 0 && len(r.Attempts) == 1:
		return red, [2]string{"not delivered", last}
	case at.Outcome.Status > 0:
		return red, [2]string{"not delivered", fmt.Sprintf("%s on the last of %d attempts", last, len(r.Attempts))}
	default:
		return red, [2]string{"not reached", last}
	}
}

// attemptText is what came of one attempt, and what went wrong on its way.
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
		return oneLine(o.Err.Error())
	}
	text := http.StatusText(o.Status)
	if text != "" {
		text = " " + text
	}
	return strconv.Itoa(o.Status) + text + " in " + o.Took.Round(100*time.Microsecond).String()
}
