package checks

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// commonForgeries are sent by the checks on all rejections themselves, so that they have
// something to judge when they run alone.
func commonForgeries(p *conformance.Probe) []conformance.Forgery {
	return []conformance.Forgery{
		forgery(p, "a delivery without rtk-signature", "signature/missing"),
		forgery(p, "!!!not-base64!!! as signature", "signature/garbage-base64"),
		forgery(p, "a signature by another key", "signature/other-key"),
		forgery(p, "one byte of the body changed after signing", "body/flip-byte"),
	}
}

func sigEffectBeforeVerify() *conformance.Check {
	return &conformance.Check{
		ID: "sig/effect-before-verify", Title: "forgeries leave no effect and cause no download, whatever the status",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
		Needs:   conformance.NeedEffects | conformance.NeedCanaries,
		Doc:     "A 401 that comes after the row was written protects nothing. Only the target's own count, or a download link that leads back here, can show it.",
		Fix:     "Verify first, then parse, store, queue or download.",
		Overall: true,
		Run: func(p *conformance.Probe) {
			var own []*exchange.Exchange
			for _, t := range slices.Compact([]rtk.EventType{p.ControlType(), p.LinkedType()}) {
				b := p.Bracket(t, commonForgeries(p)...)
				if !p.BracketHolds(b) {
					return
				}
				own = append(own, b.Forged...)
			}
			own = append(own, byOtherMethods(p)...)
			p.Later(func() { judgeStrayEffects(p, own) })
		},
	}
}

// byOtherMethods sends unsigned deliveries that are no POST. Whatever the answer is, a
// route of its own must not lead around the verification.
func byOtherMethods(p *conformance.Probe) []*exchange.Exchange {
	var out []*exchange.Exchange
	t := p.LinkedType()
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		out = append(out, p.Try("an unsigned "+method, mocksender.Delivery{
			Event: p.Fresh(t), Mutations: []mutation.Mutation{p.Mutation("signature/missing"), asMethod(method)},
		}))
		t = p.ControlType() // one with links is enough: others have to be sent before it
	}
	return out
}

func judgeStrayEffects(p *conformance.Probe, own []*exchange.Exchange) {
	effects := p.Effects()
	if !effects.On() && !effects.CanariesOn() {
		p.Skip("nothing that the target does can be seen: count effects with --effects-url, or let the target follow the download links")
		return
	}
	if !effects.On() {
		p.Comment("only downloads could be seen; --effects-url shows the rest")
	}
	var stray []*exchange.Exchange
	seen := map[string]bool{}
	for _, f := range append(own, refusedForgeries(p)...) {
		if !seen[f.Delivery.UUID] && effects.ActedOn(f) {
			seen[f.Delivery.UUID] = true
			stray = append(stray, f)
		}
	}
	if len(stray) > 0 {
		p.On(stray...).Violation("%s took effect, or had a download link followed: %s", counted(len(stray), "forgery", "forgeries"), withAnswers(stray))
	}
}

// refusedForgeries returns the forgeries of the run that were not accepted.
func refusedForgeries(p *conformance.Probe) []*exchange.Exchange {
	return slices.DeleteFunc(p.Forgeries(), func(f *exchange.Exchange) bool { return f.Accepted() })
}

// withAnswers names the first of some deliveries, with their answers.
func withAnswers(xs []*exchange.Exchange) string {
	var texts []string
	for _, x := range xs {
		if text := x.Label + " (" + x.Answered() + ")"; len(texts) < labelLimit && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", ")
}

func sigRejectsWith4xx() *conformance.Check {
	return &conformance.Check{
		ID: "sig/rejects-with-4xx", Title: "every rejection is a 4xx",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13", "S14"}, Production: true,
		Doc:     "A 5xx or a cut connection asks the sender to try again; here it mostly means that the forgery threw an exception nobody caught.",
		Fix:     "Catch what decoding and verifying throw, and answer 401.",
		Overall: true,
		Run: func(p *conformance.Probe) {
			unreadable := conformance.Forgery{Label: "an unsigned body that is no JSON", Mutations: []mutation.Mutation{notJSON(), p.Mutation("signature/missing")}}
			if b := p.Bracket(p.ControlType(), append(commonForgeries(p), unreadable)...); !p.BracketHolds(b) {
				return
			}
			p.Later(func() {
				failing := slices.DeleteFunc(p.Forgeries(), func(f *exchange.Exchange) bool {
					return f.Answer != exchange.Failing && f.Answer != exchange.Cut
				})
				if len(failing) > 0 {
					p.On(failing...).Violation("%s answered 5xx or cut off: %s", counted(len(failing), "forgery was", "forgeries were"), withAnswers(failing))
				}
			})
		},
	}
}

// notJSON is a body that makes a parser throw.
func notJSON() mutation.Mutation {
	return wireMutation("body/not-json", "half a JSON object", func(w *mutation.Wire) { w.Body = []byte(`{"event":`) })
}

// leak is something that a rejection should not show.
type leak struct {
	what    string
	pattern *regexp.Regexp
}

func leaks() []leak {
	return []leak{
		{"a stack trace", regexp.MustCompile(`(?m)^\s*at \S.*[:(]\d+|Traceback \(most recent call last\)|goroutine \d+ \[|\.go:\d+|\.py", line \d+|\.(js|ts|mjs):\d+:\d+`)},
		{"a key", regexp.MustCompile(`-----BEGIN [A-Z ]+-----`)},
		{"a path", regexp.MustCompile(`(?:/(?:home|root|usr|var|opt|app|srv|Users)/[\w.-]+/)|node_modules/|[A-Z]:\\\\?\w+`)},
	}
}

func sigNoLeak() *conformance.Check {
	return &conformance.Check{
		ID: "sig/no-leak", Title: "a rejection tells nothing about the receiver's inside",
		Level: conformance.May, Basis: conformance.Practice, Production: true,
		Doc:     "Stack traces, keys and paths in an answer to a forgery help whoever sent it.",
		Fix:     "Answer rejections with a fixed short text, and log the rest.",
		Overall: true,
		Run: func(p *conformance.Probe) {
			if b := p.Bracket(p.ControlType(), commonForgeries(p)...); !p.BracketHolds(b) {
				return
			}
			p.Later(func() {
				for _, l := range leaks() {
					for _, f := range refusedForgeries(p) {
						if l.pattern.Match(f.Last().Outcome.Body) {
							p.On(f).Violation("the answer to %s shows %s", f.Label, l.what)
							break
						}
					}
				}
			})
		},
	}
}
