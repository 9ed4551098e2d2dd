package checks

import (
	"fmt"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
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
			switch {
			case p.Context().Err() != nil:
				p.Skip("not finished: the run ended first")
			case found == nil:
			case p.Control().Answer != conformance.Accepted:
				p.AddFinding(conformance.Inconclusive, found.evidence(), "%s; but the control is not accepted by now either", found)
			case found.s.Answer == conformance.Limited:
				p.AddFinding(conformance.Inconclusive, found.evidence(), "%s, a rate limit; try --rate", found)
			case found.s.Answer == conformance.Silent:
				p.AddFinding(conformance.Inconclusive, found.evidence(), "%s; if the target is only slow, raise --timeout", found)
			default:
				p.Violation(found.evidence(), "%s; on a connection of its own it is accepted", found)
			}
		},
	}
}

// spoilt is a genuine delivery that was not accepted on a connection that had
// been used before.
type spoilt struct{ before, s *conformance.Exchange }

func (s *spoilt) evidence() []*conformance.Exchange { return []*conformance.Exchange{s.s, s.before} }

func (s *spoilt) String() string {
	return fmt.Sprintf("a genuine delivery on a connection whose last answer was %d: %s", s.before.Last().Outcome.Status, s.s.Answered())
}

// turn is one delivery of a conversation.
type turn struct {
	d      mocksender.Delivery
	judged bool
}

// conversation are deliveries for one connection: genuine ones, and between
// them what many receivers answer without reading the body: one without a
// signature, and a duplicate.
func conversation(p *conformance.Probe) []turn {
	genuine := func() turn {
		return turn{mocksender.Delivery{UUID: p.NewUUID(), Event: p.FreshAny()}, true}
	}
	first := genuine()
	unsigned := turn{mocksender.Delivery{Event: p.FreshAny(), Mutations: []mutation.Mutation{p.Mutation("signature/missing")}}, false}
	return []turn{first, genuine(), unsigned, genuine(), {first.d, false}, genuine()}
}

// again bounds how often a delivery that is answered 5xx is sent again on the
// same connection, as the real sender would.
const again = 3

// converse holds a conversation and returns what was spoilt in it, or nil.
func converse(p *conformance.Probe) *spoilt {
	line := p.Pipeline()
	defer line.Close()
	reuses := 0
	var before *conformance.Exchange
	for _, t := range conversation(p) {
		s, reused := line.Deliver("a delivery on a connection with others", t.d)
		for n := 0; n < again && s.Answer == conformance.Failing; n++ {
			before = s
			s, reused = line.Deliver("the same delivery again", t.d)
		}
		switch {
		case s.Answer == conformance.Unanswered:
			return nil
		case reused && t.judged && s.Answer != conformance.Accepted:
			return &spoilt{before, s}
		case reused:
			reuses++
		}
		before = s
	}
	if reuses == 0 {
		p.Comment("the target closes the connection after each answer")
	}
	return nil
}
