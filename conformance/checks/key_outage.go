package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
)

// coldHint says what is lacking to see a process without a key.
func coldHint(p *conformance.Probe) string {
	if lack := p.LacksRestart(); lack != "" {
		return "to see a process that holds none: " + lack
	}
	return "to see a process that holds none, have it keep none on disk or in a cache, and fetch from the URL that it is given: it was started anew, and held one"
}

// pinned reports whether the target has never asked for its key here: no outage
// can touch it.
func pinned(p *conformance.Probe) bool { return p.Endpoints().KeyServer.Fetches() == 0 }

const pinnedReason = "the key was never fetched from here: it is pinned, or comes from elsewhere"

func keyFailOpen() *conformance.Check {
	return &conformance.Check{
		ID: "key/fail-open", Title: "no forgery gets in while the key cannot be had",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Cold: true,
		Exclusive: true, Phase: conformance.Last,
		Doc: "An outage of the key endpoint is when nobody can verify. A receiver that lets deliveries through \"for now\", or takes an error page, an empty key or no key at all for a key, is open to everybody for as long as it lasts.",
		Fix: "Without a key, answer 503: the delivery is then retried. Let no path lead around the verification, and check what was fetched before it is taken for a key: status, success, a PEM, an RSA key.",
		Run: func(p *conformance.Probe) {
			cold := false
			for _, o := range slices.Concat(p.ColdOutages(), p.WarmOutages()) {
				cold = cold || hinderedCold(o) || o.Cold && o.Fetches > 0
				switch {
				case o.Forged == nil:
				case o.Forged.Answer == conformance.Silent:
					// The sender has given up; what matters is what comes of it.
					p.Later(func() {
						if effect, known := p.Effect(o.Forged); known && effect {
							p.Violation([]*conformance.Exchange{o.Forged}, "%s: %s, but it took effect", o.Forged.Label, o.Forged.Answered())
						}
					})
				default:
					p.JudgeForgery(o.After, o.Forged)
				}
			}
			switch {
			case cold:
			case pinned(p):
				p.NotApplicable(pinnedReason)
			default:
				p.Skip("no forgery got in, but the target held a key throughout; %s", coldHint(p))
			}
		},
	}
}

func keyOutageCold() *conformance.Check {
	return &conformance.Check{
		ID: "key/outage-cold", Title: "without a key, genuine deliveries are answered 5xx rather than 4xx",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13", "S14"},
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Cold: true,
		Exclusive: true, Phase: conformance.Last,
		Doc: "A 5xx is retried; a 401 or 400 is recorded as failed for good. A receiver that answers \"invalid signature\" because it could not fetch the key loses every event of the outage.",
		Fix: "Tell \"does not verify\" from \"cannot verify now\": answer 401 to the first, and 503 to the second.",
		Run: func(p *conformance.Probe) {
			all := p.ColdOutages()
			if !slices.ContainsFunc(all, hinderedCold) && !p.CanRestart() {
				all = p.WarmOutages() // a target that asks each time holds no key either
			}
			var lost []*conformance.Exchange
			var labels []string
			seen := false
			for _, o := range all {
				switch {
				case o.Unstarted != nil:
					seen = true
					p.Comment("it does not start while the key cannot be had, so that senders meet a closed port and try again")
				case !o.Blocked():
				case o.Genuine.Answer == conformance.Unanswered:
					p.Skip("not finished: the run ended first")
				case o.Genuine.FirstStatus() == 429:
					p.AddFinding(conformance.Inconclusive, []*conformance.Exchange{o.Genuine}, "%s: %s, a rate limit; try --rate", o.Genuine.Label, o.Genuine.Answered())
				case o.Genuine.Answer == conformance.Refused:
					seen = true
					lost = append(lost, o.Genuine)
					labels = append(labels, fmt.Sprintf("%s: %s", o.Fault, o.Genuine.Answered()))
				default:
					seen = true
				}
			}
			switch {
			case len(lost) > 0:
				p.Violation(lost, "genuine deliveries that could not be verified are lost instead of retried (%s)", strings.Join(labels, ", "))
			case seen:
			case pinned(p):
				p.NotApplicable(pinnedReason)
			case slices.ContainsFunc(all, acceptsAll):
				p.Skip("everything was accepted meanwhile, forgeries too: key/fail-open judges that")
			default:
				p.Skip("genuine deliveries were accepted throughout, as the target holds its key; %s", coldHint(p))
			}
		},
	}
}

func hinderedCold(o *conformance.Outage) bool { return o.Unstarted != nil || o.Blocked() }

func acceptsAll(o *conformance.Outage) bool {
	return o.Forged != nil && o.Forged.Answer == conformance.Accepted
}

func keyRecovers() *conformance.Check {
	return &conformance.Check{
		ID: "key/recovers", Title: "after an outage of the key endpoint, genuine deliveries are accepted again",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S3"},
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Cold: true,
		Exclusive: true, Phase: conformance.Last,
		Doc: "One fetch that failed, and is remembered for ever, turns an outage of a second into one that lasts until somebody restarts the process. " +
			"Within --recovery is a SHOULD; that it ends at all, by --recovery-end, is a MUST.",
		Fix: "Remember good keys only. Do not keep a rejected promise or an empty value in the cache; try again with the next delivery, or after a short pause.",
		Run: func(p *conformance.Probe) {
			var slowest time.Duration
			looked := false
			for _, o := range slices.Concat(p.ColdOutages(), p.WarmOutages()) {
				if o.After == nil || !o.Blocked() && o.Unstarted == nil {
					continue
				}
				looked = true
				slowest = max(slowest, o.Recovery)
				judgeRecovery(p, o)
			}
			switch {
			case looked:
				p.Comment("the slowest recovery took %s", slowest.Round(time.Millisecond))
			case pinned(p):
				p.NotApplicable(pinnedReason)
			default:
				p.Skip("no outage kept the target from accepting anything; %s", coldHint(p))
			}
		},
	}
}

func judgeRecovery(p *conformance.Probe, o *conformance.Outage) {
	evidence := []*conformance.Exchange{o.After, o.Genuine}
	took := o.Recovery.Round(time.Second / 10)
	switch {
	case o.Recovered() && o.Recovery <= p.Recovery():
	case o.Recovered():
		p.AddFinding(conformance.Warn, evidence, "after an outage of the key endpoint (%s) it took %s until a genuine delivery was accepted, over the %s of --recovery", o.Fault, took, p.Recovery())
	case o.After.Answer == conformance.Unanswered:
		p.Skip("not finished: the run ended first")
	case o.After.FirstStatus() == 429:
		p.AddFinding(conformance.Inconclusive, evidence, "after an outage of the key endpoint: %s, a rate limit; try --rate", o.After.Answered())
	case o.First:
		p.AddFinding(conformance.Inconclusive, evidence,
			"%s after an outage of the key endpoint (%s), which was the first that the target heard of this run, a genuine delivery: %s. "+
				"Whether it would have been accepted without the outage is not known: start the target anew and run with --skip 'key/*', or %s",
			took, o.Fault, o.After.Answered(), conformance.RestartHint)
	default:
		p.AddFinding(conformance.Fail, evidence, "%s after an outage of the key endpoint (%s) a genuine delivery: %s", took, o.Fault, o.After.Answered())
	}
}

func keyOutageWarm() *conformance.Check {
	return &conformance.Check{
		ID: "key/outage-warm", Title: "a key that is held carries the receiver through an outage",
		Level: conformance.May, Basis: conformance.Practice,
		Needs: conformance.NeedKeyFetch, Exclusive: true, Phase: conformance.Last,
		Doc: "The key hardly ever changes. A receiver that asks for it with each delivery is down whenever its endpoint is.",
		Fix: "Keep the key, and fetch again only when a signature does not verify.",
		Run: func(p *conformance.Probe) {
			if pinned(p) {
				p.NotApplicable(pinnedReason)
				return
			}
			all := p.WarmOutages()
			var failed []*conformance.Exchange
			var labels []string
			for _, o := range all {
				if o.Blocked() {
					failed = append(failed, o.Genuine)
					labels = append(labels, fmt.Sprintf("%s: %s", o.Fault, o.Genuine.Answered()))
				}
			}
			switch {
			case len(failed) > 0:
				p.Violation(failed, "a target that had worked failed with the key endpoint (%s)", strings.Join(labels, ", "))
			case len(all) == 0:
				p.Skip("no outage could be brought about while the target worked")
			}
		},
	}
}
