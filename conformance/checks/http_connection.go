package checks

import (
	"fmt"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
)

func httpKeepAlive() *conformance.Check {
	return &conformance.Check{
		ID: "http/keep-alive", Title: "many deliveries on one connection are each answered for themselves",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
		Doc: "HTTP/1.1 keeps connections (RFC 9112, section 9.3). A body that is not read after an early answer is taken for the next request, and an answer longer than it says spoils the next one: the delivery behind it is lost, or sent again for nothing.",
		Fix: "Read or discard the body before answering, let the server compute Content-Length, or close the connection and say so.",
		Run: func(p *conformance.Probe) {
			found := converse(p)
			if found != nil {
				found = converse(p) // once may be chance
			}
			if p.Interrupted() || found == nil {
				return
			}
			switch {
			case !p.Control().Accepted():
				p.On(found.evidence()...).Inconclusive("%s; but the control is not accepted now either", found)
			case p.ProvesNothing(found.label(), found.x):
			default:
				p.On(found.evidence()...).Violation("%s; on a connection of its own it is accepted", found)
			}
		},
	}
}

// spoilt is a genuine delivery that was not accepted on a connection that had been
// used before.
type spoilt struct{ before, x *exchange.Exchange }

func (s *spoilt) evidence() []*exchange.Exchange { return []*exchange.Exchange{s.x, s.before} }

func (s *spoilt) label() string {
	return fmt.Sprintf("a genuine delivery on a connection whose last answer was %d", s.before.Last().Outcome.Status)
}

func (s *spoilt) String() string { return s.label() + ": " + s.x.Answered() }

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

// sameConnectionRetries bounds how often a delivery that is answered 5xx is sent again
// on the same connection, as the real sender would.
const sameConnectionRetries = 3

// converse holds a conversation and returns what was spoilt in it, or nil.
func converse(p *conformance.Probe) *spoilt {
	line := p.Send().Pipeline()
	defer line.Close()
	reuses := 0
	var before *exchange.Exchange
	for _, t := range conversation(p) {
		x, reused := line.Send("a delivery on a connection with others", t.d)
		for n := 0; n < sameConnectionRetries && x.Answer == exchange.Failing; n++ {
			before = x
			x, reused = line.Send("the same delivery again", t.d)
		}
		switch {
		case x.Answer == exchange.Unanswered:
			return nil
		case reused && t.judged && !x.Accepted():
			return &spoilt{before, x}
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
