package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// outageChecks look at a target that cannot have its key.
func outageChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "key/fail-open", Title: "no forgery gets in while the key cannot be had",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
			Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Cold: true,
			Exclusive: true, Phase: conformance.Last,
			Doc: "An outage of the key endpoint is when nobody can verify. A receiver that lets deliveries through \"for now\", or takes an error page, an empty key or no key at all for a key, is open to everybody during the outage.",
			Fix: "Without a key, answer 503: the delivery is then retried. Let no path lead around the verification, and check what was fetched before it is taken for a key: status, success, a PEM, an RSA key.",
			Run: func(p *conformance.Probe) {
				cold := false
				for _, o := range slices.Concat(keyoutage.Cold(p), keyoutage.Warm(p)) {
					cold = cold || withoutAKey(o) || o.Cold && o.Fetches > 0
					switch {
					case o.Forged == nil:
					case o.Forged.Answer == exchange.Silent:
						// The sender has given up; only the effect counts.
						p.Later(func() {
							if effect, known := p.Effects().Stray(o.Forged); known && effect {
								p.On(o.Forged).Violation("%s, but it took effect", o.Forged)
							}
						})
					default:
						p.JudgeForgery(afterOutage(p, o), o.Forged)
					}
				}
				if !cold && fetchesKey(p) {
					p.Skip("no forgery got in, but the target held a key throughout; %s", coldHint(p))
				}
			},
		},
		{
			ID: "key/outage-cold", Title: "without a key, genuine deliveries are answered 5xx rather than 4xx",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13", "S14"},
			Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Cold: true,
			Exclusive: true, Phase: conformance.Last,
			Doc: "A 5xx is retried; a 401 or 400 is recorded as failed for good. A receiver that answers \"invalid signature\" because it could not fetch the key loses every event of the outage.",
			Fix: "Tell \"cannot verify now\" from \"does not verify\": put the fetch of the key, the look at what was fetched (status, success, a PEM, an RSA key) and its import into one try that answers 503. " +
				"Verifying comes after it, with 401 for what does not verify.",
			Run: func(p *conformance.Probe) {
				all := keyoutage.Cold(p)
				if !slices.ContainsFunc(all, withoutAKey) && !p.Process().CanRestart() {
					all = keyoutage.Warm(p) // a target that asks each time holds no key either
				}
				var lost, retried []*keyoutage.Outage
				seen := false
				p.Later(func() { judgeLostInQueue(p, all) })
				for _, o := range all {
					switch {
					case o.Unstarted != nil:
						seen = true
						p.Comment("it does not start while the key cannot be had, so that senders meet a closed port and try again")
					case !o.Blocked():
					case o.Genuine.Answer == exchange.Unanswered, o.Genuine.FirstStatus() == 429:
						p.ProvesNothing(o.Genuine.Label, o.Genuine)
					default:
						seen = true
						if o.Genuine.Answer == exchange.Refused {
							lost = append(lost, o)
						} else {
							retried = append(retried, o)
						}
					}
				}
				switch {
				case len(lost) > 0:
					xs, byFault := answersDuring(lost)
					p.On(xs...).Violation("%d of %s sent while the key could not be had got a final answer, and would be lost instead of retried (%s)",
						len(lost), counted(len(lost)+len(retried), "genuine delivery", "genuine deliveries"), byFault)
					adviseOn(p, "Answer 503 here, too: ", lost, retried)
				case seen || !fetchesKey(p):
				case slices.ContainsFunc(all, (*keyoutage.Outage).AcceptedForgery):
					p.Skip("everything was accepted meanwhile, forgeries too: key/fail-open judges that")
				default:
					p.Skip("genuine deliveries were accepted throughout, as the target holds its key; %s", coldHint(p))
				}
			},
		},
		{
			ID: "key/recovers", Title: "after an outage of the key endpoint, genuine deliveries are accepted again",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S3"},
			Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Cold: true,
			Exclusive: true, Phase: conformance.Last,
			Doc: "One fetch that failed, and is remembered forever, turns an outage of a second into one that lasts until somebody restarts the process. " +
				"Within --recovery is a SHOULD; that it ends at all, by --recovery-end, is a MUST. " +
				"Where the endpoint answers 200 and serves something that is no key, all of it is a SHOULD: the real one has not been seen to do that. " +
				"A target that can be restarted is not waited for beyond --recovery then.",
			Fix: "Remember good keys only. Do not keep a rejected promise or an empty value in the cache; try again with the next delivery, or after a short pause. " +
				"Import the key before you cache it: an error page or half a key is then no more than a fetch that failed.",
			Run: func(p *conformance.Probe) {
				var slowest time.Duration
				var kept, recovered []*keyoutage.Outage
				looked := false
				for _, o := range slices.Concat(keyoutage.Cold(p), keyoutage.Warm(p)) {
					if o.After != nil && (withoutAKey(o) || o.Cold && o.Fetches > 0 && o.Effective || o.Ineffective) {
						looked = true
						slowest = max(slowest, o.Recovery)
						judgeRecovery(p, o)
						if o.Ineffective || !o.Recovered() {
							kept = append(kept, o)
						} else {
							recovered = append(recovered, o)
						}
					}
				}
				if !slices.ContainsFunc(kept, func(o *keyoutage.Outage) bool { return !o.ServedNoKey() }) {
					adviseOn(p, "Cache nothing but the right key: ", kept, recovered)
				}
				switch {
				case looked:
					p.Comment("the slowest recovery took %s", slowest.Round(time.Millisecond))
				case fetchesKey(p):
					p.Skip("no outage kept the target from accepting anything; %s", coldHint(p))
				}
			},
		},
	}
}

// coldHint says what is missing to see a process without a key.
func coldHint(p *conformance.Probe) string {
	if lack := p.Process().LacksRestart(); lack != "" {
		return "to see a process that holds none: " + lack
	}
	return "to see a process that holds none, have it keep none on disk or in a cache, and fetch from the URL that it is given: it was restarted, and held one"
}

// neverFetched reports whether the target has never asked for its key here: no outage can
// touch it.
func neverFetched(p *conformance.Probe) bool { return p.Keys().Fetches() == 0 }

const neverFetchedReason = "the key was never fetched from here: it is pinned, or comes from elsewhere"

// fetchesKey reports whether the target has asked for its key here, and records that a
// check is not applicable otherwise.
func fetchesKey(p *conformance.Probe) bool {
	if neverFetched(p) {
		p.NotApplicable(neverFetchedReason)
		return false
	}
	return true
}

// withoutAKey reports that an outage kept the target from working.
func withoutAKey(o *keyoutage.Outage) bool { return o.Unstarted != nil || o.Blocked() }

// answersDuring are the genuine deliveries during outages, and how each was answered.
func answersDuring(outages []*keyoutage.Outage) (xs []*exchange.Exchange, byFault string) {
	var texts []string
	for _, o := range outages {
		xs = append(xs, o.Genuine)
		texts = append(texts, fmt.Sprintf("%s: %s", o.Fault, o.Genuine.Answered()))
	}
	return xs, strings.Join(texts, ", ")
}

// afterOutage returns a genuine delivery from after an outage. If the target accepts
// forgeries during one, its effect shows whether the target verifies later.
func afterOutage(p *conformance.Probe, o *keyoutage.Outage) *exchange.Exchange {
	if o.After == nil && o.AcceptedForgery() && p.Effects().Counted() {
		return plainTwin(p)
	}
	return o.After
}

// judgeLostInQueue judges, when the effects have been read, a target that answers 2xx
// before it verifies: what it accepts without a key has to wait for one.
func judgeLostInQueue(p *conformance.Probe, outages []*keyoutage.Outage) {
	var lost []*keyoutage.Outage
	for _, o := range outages {
		if !o.AcceptedForgery() || !o.Genuine.Accepted() || o.After != nil && !p.Effects().Shown(o.After) {
			continue
		}
		n, known := p.Effects().Count(o.Genuine)
		forged, _ := p.Effects().Count(o.Forged)
		if known && n+forged == 0 && !p.Effects().DroppedAtBaseline(o.Genuine) {
			lost = append(lost, o)
		}
	}
	if len(lost) > 0 {
		xs, byFault := answersDuring(lost)
		p.On(xs...).Violation("genuine deliveries that could not be verified were accepted and lost: each %s (%s). Verify before the answer and answer 503, or keep them until the key is there",
			p.Effects().NoneInTime(), byFault)
	}
}

// notServed says why a MUST is a warning where what was served is no key.
const notServed = " (a warning: the real endpoint has not been seen to serve that)"

func judgeRecovery(p *conformance.Probe, o *keyoutage.Outage) {
	on := p.On(o.After, o.Genuine)
	took, limit := o.Recovery.Round(time.Second/10), p.Options().Recovery
	never, after, hint := conformance.Fail, fmt.Sprintf("after an outage of the key endpoint (%s)", o.Fault), ""
	if o.ServedNoKey() {
		never, after = conformance.Warn, fmt.Sprintf("after the key endpoint served what is no key (%s)", o.Fault)
		hint = "; it was kept as if it were one: import the key before you cache it" + notServed
		if o.Fault == wellknown.ECKey {
			hint = "; it was kept as if it were the right one: look at its type, which is RSA, before you cache it" + notServed
		}
	}
	if o.After.Last().Outcome.Class == mocksender.ClassRefused { // it listened until the fetch failed
		hint = ": the process has ended by itself, as if nobody caught what the failed fetch threw"
	}
	switch {
	case o.Ineffective:
		on.AddFinding(never, "%s %s genuine deliveries are accepted, but have no effect%s", took, after, hint)
	case o.Recovered() && o.Recovery <= limit:
	case o.Recovered():
		on.AddFinding(conformance.Warn, "%s it took %s until a genuine delivery was accepted, over the %s of --recovery (a warning: only that it ends at all is a MUST)%s", after, took, limit, hint)
	case o.After.Answer == exchange.Unanswered, o.After.FirstStatus() == 429:
		p.ProvesNothing(after, o.After)
	case o.First:
		on.Inconclusive(
			"%s %s, which was the first contact with the target in this run, a genuine delivery: %s. "+
				"Whether it would have been accepted without the outage is not known: restart the target and run with --skip 'key/*', or %s",
			took, after, o.After.Answered(), conformance.RestartHint)
	default:
		on.AddFinding(never, "%s %s a genuine delivery: %s%s", took, after, o.After.Answered(), hint)
	}
}
