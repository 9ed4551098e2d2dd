package checks

import (
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// oddBody is a signed body that the real sender does not send.
type oddBody struct {
	label string
	body  []byte
	kind  rtk.EventType // if it is one of an event all the same
}

// survive sends odd bodies. Each may be accepted or refused, but neither answered 5xx
// nor cut off, and a genuine delivery has to be accepted afterwards. It returns the
// exchanges, nil if the run was interrupted.
func survive(p *conformance.Probe, bodies ...oddBody) []*exchange.Exchange {
	for _, b := range bodies {
		p.Send().Presign(rtk.Event{Body: b.body})
	}
	var xs []*exchange.Exchange
	for _, b := range bodies {
		if p.Interrupted() {
			return nil
		}
		x := p.Try(b.label, mocksender.Delivery{Event: rtk.Event{Type: b.kind, Body: b.body}})
		xs = append(xs, x)
		if x.Answer == exchange.Failing || x.Answer == exchange.Cut {
			p.On(x).Violation("%s: %s", b.label, x.Answered())
		} else if x.Answer != exchange.Unanswered {
			p.ProvesNothing(b.label, x)
		}
	}
	if c := p.Control(); c.Answer.Rejected() {
		p.On(c).Violation("a genuine delivery afterwards: %s", c.Answered())
	}
	return xs
}

func evtTextTorture() *conformance.Check {
	return &conformance.Check{
		ID: "evt/text-torture", Title: "hostile text is stored or refused, not choked on",
		Level: conformance.May, Basis: conformance.Practice,
		Doc: "Display names are chosen by people. Some databases refuse U+0000, some serialisers a lone surrogate, some columns 10 kB.",
		Fix: "Clean or cut text before storing it, and answer 2xx or 4xx.",
		Run: func(p *conformance.Probe) {
			var bodies []oddBody
			for _, text := range []struct{ label, value string }{
				{"a name with a right-to-left override", "\"abc\u202edcba\""},
				{`a name with \u0000`, `"a\u0000b"`},
				{"a name with a lone surrogate", `"a\ud800b"`},
				{"a name of 10 kB", `"` + strings.Repeat("ab cd ", 1707) + `"`},
				{"a name that ends a script", `"\"</script><img src=x onerror=alert(1)>"`},
			} {
				bodies = append(bodies, oddBody{text.label, named(p.FreshAny().Body, text.value), p.ControlType()})
			}
			// Text that is accepted and then dropped is neither stored nor refused.
			notDroppedForName(p, conformance.Note, survive(p, bodies...)...)
		},
	}
}

func evtDuplicateJSONKeys() *conformance.Check {
	return &conformance.Check{
		ID: "evt/duplicate-json-keys", Title: "a member given twice does no harm",
		Level: conformance.May, Basis: conformance.Practice,
		Doc: "JSON leaves open what a repeated member means, and parsers differ. None of that is a reason to fail.",
		Fix: "Answer 2xx or 4xx.",
		Run: func(p *conformance.Probe) {
			body := append([]byte(`{"event":"meeting.somethingElse","meeting":null,`), p.FreshAny().Body[1:]...)
			survive(p, oddBody{label: "a body with members given twice", body: body})
		},
	}
}

func evtDeepNesting() *conformance.Check {
	return &conformance.Check{
		ID: "evt/deep-nesting", Title: "a deeply nested body does no harm",
		Level: conformance.May, Basis: conformance.Practice,
		Doc: "Recursive parsers run out of stack. A signed body is not hostile, but the same parser may be met before the signature is.",
		Fix: "Bound the depth, or catch the parser's error and answer 4xx.",
		Run: func(p *conformance.Probe) {
			const depth = 10_000
			nested := strings.Repeat("[", depth) + strings.Repeat("]", depth)
			body := append([]byte(`{"deep":`+nested+`,`), p.FreshAny().Body[1:]...)
			survive(p, oddBody{label: fmt.Sprintf("a body nested %d deep", depth), body: body})
		},
	}
}

func rspPoison() *conformance.Check {
	return &conformance.Check{
		ID: "rsp/poison", Title: "signed bodies that are no event are not answered 5xx",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13"},
		Doc: "After a 5xx the delivery is sent again, and fails again. One body that cannot be parsed then comes back until the sender gives up, and may slow the deliveries behind it.",
		Fix: "Catch the parser's error, check that the value is an object, and answer 2xx (ignored) or 4xx.",
		Run: func(p *conformance.Probe) {
			survive(p,
				oddBody{label: "a signed body that is no JSON", body: []byte("not json")},
				oddBody{label: "the signed body null", body: []byte("null")},
				oddBody{label: "the signed body []", body: []byte("[]")},
				oddBody{label: "the signed body {}", body: []byte("{}")},
				oddBody{label: "a signed empty body", body: []byte{}},
			)
		},
	}
}
