package checks

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// apiChecks judge a target that calls the REST API because of an event, while the API
// fails. The guide says nothing of it, so that nothing here is more than a MAY.
func apiChecks() []*conformance.Check {
	check := func(id conformance.ID, title, doc, fix string, f rest.Fault, judge func(*conformance.Probe, rest.Fault)) *conformance.Check {
		return &conformance.Check{
			ID: id, Title: title, Level: conformance.May, Basis: conformance.Practice, From: []string{"S5"},
			Doc: doc, Fix: fix, Phase: conformance.Last, Exclusive: true,
			Run: func(p *conformance.Probe) {
				if callsBack(p) {
					judge(p, f)
				}
			},
		}
	}
	return []*conformance.Check{
		check("api/slow", "the answer does not wait for calls of the REST API",
			"A handler that asks the REST API for the meeting before it answers is as slow as the API. When that takes long, the sender's time-out passes, the event comes again, and is asked for again.",
			"Answer 2xx when the event is stored, and call the REST API from a background job: ctx.waitUntil in Workers, a queue elsewhere.",
			rest.Hang, judgeSlow),
		check("api/not-found", "events are taken while the REST API answers 404",
			"The REST API may not have yet, or not have any more, what an event names. A 404 that is handed on as the answer loses the event: what is answered below 500 is never sent again.",
			"Take the 404 for what it is, a meeting that is not to be had now: store the event, answer 2xx, and ask again later.",
			rest.Status404, judgeFailing),
		check("api/rate-limited", "events are taken while the REST API answers 429",
			"The REST API limits the rate of calls, and a webinar causes events by the hundred. Who waits in the handler as Retry-After says misses the sender's time-out, and who refuses loses the event.",
			"Answer 2xx first, and heed Retry-After in a background job. Answer 503 if nothing can be stored without the call.",
			rest.Status429, judgeFailing),
		check("api/failing", "events are taken while the REST API answers 500",
			"An outage of the REST API is no reason to lose events: they say what has happened, and come once.",
			"Answer 2xx when the event is stored, and try the call again in a background job. Answer 503 if nothing can be stored without it: then the event comes again.",
			rest.Status500, judgeFailing),
	}
}

// callsBack reports whether the target calls the REST API, and records that a check is
// not applicable otherwise. What calls for it may be one event type alone: each is sent
// once, if the run has not done so.
func callsBack(p *conformance.Probe) bool {
	sent := false
	for _, t := range rtk.EventTypes() {
		was := slices.ContainsFunc(p.Genuine(), func(x *exchange.Exchange) bool { return x.Delivery.Event.Type == t })
		if p.Calls() == 0 && p.Subscribed(t) && !was && p.Context().Err() == nil {
			p.AcceptQuietly(p.Fresh(t))
			sent = true
		}
	}
	if sent && p.Calls() == 0 {
		p.Pause(p.Options().Quiet)
	}
	usual := p.Endpoints().API.Fault()
	switch {
	case p.Calls() == 0:
		p.NotApplicable("the target made no calls to the API")
	case usual != rest.NoFault:
		p.Skip("the API fails throughout the run; without --api-fault %s, it fails for this check alone", usual)
	default:
		return true
	}
	return false
}

// whileAPI sends one event of each subscribed type while the REST API fails, and hands
// what became of each to judge, which reports whether to go on. called says that a call
// came meanwhile.
func whileAPI(p *conformance.Probe, f rest.Fault, judge func(x *exchange.Exchange, called bool) bool) {
	var events []rtk.Event
	for _, t := range rtk.EventTypes() {
		if p.Subscribed(t) {
			events = append(events, p.Fresh(t)) // what comes before is sent while all is well
		}
	}
	api := p.Endpoints().API
	for _, e := range events {
		if p.Interrupted() {
			return
		}
		before := p.Calls()
		_ = api.SetFault(f) // it is one
		x := p.Send().Once(exchange.Nonstandard, string(e.Type)+" while the REST API fails ("+f.String()+")", mocksender.Delivery{Event: e})
		called := p.Calls() > before
		_ = api.SetFault(rest.NoFault)
		if !judge(x, called) {
			return
		}
	}
}

// forgedCalls makes a forgery of each subscribed event type for a target that calls the
// REST API. Each is of a meeting that nothing else is of, so that a call says which it
// is for.
func forgedCalls(p *conformance.Probe) []conformance.Forgery {
	var out []conformance.Forgery
	for _, t := range rtk.EventTypes() {
		if p.Calls() == 0 || !p.Subscribed(t) {
			continue
		}
		events := p.Events().Lifecycle()
		if i := slices.IndexFunc(events, func(e rtk.Event) bool { return e.Type == t }); i >= 0 {
			out = append(out, conformance.Forgery{
				Label: "a signature by another key (" + string(t) + " of a meeting of its own)", Event: events[i],
				Mutations: []mutation.Mutation{p.Mutation("signature/other-key")},
			})
		}
	}
	return out
}

// again delivers x once more, now that the REST API works.
func again(p *conformance.Probe, x *exchange.Exchange) *exchange.Exchange {
	return p.AcceptQuietly(x.Made)
}

func judgeSlow(p *conformance.Probe, f rest.Fault) {
	slowest := time.Duration(0)
	whileAPI(p, f, func(x *exchange.Exchange, called bool) bool {
		if !called {
			return true
		}
		if x.Answer != exchange.Silent {
			slowest = max(slowest, x.Last().Outcome.Took)
			return true
		}
		if after := again(p, x); after.Accepted() {
			p.On(x, after).Violation("%s was not answered within %s, and at once when the REST API worked again", x.Label, p.Options().Timeout)
		} else {
			p.ProvesNothing(after.Label, after)
		}
		return false
	})
	if slowest > time.Second {
		p.Comment("the slowest answer took %s, while the REST API did not answer", slowest.Round(time.Millisecond))
	}
}

// judgeFailing judges answers while the REST API fails. One that asks for the event
// again is right if the API may work by then.
func judgeFailing(p *conformance.Probe, f rest.Fault) {
	asks := false
	whileAPI(p, f, func(x *exchange.Exchange, called bool) bool {
		switch {
		case x.Accepted() || !called:
			return true
		case x.Answer == exchange.Failing && f != rest.Status404:
			asks = true
		case x.Answer == exchange.Unanswered:
			return false
		}
		after := again(p, x)
		switch {
		case !after.Accepted():
			p.On(x, after).Inconclusive("%s, but it is not accepted now that the REST API works either: %s", x, after.Answered())
			return false
		case x.Answer == exchange.Failing && f != rest.Status404:
			return true
		}
		p.On(x, after).Violation("%s, and accepted when the REST API worked again", x)
		return false
	})
	if asks {
		p.Comment("asked for again meanwhile, which is right where nothing can be stored without the call")
	}
}
