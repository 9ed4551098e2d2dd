package scenarios

import "strconv"

// Expectation is how a delivery should end, in the words of a script: one of
// the constants, a status such as "503", or a class of statuses such as "4xx".
type Expectation string

const (
	// Delivered, the default of a genuine delivery: an attempt was answered
	// 2xx. "RealtimeKit treats any 2xx response as a successful delivery." 2xx
	// means the same.
	Delivered Expectation = "delivered"
	// Rejected is for forgeries: the target answered, never 2xx, or cut the
	// connection. A time-out is no rejection. It counts only if genuine
	// deliveries around it were accepted, so that a target that refuses
	// everything rejects nothing.
	Rejected Expectation = "rejected"
	// Lost: a final answer that is not 2xx and below 500, so that nobody
	// retries. "RealtimeKit records the delivery as failed and does not retry
	// it."
	Lost Expectation = "lost"
	// Exhausted: every attempt was answered 5xx or ended in a network error.
	Exhausted Expectation = "exhausted"
	// NotTried: the sender, after repeated failures, did not try at all. "After
	// repeated delivery failures, RealtimeKit may temporarily reduce delivery
	// attempts to that webhook URL."
	NotTried Expectation = "not-tried"
	// Any, the default of a changed delivery: it is not judged.
	Any Expectation = "any"
)

// expectationWords returns what a script may say, for messages.
func expectationWords() []string {
	return []string{
		string(Any), string(Delivered), string(Rejected), string(Lost), string(Exhausted), string(NotTried),
		"2xx", "3xx", "4xx", "5xx",
	}
}

// known reports whether e is a word of the vocabulary.
func (e Expectation) known() bool {
	for _, word := range expectationWords() {
		if string(e) == word {
			return true
		}
	}
	_, ok := e.status()
	return ok
}

// status returns the single status that e names.
func (e Expectation) status() (int, bool) {
	n, err := strconv.Atoi(string(e))
	return n, err == nil && len(e) == 3 && n >= 200 && n <= 599
}

// answered reports whether the final status fits e, a status or a class.
func (e Expectation) answered(status int) bool {
	if want, ok := e.status(); ok {
		return status == want
	}
	return len(e) == 3 && e[1:] == "xx" && status/100 == int(e[0]-'0')
}

// expectation returns how a delivery of the step should end, if it goes out
// with these mutations.
func (s *step) expectation(mutate []string) Expectation {
	switch {
	case s.expect != "":
		return s.expect
	case len(mutate) > 0:
		return Any
	default:
		return Delivered
	}
}
