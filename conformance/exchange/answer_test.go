package exchange

import (
	"errors"
	"net/http"
	"strings"
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

func TestSaidIsWhatAPersonWouldRead(t *testing.T) {
	for _, tc := range []struct{ reason, body, want string }{
		{"text is as it is", "bad\n  signature", "bad signature"},
		{"of HTML, the tags and what they hide are not", "<!doctype html><html><head><title>Error</title><style>p{}</style><script>x()</script></head><p>no <b>such</b> page", "Error no such page"},
		{"text that is no HTML keeps its brackets", "want <id>", "want <id>"},
		{"nothing is nothing", "", ""},
		{"what a terminal would obey is shown", "\x1b[2J", `\x1b[2J`},
	} {
		assert.Equal(t, Said(mocksender.Outcome{Body: []byte(tc.body)}), tc.want, tc.reason)
	}
	long := Said(mocksender.Outcome{Body: []byte(strings.Repeat("a", 10_000))})
	assert.Assert(t, len(long) < 2*maxSaid, len(long))
}

func TestSameLeavesOutIdsAndTimes(t *testing.T) {
	say := func(status int, text string) string {
		return Same(mocksender.Outcome{Status: status, Body: []byte(text)})
	}
	a := say(400, "delivery 4b7a6f0e-8f63-4d4e-9a39-0f4f3c5b3b11 at 2026-06-03T10:00:01.2Z (1780480801200)")
	b := say(400, "delivery 00000000-8f63-4d4e-9a39-0f4f3c5b3b12 at 2026-06-03T11:30:59.7Z (1780486259700)")
	assert.Equal(t, a, b)
	assert.Assert(t, say(400, "no such meeting") != say(400, "no such session"))
	assert.Assert(t, say(400, `{"code":1001}`) != say(400, `{"code":1002}`), "codes tell errors apart")
	assert.Assert(t, say(400, "no") != say(404, "no"))
	assert.Assert(t, Same(failure(mocksender.ClassReset)) != Same(failure(mocksender.ClassRefused)))
}
