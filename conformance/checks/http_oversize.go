package checks

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// Sizes of what is sent unsigned: anybody can send it.
const (
	bigBody         = 8 << 20
	floodFields     = 2048
	floodField      = 1 << 10 // bytes of each
	idleConnections = 60
)

// strain is something that a receiver has to withstand.
type strain struct {
	label string
	// begin returns what ends it and waits for the end.
	begin func(*conformance.Probe) (end func())
}

func strains() []strain {
	return []strain{
		{fmt.Sprintf("an unsigned body of %d MB", bigBody>>20), meanwhile(wireMutation("body/oversize", "The body has 8 MB.", func(w *mutation.Wire) {
			w.Body = bytes.Repeat([]byte(" "), bigBody)
		}))},
		{fmt.Sprintf("a header of %d MB", floodFields*floodField>>20), meanwhile(wireMutation("header/flood", "The header has 2 MB.", func(w *mutation.Wire) {
			value := []string{strings.Repeat("x", floodField)}
			for i := range floodFields {
				w.Header[fmt.Sprintf("X-Flood-%d", i)] = value
			}
		}))},
		{fmt.Sprintf("%d connections with unfinished requests", idleConnections), func(p *conformance.Probe) func() {
			_, release := p.Send().OpenIdle(idleConnections, unsigned(p))
			return release
		}},
	}
}

// meanwhile sends an unsigned delivery that is too large, at the same time as what follows.
func meanwhile(large mutation.Mutation) func(*conformance.Probe) func() {
	return func(p *conformance.Probe) func() {
		f := p.Send().StartUnlogged("a delivery that is too large", unsigned(p, large, freshConnection()))
		return func() { f.Wait() }
	}
}

func freshConnection() mutation.Mutation {
	return wireMutation(mutation.FreshConnection, "The request has a connection of its own.",
		func(w *mutation.Wire) { w.Framing.FreshConnection = true })
}

// acceptsUnder puts a strain on the target and judges whether a genuine delivery is accepted meanwhile.
// It reports whether there is a point in going on.
func acceptsUnder(p *conformance.Probe, b strain) bool {
	x := deliverUnder(p, b)
	if !x.Accepted() && p.Context().Err() == nil {
		p.TooFast(x)
		x = deliverUnder(p, b) // once may be chance
	}
	if p.Interrupted() {
		return false
	}
	if x.Accepted() {
		return true
	}
	text := fmt.Sprintf("during %s a genuine delivery: %s", b.label, x.Answered())
	if after := p.Control(); !after.Accepted() {
		p.On(x, after).Inconclusive("%s; and without it the control: %s", text, after.Answered())
		return false
	}
	if x.Answer == exchange.Limited {
		p.On(x).Inconclusive("%s, a rate limit", text)
		return false
	}
	p.On(x).Violation("%s", text)
	return true
}

// How many genuine deliveries are sent during a strain, which may take a moment to
// show; how often one that is answered 5xx or a rate limit is sent again; and how long
// the first wait for a limit is.
const (
	besides  = 3
	attempts = 3
	backOff  = 300 * time.Millisecond
)

// deliverUnder delivers genuine events, each on a connection of its own, while the target
// is under b. It returns the first that is not accepted, or the last.
func deliverUnder(p *conformance.Probe, b strain) *exchange.Exchange {
	deliveries := make([]mocksender.Delivery, besides)
	for i := range deliveries {
		deliveries[i] = fresh(p, freshConnection())
	}
	end := b.begin(p)
	defer end()
	var x *exchange.Exchange
	for _, d := range deliveries {
		for n := range attempts {
			if n > 0 && x.Answer == exchange.Limited {
				p.Pause(time.Duration(n) * backOff)
			}
			x = p.Send().Once(exchange.Nonstandard, "a genuine delivery meanwhile", d)
			if x.Answer != exchange.Failing && x.Answer != exchange.Limited {
				break
			}
		}
		if !x.Accepted() {
			break
		}
	}
	return x
}
