package exchange

import (
	"bytes"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
)

// Answer sums up the attempts of one delivery.
type Answer int

const (
	// Unanswered: the run ended before there was an answer.
	Unanswered Answer = iota
	// Accepted: an attempt was answered 2xx.
	Accepted
	// Refused: a status below 500 that is not 2xx; the real sender gives up.
	Refused
	// Failing: every attempt was answered 5xx.
	Failing
	// Cut: the last connection was refused, closed or made no sense.
	Cut
	// Silent: no answer within the time-out.
	Silent
	// Limited: 429, or 503 with Retry-After, however long the sender backed off.
	Limited
	// Faulted: a fault that the user asked for hit the last attempt, so that the
	// attempt says nothing about the target.
	Faulted
)

// AnswerOf sums up the attempts of a receipt.
func AnswerOf(r mocksender.Receipt) Answer {
	last := r.Last().Outcome
	switch {
	case r.Fate == mocksender.Abandoned, len(r.Attempts) == 0:
		return Unanswered
	case r.Accepted():
		return Accepted
	case r.Last().Fault != "":
		return Faulted
	case RateLimited(last):
		return Limited
	case last.Class == mocksender.ClassCanceled:
		return Unanswered
	case last.Class == mocksender.ClassTimeout:
		return Silent
	case last.Err != nil:
		return Cut
	case last.Status >= 500:
		return Failing
	default:
		return Refused
	}
}

// Rejected reports an answer that keeps a delivery out: a status other than
// 2xx, or a closed connection. Silence is no rejection.
func (a Answer) Rejected() bool { return a == Refused || a == Failing || a == Cut }

// RateLimited reports an outcome that asks the sender to come back later, for
// reasons that have nothing to do with the delivery.
func RateLimited(o mocksender.Outcome) bool {
	return o.Status == 429 || o.Status == 503 && o.Header.Get("Retry-After") != ""
}

// Describe says how the attempts of a receipt were answered: "answered 401",
// "answered 503 (4 attempts)", "connection refused".
func Describe(r mocksender.Receipt) string {
	var text string
	switch o := r.Last().Outcome; {
	case o.Err != nil && o.Class == mocksender.ClassTimeout:
		text = fmt.Sprintf("no answer within %s", o.Took.Round(10*time.Millisecond))
	case o.Err != nil:
		text = o.Err.Error()
	case o.Status == 0:
		text = "not answered"
	default:
		text = fmt.Sprintf("answered %d", o.Status)
	}
	if n := len(r.Attempts); n > 1 {
		text = fmt.Sprintf("%s (%d attempts)", text, n)
	}
	return text
}

// maxSaid is how many characters of an answer Said returns.
const maxSaid = 200

// Said is the text of an answer in one line: of HTML, what a person would read.
func Said(o mocksender.Outcome) string {
	text := o.Body
	if bytes.Contains(bytes.ToLower(text[:min(len(text), 512)]), []byte("<html")) {
		text = tags().ReplaceAll(text, []byte(" "))
	}
	return printable.Cut(printable.Text(string(text)), maxSaid)
}

// tags are what HTML has besides its text.
var tags = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)<script\b.*?</script>|<style\b.*?</style>|<[^>]*>`)
})

// Same returns what is equal for answers that say the same: without ids and times.
// Shorter numbers count, since they may be the codes of different errors.
func Same(o mocksender.Outcome) string {
	if o.Err != nil {
		return string(o.Class)
	}
	return fmt.Sprintf("%d %s", o.Status, changing().ReplaceAll(o.Body[:min(len(o.Body), maxCompared)], []byte("#")))
}

// changing is what differs from answer to answer.
var changing = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+|[0-9]{9,}|[0-9A-Fa-f]{16,}`)
})

// maxCompared is how many bytes of an answer count.
const maxCompared = 2 << 10
