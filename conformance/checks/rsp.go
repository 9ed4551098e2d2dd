package checks

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/refusal"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// Delays of the artifacts while inline work is looked for. The second is tried
// only if the first seems to be waited for.
const (
	artifactDelay  = 200 * time.Millisecond
	artifactDelay2 = 600 * time.Millisecond
)

// Size and width of a burst.
const (
	burstSize  = 100
	burstWidth = 16
)

// sentAgain is how many deliveries of a burst that failed are sent again.
const sentAgain = 5

// killedWith is how many deliveries are accepted right before the target is killed:
// one of them catches work that is delayed by a few milliseconds.
const killedWith = 8

// killsRightAfter is the check that kills the target right after an answer: what is lost
// then is judged there.
const killsRightAfter = "rsp/durable-accept"

// responseChecks are about the answer to a genuine delivery.
func responseChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "rsp/no-redirect", Title: "no genuine delivery is answered with a redirect",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S3", "S12", "S14"},
			Doc:   "A 3xx is a non-2xx response below 500: the delivery is recorded as failed and not retried. Redirects to https, to a trailing slash or to a login page are the usual ones.",
			Fix:   "Answer at the registered URL itself; register the URL that the redirect leads to.",
			Phase: conformance.AtEnd,
			Run: func(p *conformance.Probe) {
				accepted := false
				for _, x := range p.Genuine() {
					if code := x.FirstStatus(); code >= 300 && code <= 399 {
						p.On(x).Violation("%s: answered %d to %s", x.Label, code, refusal.Location(x.URL, x.Attempts[0].Outcome.Header.Get("Location")))
						return
					}
					accepted = accepted || x.Accepted()
				}
				if !accepted {
					p.On().Inconclusive("no genuine delivery was accepted")
				}
			},
		},
		{
			ID: "rsp/latency", Title: "accepted deliveries are answered within the budget",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S5"},
			Doc:   "The guide asks for a 2xx as soon as the event is accepted. How long the sender waits is unknown; older documents name three seconds, which is the budget here unless --latency-budget sets another.",
			Fix:   "Store or queue the event, answer, and do the work afterwards.",
			Phase: conformance.AtEnd,
			Run: func(p *conformance.Probe) {
				took := latencies(p)
				if len(took) == 0 {
					p.Skip("no delivery was answered")
					return
				}
				slices.Sort(took)
				p95 := took[(len(took)*95+99)/100-1]
				text := fmt.Sprintf("95 %% of %d attempts were answered within %s", len(took), p95.Round(100*time.Microsecond))
				if budget := p.Options().LatencyBudget; p95 > budget {
					p.On().Violation("%s, over the budget of %s; if the handler is faster, look at the server in front of it%s", text, budget, serverInFront(p))
					return
				}
				p.Comment("%s", text)
			},
		},
		{
			ID: "rsp/inline-work", Title: "the answer does not wait for downloads",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S5"},
			Needs: conformance.NeedCanaries, Exclusive: true, Sends: conformance.Extended,
			Doc: "A receiver that downloads a recording before it answers runs into the sender's time-out with the first large file, is sent the event again, and downloads again.",
			Fix: "Queue the download and answer 2xx: ctx.waitUntil in Workers, a job queue elsewhere.",
			Run: func(p *conformance.Probe) {
				usual := p.Endpoints().Artifacts.Delay()
				waitedFor := waited(p, usual+artifactDelay, linkedEvents(p))
				if len(waitedFor) > 0 { // it may have been slow by chance
					again := slices.DeleteFunc(linkedEvents(p), func(s step) bool {
						return !slices.ContainsFunc(waitedFor, func(x *exchange.Exchange) bool { return x.Label == slowly(s) })
					})
					waitedFor = waited(p, usual+artifactDelay2, again)
				}
				for _, x := range waitedFor {
					p.On(x).Violation("%s: the downloads took %s and the answer %s, and the link was followed before it",
						x.Label, usual+artifactDelay2, x.Attempts[0].Outcome.Took.Round(time.Millisecond))
				}
				p.Later(func() {
					if !p.Effects().CanariesOn() {
						p.Skip("the target follows no download link that leads here, so there was nothing to wait for")
					}
				})
			},
		},
		{
			ID: "rsp/poison", Title: "signed bodies that are no event are not answered 5xx",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13"}, Phase: conformance.Risky,
			Doc: "After a 5xx the delivery is sent again, and fails again. One body that cannot be parsed then comes back until the sender gives up, and may slow the deliveries behind it.",
			Fix: "Catch the parser's error, check that the value is an object, and answer 2xx (ignored) or 4xx.",
			Run: func(p *conformance.Probe) {
				sendNonstandard(p,
					odd("a signed body that is no JSON", []byte("not json")),
					odd("the signed body null", []byte("null")),
					odd("the signed body []", []byte("[]")),
					odd("the signed body {}", []byte("{}")),
					odd("a signed empty body", []byte{}),
				)
			},
		},
		{
			ID: "rsp/non-post", Title: "methods other than POST have no effect",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
			Needs: conformance.NeedEffects,
			Doc:   "Health checks, crawlers and link previews send GET and HEAD. Deliveries are POST alone.",
			Fix:   "Route only POST to the handler; whether the others are answered 404, 405 or 200 does not matter.",
			Run: func(p *conformance.Probe) {
				var xs []*exchange.Exchange
				var statuses []string
				for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
					t := p.LinkedType()
					if bodiless(method) {
						t = p.ControlType()
					}
					x := p.Try("a genuine delivery sent as "+method, mocksender.Delivery{
						Event: p.Fresh(t), Mutations: []mutation.Mutation{asMethod(method)},
					})
					xs = append(xs, x)
					statuses = append(statuses, fmt.Sprintf("%s %d", method, x.Last().Outcome.Status))
				}
				p.Later(func() {
					p.Comment("%s", strings.Join(statuses, ", "))
					known := false
					for _, x := range xs {
						_, seen := p.Effects().Stray(x)
						known = known || seen || p.Effects().CanariesOn()
						if p.Effects().ActedOn(x) {
							p.On(x).Violation("%s took effect", x.Label)
						}
					}
					if !known {
						p.Skip("only the statuses could be seen; count effects with --effects-file or --effects-url")
					}
				})
			},
		},
		{
			ID: "rsp/burst", Title: "a burst of deliveries is taken without loss",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3", "S14"},
			Exclusive: true,
			Doc:       "When a webinar starts, participants join by the hundred. A 429 is a non-2xx below 500: what is refused then is lost, not delayed.",
			Fix:       "Exempt the webhook's path from rate limits, and queue what cannot be done at once; if you have to refuse, answer 503, which is retried.",
			Run: func(p *conformance.Probe) {
				if !maySendAtOnce(p, burstWidth, "are sent") {
					return
				}
				var lost []*exchange.Exchange
				for _, x := range p.Send().Together(burstWidth, "a delivery of the burst", several(p, burstSize)) {
					switch x.Answer {
					case exchange.Accepted:
					case exchange.Unanswered:
						p.ProvesNothing(x.Label, x)
						return
					default:
						lost = append(lost, x)
					}
				}
				if len(lost) == 0 || comesAgain(p, lost) {
					return
				}
				p.On(lost...).Violation("%d of %d deliveries, %d at once, were lost: %s", len(lost), burstSize, burstWidth, histogram(lost))
			},
		},
		{
			ID: killsRightAfter, Title: "what was answered 2xx takes effect though the process is killed right after",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S16"},
			Needs: conformance.NeedEffects | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
			Doc: "After a 2xx the sender forgets the delivery. What the receiver holds in its memory alone at that moment is lost with the process: a crash, a deployment, a machine that is taken away.",
			Fix: "Answer 2xx when the event is in a database or a queue that outlives the process, and work from there.",
			Run: func(p *conformance.Probe) {
				if lack := p.Process().LacksRestart(); lack != "" {
					p.Skip("only a target that can be killed can show it: %s", lack)
					return
				}
				if !works(p) {
					return
				}
				width := killedWith
				if p.Rate() > 0 {
					width = 1
				}
				all := several(p, width)
				p.Process().Drain()
				xs := p.Send().Together(0, "a delivery right before the target is killed", all)
				if !p.Process().Kill() || !alive(p) {
					return
				}
				p.Effects().Await(xs...)
				p.Later(func() {
					if p.Effects().LostOnRestart() {
						p.Skip("the target counts effects in the memory of its process, and what was killed with it cannot be seen; count them in a file or a database")
						return
					}
					judgeDurable(p, xs)
				})
			},
		},
	}
}

// latencies returns how long the answers to genuine deliveries took. An attempt without
// an answer counts with its time-out.
func latencies(p *conformance.Probe) []time.Duration {
	var out []time.Duration
	for _, x := range p.Genuine() {
		for _, a := range x.Attempts {
			if a.Fault == "" && (a.Outcome.OK() || a.Outcome.Class == mocksender.ClassTimeout) {
				out = append(out, a.Outcome.Took)
			}
		}
	}
	return out
}

// waited delivers events whose downloads take delay, and returns those for which the answer
// seems to have waited for them: it came when the download was over. One that is late for
// another reason, as on a busy machine, mostly comes before that.
func waited(p *conformance.Probe, delay time.Duration, steps []step) []*exchange.Exchange {
	artifacts := p.Endpoints().Artifacts
	defer artifacts.SetDelay(artifacts.Delay())
	artifacts.SetDelay(delay)
	presign(p, steps)
	var out []*exchange.Exchange
	for _, s := range steps {
		x := p.Deliver(slowly(s), s.event)
		followed := p.Effects().FollowedAt(x)
		slow := func(a mocksender.Attempt) bool {
			return a.Outcome.Took >= delay && !a.At.Add(a.Outcome.Took).Before(followed.Add(delay))
		}
		if !followed.IsZero() && slices.ContainsFunc(x.Attempts, slow) {
			out = append(out, x)
		}
	}
	return out
}

func slowly(s step) string { return s.label + " with slow downloads" }

// comesAgain reports whether all that failed in a burst was answered 5xx in every attempt,
// and is accepted when some of it comes once more: the real sender tries again over a longer
// time, and does not lose it.
func comesAgain(p *conformance.Probe, failed []*exchange.Exchange) bool {
	for i, x := range failed {
		if x.Answer != exchange.Failing && !(x.Answer == exchange.Limited && x.Last().Outcome.Status >= 500) {
			return false
		}
		if i < sentAgain && !p.Offer(x.Label+", once more", sameAs(x)).Accepted() {
			return false
		}
	}
	p.Comment("%s, %d at once, failed in every attempt, and were accepted when sent again later", counted(len(failed), "delivery", "deliveries"), burstWidth)
	return true
}

// histogram counts answers, in a stable order.
func histogram(xs []*exchange.Exchange) string {
	counts := map[string]int{}
	for _, x := range xs {
		counts[x.Answered()]++
	}
	var parts []string
	for answer, n := range counts {
		parts = append(parts, fmt.Sprintf("%d × %s", n, answer))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func judgeDurable(p *conformance.Probe, xs []*exchange.Exchange) {
	accepted, seen := 0, 0
	var lost, dropped []*exchange.Exchange
	for _, x := range xs {
		if !x.Accepted() {
			continue
		}
		accepted++
		switch n, known := p.Effects().Count(x); {
		case !known:
		case n == 0 && p.Effects().DroppedAtBaseline(x):
			dropped = append(dropped, x)
		default:
			seen++
			if n == 0 {
				lost = append(lost, x)
			}
		}
	}
	switch {
	case len(lost) > 0:
		p.On(lost...).Violation("%d of %s answered 2xx right before the target was killed %s",
			len(lost), counted(accepted, "delivery that was", "deliveries that were"), p.Effects().NoneInTime())
	case accepted == 0:
		p.On(xs...).Inconclusive("%s", xs[0])
	case seen == 0 && len(dropped) > 0:
		skipDropped(p, dropped[0])
	case seen == 0:
		p.Skip("%s", p.Effects().WhyUnknown(xs[0]))
	}
}
