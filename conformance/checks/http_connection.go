package checks

import (
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
)

// reuseFailure is a genuine delivery that was not accepted on a connection that had been
// used before.
type reuseFailure struct{ before, x *exchange.Exchange }

func (s *reuseFailure) evidence() []*exchange.Exchange { return []*exchange.Exchange{s.x, s.before} }

func (s *reuseFailure) label() string {
	return fmt.Sprintf("a genuine delivery on a connection whose last answer was %d", s.before.Last().Outcome.Status)
}

func (s *reuseFailure) String() string { return s.label() + ": " + s.x.Answered() }

// turn is one delivery of a conversation.
type turn struct {
	d      mocksender.Delivery
	judged bool
}

// conversation are deliveries for one connection: genuine ones, and between them two
// that many receivers answer without reading the body: one without a signature, and a
// duplicate.
func conversation(p *conformance.Probe) []turn {
	genuine := func() turn {
		return turn{mocksender.Delivery{UUID: p.Send().NewUUID(), Event: p.FreshAny()}, true}
	}
	first := genuine()
	return []turn{first, genuine(), {unsigned(p), false}, genuine(), {first.d, false}, genuine()}
}

// How often a delivery that is answered 5xx is sent again on the same connection, and how
// long the first wait before that is; each one is twice as long. A target that limits its
// rate takes it then.
const (
	sameConnectionRetries = 3
	sameConnectionWait    = 200 * time.Millisecond
)

// failureOnReuse holds a conversation and returns the first delivery that fails on a
// connection that was used before, or nil.
func failureOnReuse(p *conformance.Probe) *reuseFailure {
	line := p.Send().Pipeline()
	defer line.Close()
	reuses := 0
	var before *exchange.Exchange
	for _, t := range conversation(p) {
		x, reused := line.Send("a delivery on a connection with others", t.d)
		for n := 0; n < sameConnectionRetries && x.Answer == exchange.Failing; n++ {
			before = x
			p.Pause(sameConnectionWait << n)
			x, reused = line.Send("the same delivery again", t.d)
		}
		switch {
		case x.Answer == exchange.Unanswered:
			return nil
		case reused && t.judged && !x.Accepted():
			return &reuseFailure{before, x}
		case reused:
			reuses++
		}
		before = x
	}
	if reuses == 0 {
		p.Comment("the target closes the connection after each answer")
	}
	return nil
}
