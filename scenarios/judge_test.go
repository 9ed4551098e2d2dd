package scenarios

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
)

// outcomes of attempts, as a target or a fault makes them.
func status(n int) mocksender.Attempt {
	return mocksender.Attempt{Reached: true, Outcome: mocksender.Outcome{Status: n}}
}

func failed(c mocksender.Class, reached bool) mocksender.Attempt {
	err := &mocksender.NetError{Class: c, Msg: string(c)}
	return mocksender.Attempt{Reached: reached, Outcome: mocksender.Outcome{Class: c, Err: err}}
}

func injected(n int) mocksender.Attempt {
	a := status(n)
	a.Reached, a.Fault = false, "respond"
	return a
}

func lost(n int) mocksender.Attempt {
	a := failed(mocksender.ClassReset, true)
	a.Fault, a.Target = "lose-response", &mocksender.Outcome{Status: n}
	return a
}

func receipt(fate mocksender.Fate, attempts ...mocksender.Attempt) mocksender.Receipt {
	for i := range attempts {
		attempts[i].N = i + 1
	}
	return mocksender.Receipt{Fate: fate, Attempts: attempts}
}

func TestJudge(t *testing.T) {
	const (
		reset   = mocksender.ClassReset
		refused = mocksender.ClassRefused
		timeout = mocksender.ClassTimeout
	)
	delivered := receipt(mocksender.Delivered, status(200))
	late := receipt(mocksender.Delivered, status(503), lost(200), status(204))
	gone := receipt(mocksender.Failed, status(404))
	crashed := receipt(mocksender.Exhausted, status(500), status(500))
	unreachable := receipt(mocksender.Exhausted, failed(refused, true))
	scripted := receipt(mocksender.Exhausted, injected(503), lost(200))
	untried := receipt(mocksender.NotTried)
	abandoned := receipt(mocksender.Abandoned, failed(mocksender.ClassCanceled, true))
	for _, test := range []struct {
		reason   string
		expect   Expectation
		receipt  mocksender.Receipt
		answered bool
		want     Status
		because  string
	}{
		{"accepted", Delivered, delivered, true, Met, "answered 200"},
		{"accepted on a retry", Delivered, late, true, Met, "answered 204, attempt 3"},
		{"refused", Delivered, gone, true, Unmet, "answered 404"},
		{"a crash", "2xx", crashed, true, Unmet, "answered 500, attempt 2"},
		{"nobody there", Delivered, unreachable, false, Inconclusive, "the target was not reached: refused"},
		{"nobody there any more", Delivered, unreachable, true, Unmet, "refused"},
		{"a cut connection is the target's doing", Delivered, receipt(mocksender.Exhausted, failed(reset, true)), false, Unmet, "reset"},
		{"a time-out too", Delivered, receipt(mocksender.Exhausted, failed(timeout, true)), false, Unmet, "timeout"},
		{"nothing but faults of the script", Delivered, scripted, true, Inconclusive, "the faults of the script kept every answer of the target from the sender: reset, attempt 2"},
		{"a fault and then the target", Delivered, receipt(mocksender.Failed, injected(503), status(401)), true, Unmet, "answered 401, attempt 2"},
		{"interrupted", Delivered, abandoned, true, Inconclusive, "interrupted before it was over"},
		{"interrupted, whatever was expected", Rejected, abandoned, true, Inconclusive, "interrupted before it was over"},
		{"not tried", Delivered, untried, true, Inconclusive, "the sender had reduced its attempts and did not try"},

		{"rejected", Rejected, gone, true, Met, "answered 404"},
		{"rejected by a crash", Rejected, crashed, true, Met, "answered 500, attempt 2"},
		{"rejected by cutting the connection", Rejected, receipt(mocksender.Exhausted, failed(reset, true)), true, Met, "reset"},
		{"let in", Rejected, delivered, true, Unmet, "accepted with 200"},
		{"let in, though the answer was lost", Rejected, receipt(mocksender.Failed, lost(202), status(401)), true, Unmet, "accepted with 202"},
		{"no answer is no rejection", Rejected, receipt(mocksender.Exhausted, failed(timeout, true)), true, Inconclusive, "neither accepted nor rejected: timeout"},
		{"nobody there is no rejection", Rejected, unreachable, true, Inconclusive, "neither accepted nor rejected: refused"},
		{"a fault is no rejection", Rejected, receipt(mocksender.Failed, injected(403)), true, Inconclusive, "neither accepted nor rejected: answered 403 (a fault of the script)"},

		{"lost by a fault", Lost, receipt(mocksender.Failed, injected(404)), false, Met, "answered 404 (a fault of the script)"},
		{"not lost", Lost, delivered, true, Unmet, "answered 200"},
		{"exhausted", Exhausted, scripted, true, Met, "reset, attempt 2"},
		{"not exhausted", Exhausted, gone, true, Unmet, "answered 404"},
		{"a status", "404", gone, true, Met, "answered 404"},
		{"another status", "410", gone, true, Unmet, "answered 404"},
		{"a class", "4xx", gone, true, Met, "answered 404"},
		{"another class", "5xx", gone, true, Unmet, "answered 404"},
		{"no status at all", "5xx", receipt(mocksender.Exhausted, failed(timeout, true)), true, Unmet, "timeout"},
		{"left out by the sender", NotTried, untried, true, Met, "not tried"},
		{"tried by the sender", NotTried, delivered, true, Inconclusive, "the sender tried it: answered 200"},
		{"anything", Any, crashed, true, NotJudged, "answered 500, attempt 2"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			v := judge(test.expect, test.receipt, test.answered)
			assert.Equal(t, v.status, test.want)
			assert.Equal(t, v.reason, test.because)
		})
	}
}
