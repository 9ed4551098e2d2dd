package checks

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

func rspNoRedirect() *conformance.Check {
	return &conformance.Check{
		ID: "rsp/no-redirect", Title: "no genuine delivery is answered with a redirect",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S3", "S12", "S14"},
		Doc:   "A 3xx is a non-2xx response below 500: the delivery is recorded as failed and not retried. Redirects to https, to a trailing slash or to a login page are the usual ones.",
		Fix:   "Answer at the registered URL itself; register the URL that the redirect leads to.",
		Phase: conformance.AtEnd,
		Run: func(p *conformance.Probe) {
			accepted := false
			for _, s := range p.Genuine() {
				if code := s.FirstStatus(); code >= 300 && code <= 399 {
					p.Violation([]*conformance.Exchange{s}, "%s: answered %d to %s", s.Label, code, location(s.URL, s.Attempts[0].Outcome))
					return
				}
				accepted = accepted || s.Answer == conformance.Accepted
			}
			if !accepted {
				p.AddFinding(conformance.Inconclusive, nil, "no genuine delivery was accepted")
			}
		},
	}
}

func rspLatency() *conformance.Check {
	return &conformance.Check{
		ID: "rsp/latency", Title: "accepted deliveries are answered within the budget",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S5"},
		Doc:   "The guide asks for a 2xx as soon as the event is accepted. How long the sender waits is unknown; older documents name three seconds, which is the budget here unless --latency-budget sets another.",
		Fix:   "Store or queue the event, answer, and do the work afterwards.",
		Phase: conformance.AtEnd,
		Run: func(p *conformance.Probe) {
			took := p.Latencies()
			if len(took) == 0 {
				p.Skip("no delivery was answered")
				return
			}
			slices.Sort(took)
			p95 := took[(len(took)*95+99)/100-1]
			text := fmt.Sprintf("95 %% of %d attempts were answered within %s", len(took), p95.Round(100*time.Microsecond))
			if p95 > p.LatencyBudget() {
				p.Violation(nil, "%s, over the budget of %s", text, p.LatencyBudget())
				return
			}
			p.Comment("%s", text)
		},
	}
}

// Delays of the artifacts while inline work is looked for. The second is tried
// only if the first seems to be waited for.
const (
	artifactDelay  = 200 * time.Millisecond
	artifactDelay2 = 600 * time.Millisecond
)

func rspInlineWork() *conformance.Check {
	return &conformance.Check{
		ID: "rsp/inline-work", Title: "the answer does not wait for downloads",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S5"},
		Needs: conformance.NeedCanaries, Exclusive: true,
		Doc: "A receiver that downloads a recording before it answers runs into the sender's time-out with the first large file, is sent the event again, and downloads again.",
		Fix: "Queue the download and answer 2xx: ctx.waitUntil in Workers, a job queue elsewhere.",
		Run: func(p *conformance.Probe) {
			usual := p.Endpoints().Artifacts.Delay()
			s := waited(p, usual+artifactDelay)
			if s != nil {
				s = waited(p, usual+artifactDelay2)
			}
			if s != nil {
				p.Violation([]*conformance.Exchange{s}, "with downloads that take %s the answer took %s, and the link was followed before it",
					usual+artifactDelay2, s.Attempts[0].Outcome.Took.Round(time.Millisecond))
				return
			}
			p.Later(func() {
				if !p.SeesCanaries() {
					p.Skip("the target follows no download link that leads here, so there was nothing to wait for")
				}
			})
		},
	}
}

// waited delivers an event whose downloads take delay, and returns it if the
// answer seems to have waited for them.
func waited(p *conformance.Probe, delay time.Duration) *conformance.Exchange {
	e := p.FreshLinked()
	artifacts := p.Endpoints().Artifacts
	defer artifacts.SetDelay(artifacts.Delay())
	artifacts.SetDelay(delay)
	s := p.Deliver(string(e.Type)+" with slow downloads", e)
	followed := p.Followed(s)
	for _, a := range s.Attempts {
		if followed && a.Outcome.Took >= delay {
			return s
		}
	}
	return nil
}

func rspPoison() *conformance.Check {
	return &conformance.Check{
		ID: "rsp/poison", Title: "signed bodies that are no event are not answered 5xx",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13"},
		Doc: "A 5xx has the delivery sent again, and it will fail again. One body that cannot be parsed then comes back until the sender gives up, and may slow the deliveries behind it.",
		Fix: "Catch the parser's error, check that the value is an object, and answer 2xx (ignored) or 4xx.",
		Run: func(p *conformance.Probe) {
			survive(p, []oddBody{
				{label: "a signed body that is no JSON", body: []byte("not json")},
				{label: "the signed body null", body: []byte("null")},
				{label: "the signed body []", body: []byte("[]")},
				{label: "the signed body {}", body: []byte("{}")},
				{label: "a signed empty body", body: []byte{}},
			})
		},
	}
}

func rspNonPost() *conformance.Check {
	return &conformance.Check{
		ID: "rsp/non-post", Title: "methods other than POST have no effect",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
		Needs: conformance.NeedEffects,
		Doc:   "Health checks, crawlers and link previews send GET and HEAD. Deliveries are POST alone.",
		Fix:   "Route only POST to the handler; whether the others are answered 404, 405 or 200 does not matter.",
		Run: func(p *conformance.Probe) {
			var sent []*conformance.Exchange
			var statuses []string
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
				event := p.FreshLinked
				if bodiless(method) {
					event = p.FreshAny
				}
				s := p.Try("a genuine delivery sent as "+method, mocksender.Delivery{
					Event: event(), Mutations: []mutation.Mutation{asMethod(method)},
				})
				sent = append(sent, s)
				statuses = append(statuses, fmt.Sprintf("%s %d", method, s.Last().Outcome.Status))
			}
			p.Later(func() {
				p.Comment("%s", strings.Join(statuses, ", "))
				known := false
				for _, s := range sent {
					effect, seen := p.Effect(s)
					known = known || seen || p.SeesCanaries()
					if seen && effect || p.Followed(s) {
						p.Violation([]*conformance.Exchange{s}, "%s took effect", s.Label)
					}
				}
				if !known {
					p.Skip("only the statuses could be seen; count effects with --effects-url")
				}
			})
		},
	}
}

// asMethod sends the signed request under another method; without a body where
// it is bodiless.
func asMethod(method string) mutation.Mutation {
	return mutation.Mutation{
		ID:      "method/" + strings.ToLower(method),
		Doc:     "the request is sent as " + method,
		Changes: mutation.PartMethod | mutation.PartBody,
		Apply: func(w *mutation.Wire) error {
			w.Method = method
			if bodiless(method) {
				w.Body = nil
			}
			return nil
		},
	}
}

// bodiless reports whether requests of a method have no body by custom.
func bodiless(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// Size and width of a burst.
const (
	burstSize  = 100
	burstWidth = 16
)

func rspBurst() *conformance.Check {
	return &conformance.Check{
		ID: "rsp/burst", Title: "a burst of deliveries is taken without loss",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3", "S14"},
		Exclusive: true,
		Doc:       "When a webinar starts, participants join by the hundred. A 429 is a non-2xx below 500: what is refused then is lost, not delayed.",
		Fix:       "Exempt the webhook's path from rate limits, and queue what cannot be done at once; if you have to refuse, answer 503, which is retried.",
		Run: func(p *conformance.Probe) {
			if rate := p.Rate(); rate > 0 {
				p.Skip("the run may send no more than %g requests a second; without --rate a burst is tried", rate)
				return
			}
			deliveries := make([]mocksender.Delivery, burstSize)
			for i := range deliveries {
				deliveries[i].Event = p.FreshAny()
			}
			var lost []*conformance.Exchange
			for _, s := range p.Together(burstWidth, "a delivery of the burst", deliveries) {
				switch s.Answer {
				case conformance.Accepted:
				case conformance.Unanswered:
					p.Skip("not finished: the run ended first")
					return
				default:
					lost = append(lost, s)
				}
			}
			if len(lost) == 0 || len(lost) <= unlucky && byChance(p, lost) {
				return
			}
			by := map[string]int{}
			for _, s := range lost {
				by[s.Answered()]++
			}
			p.Violation(lost, "%d of %d deliveries, %d at once, were lost: %s", len(lost), burstSize, burstWidth, counts(by))
		},
	}
}

// unlucky is how many deliveries of a burst may fail by chance, at a target that
// fails now and then whatever comes.
const unlucky = 2

// byChance reports whether deliveries that failed in every attempt are accepted
// when they come once more.
func byChance(p *conformance.Probe, failed []*conformance.Exchange) bool {
	for _, s := range failed {
		if s.Answer != conformance.Failing || p.Offer(s.Label+", once more", sameAs(s)).Answer != conformance.Accepted {
			return false
		}
	}
	p.Comment("%s, %d at once, failed in every attempt and then were accepted", counted(len(failed), "delivery", "deliveries"), burstWidth)
	return true
}

// counted is "1 forgery", "2 forgeries".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// counts writes a histogram in a stable order.
func counts(m map[string]int) string {
	var parts []string
	for what, n := range m {
		parts = append(parts, fmt.Sprintf("%d × %s", n, what))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
