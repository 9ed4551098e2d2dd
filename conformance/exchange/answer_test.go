package exchange

import (
	"errors"
	"net/http"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
)

func answered(outcomes ...mocksender.Outcome) mocksender.Receipt {
	r := mocksender.Receipt{Fate: mocksender.Exhausted}
	for i, o := range outcomes {
		r.Attempts = append(r.Attempts, mocksender.Attempt{N: i + 1, Outcome: o})
		if o.OK() {
			r.Fate = mocksender.Delivered
		} else if o.Err == nil && o.Status < 500 {
			r.Fate = mocksender.Failed
		}
	}
	return r
}

func status(code int) mocksender.Outcome { return mocksender.Outcome{Status: code} }

func failure(c mocksender.Class) mocksender.Outcome {
	return mocksender.Outcome{Err: errors.New("no answer"), Class: c}
}

func retryAfter(code int) mocksender.Outcome {
	return mocksender.Outcome{Status: code, Header: http.Header{"Retry-After": {"0"}}}
}

func TestAnswerSumsAttemptsUp(t *testing.T) {
	abandoned := answered(status(503))
	abandoned.Fate = mocksender.Abandoned
	for _, tc := range []struct {
		reason  string
		receipt mocksender.Receipt
		want    Answer
	}{
		{"any 2xx is a delivery", answered(status(204)), Accepted},
		{"a 2xx on a retry is what the real sender sees in the end", answered(status(503), status(200)), Accepted},
		{"a 4xx is final", answered(status(401)), Refused},
		{"a 3xx is a non-2xx below 500", answered(status(302)), Refused},
		{"5xx to the last", answered(status(500), status(502)), Failing},
		{"the last attempt decides among failures", answered(status(500), failure(mocksender.ClassReset)), Cut},
		{"a time-out is neither accepted nor rejected", answered(failure(mocksender.ClassTimeout)), Silent},
		{"429 is about the rate, not the delivery", answered(status(429)), Limited},
		{"503 with Retry-After too", answered(retryAfter(503)), Limited},
		{"503 without it is a failure", answered(status(503)), Failing},
		{"the run ended first", abandoned, Unanswered},
		{"a fault of the script is not the target's", mocksender.Receipt{Attempts: []mocksender.Attempt{{Fault: "respond 404", Outcome: status(404)}}, Fate: mocksender.Failed}, Faulted},
		{"nothing was tried", mocksender.Receipt{}, Unanswered},
	} {
		assert.Equal(t, AnswerOf(tc.receipt), tc.want, tc.reason)
	}
}

func TestOnlyRefusalsAndCutsAreRejections(t *testing.T) {
	for answer, want := range map[Answer]bool{
		Unanswered: false, Accepted: false, Silent: false, Limited: false, Faulted: false,
		Refused: true, Failing: true, Cut: true,
	} {
		assert.Equal(t, answer.Rejected(), want, "%d", answer)
	}
}
