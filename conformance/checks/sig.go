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
	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// rawFix says how to get the raw bytes in common frameworks.
const rawFix = `Verify the bytes as they came, before any parsing: express.raw({type: "*/*"}) in Express, request.arrayBuffer() in Workers, request.get_data() in Flask, await request.body() in FastAPI, io.ReadAll in Go.`

// signatureChecks are about who is let in.
func signatureChecks() []*conformance.Check {
	return []*conformance.Check{
		rejection("sig/missing-header", conformance.Must, "S9",
			"a delivery without a signature is rejected",
			"Anyone who knows the URL can post to it. A receiver that verifies only what carries a signature, or one kind of event, or what is declared to be JSON, lets in whoever sends something else.",
			"Refuse with 401 when rtk-signature is missing, before anything else looks at the body.",
			everyType("a delivery without rtk-signature", "signature/missing"), unsignedInDisguise),
		rejection("sig/empty-header", conformance.Must, "S9",
			"a delivery with an empty signature is rejected",
			"An empty header is present and yet proves nothing; code that asks only whether the header exists lets it through.",
			"Treat an empty rtk-signature as a missing one.",
			mutant("an empty rtk-signature", "signature/empty")),
		rejection("sig/other-key", conformance.Must, "S9",
			"a delivery signed by another key is rejected",
			"A well-formed signature of somebody else is what an attacker can make most easily. If it gets in, the signature is not verified at all, or its result is ignored, be it for one kind of event, or for what looks internal.",
			"Verify with the key of the key document, and act on the result: in Node, crypto.verify returns false rather than throwing.",
			everyType("a signature by another key", "signature/other-key"), otherKeyInDisguise),
		rejection("sig/tampered-byte", conformance.Must, "S9",
			"a body changed after signing is rejected",
			"If one changed byte goes unnoticed, the signature does not cover what is processed.",
			"Verify over the whole raw body, and process exactly the bytes that were verified.",
			mutant("one byte of the body changed after signing", "body/flip-byte"), flippedLinks),
		{
			ID: "sig/other-event", Title: "a genuine signature of another body is rejected",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
			Doc: "Signatures are seen by proxies and logs. A signature that was genuine for an earlier body must not be accepted with another one.",
			Fix: "Verify each body against its own signature; never remember a signature as good.",
			Run: func(p *conformance.Probe) {
				earlier := p.Deliver("the earlier genuine delivery", p.FreshAny())
				p.Reject(
					conformance.Forgery{Label: "the signature of the delivery before", Mutations: []mutation.Mutation{signedAs(earlier)}},
					forgery(p, "the genuine signature of another body", "body/other-event"),
				)
				if earlier.Accepted() {
					again := forgery(p, "another body under the uuid of an accepted delivery", "signature/other-key")
					again.UUID = earlier.Delivery.UUID
					if b := p.Bracket(p.ControlType(), again); p.BracketHolds(b) {
						judgeKnownUUID(p, earlier, b.Forged)
					}
				}
			},
		},
		rejection("sig/reserialized-tamper", conformance.Must, "S11",
			"a body re-indented after signing is rejected",
			"The signature covers bytes, not values. A receiver that accepts a body with other white space verifies something it has built itself.",
			`Read the raw body first and verify that: express.raw({type: "*/*"}) in Express, request.arrayBuffer() in Workers, request.get_data() in Flask, io.ReadAll in Go.`,
			mutant("a body re-indented after signing", "body/reindent")),
		{
			ID: "sig/raw-bytes", Title: "the signature is verified over the raw bytes, however they are laid out",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S11"},
			Doc: "A receiver that parses the body and serialises it again verifies its own bytes. That works until the sender's layout differs from the receiver's serialiser, and then every delivery is refused and lost.",
			Fix: rawFix,
			Run: func(p *conformance.Probe) {
				var steps []step
				for _, l := range layouts() {
					e := p.FreshAny()
					e.Body = l.change(e.Body)
					steps = append(steps, step{label: l.name, event: e})
				}
				notDroppedForThis(p, acceptAll(p, steps)...)
			},
		},
		{
			ID: "sig/utf8", Title: "names in any script are verified as they were sent",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S11"},
			Doc: "A body read as Latin-1, re-encoded or normalised is no longer what was signed. It goes unnoticed until somebody with an accent in the name joins.",
			Fix: rawFix + " Never go through a string before verifying.",
			Run: func(p *conformance.Probe) {
				var steps []step
				for _, text := range []struct{ name, raw string }{
					{"an Arabic name", "ليلى العلي"},
					{"a Hindi name", "अनन्या शर्मा"},
					{"a Chinese name", "王小明"},
					{"a name with an emoji", "Zoë 🦊"},
					{"a name in NFD", "Rene\u0301e Bo\u0308hm"},
				} {
					for _, form := range []struct{ how, value string }{
						{"raw", `"` + text.raw + `"`},
						{"escaped", payload.Escaped(text.raw)},
					} {
						e := p.FreshAny()
						e.Body = named(e.Body, form.value)
						steps = append(steps, step{label: text.name + ", " + form.how, event: e})
					}
				}
				notDroppedForName(p, conformance.Warn, acceptAll(p, steps)...)
			},
		},
		rejection("sig/truncated", conformance.Must, "S9",
			"half a signature is rejected",
			"Comparing only as many bytes as were sent turns a signature into a prefix that can be guessed.",
			"Leave the comparison to the library's verify function.",
			mutant("half a signature", "signature/truncated")),
		rejection("sig/zero-bytes", conformance.Must, "S9",
			"a signature of 256 zero bytes is rejected",
			"Zeros are what an uninitialised buffer holds; hand-made verification has accepted them.",
			"Leave RSA to the platform's library.",
			mutant("256 zero bytes as signature", "signature/zero-bytes")),
		rejection("sig/integer-edge", conformance.Must, "S9",
			"signatures at the edges of the modulus are rejected",
			"0, 1, the modulus and what lies above are the numbers for which RSA arithmetic degenerates; a verifier has to refuse them before it computes.",
			"Leave RSA to the platform's library; if a signature is checked by hand, refuse s = 0, s = 1 and s ≥ n.",
			mutant("the number 0 as signature", "signature/zero"),
			mutant("the number 1 as signature", "signature/one"),
			mutant("the modulus as signature", "signature/modulus"),
			mutant("a number above the modulus as signature", "signature/above-modulus")),
		rejection("sig/garbage-base64", conformance.Must, "S9",
			"a signature that is not Base64 is rejected",
			"Decoders differ: some throw, some skip what they do not know and go on with what is left. Neither may end in a 2xx.",
			"Catch the decoder's error, around the decoding of the header alone, and answer 401.",
			mutant("!!!not-base64!!! as signature", "signature/garbage-base64")),
		rejection("sig/hmac-with-public-key", conformance.Must, "S6",
			"an HMAC keyed with the public key is rejected",
			"The public key is public. A receiver that computes an HMAC with it accepts what anyone can make.",
			"Verify RSASSA-PKCS1-v1_5 with SHA-256, not an HMAC.",
			mutant("an HMAC-SHA256 with the public key, in hex", "signature/hmac-hex"),
			mutant("an HMAC-SHA256 with the public key, in Base64", "signature/hmac-base64")),
		{
			ID: "sig/duplicate-header", Title: "two bad signature headers are rejected",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
			Doc: "Frameworks join repeated headers, or hand out the first, the last or a list. Code that expects a string may then skip the verification.",
			Fix: "Accept exactly one rtk-signature; refuse more with 401.",
			Run: func(p *conformance.Probe) {
				p.Reject(forgery(p, "two bad rtk-signature headers", "signature/two-bad"))
				var used []string
				for _, try := range []struct{ label, mutation, meaning string }{
					{"a bad and then the genuine signature", "signature/bad-then-good", "the last"},
					{"the genuine and then a bad signature", "signature/good-then-bad", "the first"},
				} {
					if p.Try(try.label, fresh(p, p.Mutation(try.mutation))).Accepted() {
						used = append(used, try.meaning)
					}
				}
				if len(used) == 1 {
					p.Comment("of a bad and a good signature it uses %s", used[0])
				}
			},
		},
		{
			ID: "sig/key-from-request", Title: "a key that the request names is neither trusted nor fetched",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"}, Sends: conformance.Extended, Production: true,
			Doc: "Whoever may choose the key can sign anything. A receiver that only fetches from a URL in the request can still be used to reach its own network.",
			Fix: "Take the key from the configured URL alone; read no key, key URL or certificate from headers or body.",
			Run: func(p *conformance.Probe) {
				url := p.Endpoints().AttackerKeyURL()
				mark := p.Endpoints().AttackerServer.Mark()
				otherKey := p.Mutation("signature/other-key")
				b := p.Reject(
					conformance.Forgery{Label: "another key, whose URL the headers name", Mutations: []mutation.Mutation{otherKey, keyHeaders(p, url)}},
					conformance.Forgery{Label: "another key, whose host X-Forwarded-Host names", Mutations: []mutation.Mutation{otherKey, keyHost(url)}},
					conformance.Forgery{Label: "another key, whose URL the body names", Event: keyMembers(p.FreshAny(), url), Mutations: []mutation.Mutation{otherKey}},
				)
				p.Later(func() {
					if n := len(p.Endpoints().AttackerServer.Since(mark)); n > 0 {
						p.On(b.Forged...).Violation("the attacker's key URL, which only the forged requests named, was fetched (%s)", counted(n, "time", "times"))
					}
				})
			},
		},
		{
			ID: "sig/effect-before-verify", Title: "forgeries leave no effect and cause no download and no change by the REST API, whatever the status",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
			Needs:   conformance.NeedEffects | conformance.NeedCanaries,
			Doc:     "A 401 that comes after the row was written protects nothing. Only the target's own count, a download link that leads back here, or a call of the REST API that changes what the forgery alone names, can show it. Looking something up is no harm.",
			Fix:     "Verify first, then parse, store, queue or download.",
			Overall: true, Sends: conformance.Extended,
			Run: func(p *conformance.Probe) {
				forgeries := append(commonForgeries(p), forgedLinks(p)...)
				b := p.Bracket(p.ControlType(), append(forgeries, forgedCalls(p)...)...)
				if p.BracketHolds(b) {
					other := byOtherMethods(p)
					p.Later(func() { judgeStrayEffects(p, other) })
				}
			},
		},
		rejection("sig/other-digest", conformance.Should, "S6",
			"signatures over another digest are rejected",
			"The guide names SHA-256. A verifier that takes the digest from the signature also takes the weak ones; no forger can make these with today's means, so this is no MUST.",
			"Fix the digest to SHA-256.",
			mutant("a genuine signature over SHA-1", "signature/sha1"),
			mutant("a genuine signature over SHA-512", "signature/sha512")),
		rejection("sig/pss", conformance.Should, "S6",
			"a PSS signature is rejected",
			"The guide's sample verifies RSASSA-PKCS1-v1_5. A receiver that takes either scheme was built on guesswork.",
			"Fix the scheme to RSASSA-PKCS1-v1_5.",
			mutant("a genuine signature in the PSS scheme", "signature/pss")),
		rejection("sig/padding", conformance.Should, "S6",
			"the padding around the digest is compared whole",
			"RSA by hand tends to look for the digest inside the block instead of comparing all of it. Under a key whose exponent is 3 that lets anyone in (Bleichenbacher, 2006); under the usual 65537 these need the genuine key, so this is no MUST.",
			"Leave RSA to the platform's library. By hand, refuse a signature that is not exactly as long as the modulus or not below it, build the whole block that is expected, and compare that.",
			mutant("the digest in front of garbage", "signature/short-padding"),
			mutant("the digest behind a padding of other bytes", "signature/other-padding"),
			mutant("the genuine signature with a zero byte before it", "signature/leading-zero"),
			mutant("the genuine signature plus the modulus", "signature/plus-modulus")),
		{
			ID: "sig/rejects-with-4xx", Title: "every rejection is a 4xx",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13", "S14"}, Production: true,
			Doc: "A 5xx or a cut connection asks the sender to try again; here it mostly means that the forgery threw an exception nobody caught. " +
				"A 503 that becomes a 4xx once the receiver may fetch its key again is fine: the key may have changed.",
			Fix: "Catch what decoding the signature and verifying throw, and answer 401. Fetching and importing the key stand before that, in a try of their own that answers 503: " +
				"what throws there says nothing of the signature, and after a 401 a genuine delivery is lost (key/outage-cold).",
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
					if failing = withoutNotYet(p, failing); len(failing) > 0 {
						p.On(failing...).Violation("%s answered 5xx or cut off: %s", counted(len(failing), "forgery was", "forgeries were"), withAnswers(failing))
					}
				})
			},
		},
		{
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
					for _, leak := range []struct{ what, pattern string }{
						{"a stack trace", `(?m)^\s*at \S.*[:(]\d+|Traceback \(most recent call last\)|goroutine \d+ \[|\.go:\d+|\.py", line \d+|\.(js|ts|mjs):\d+:\d+`},
						{"a key", `-----BEGIN [A-Z ]+-----`},
						{"a path", `(?:/(?:home|root|usr|var|opt|app|srv|Users)/[\w.-]+/)|node_modules/|[A-Z]:\\\\?\w+`},
					} {
						pattern := regexp.MustCompile(leak.pattern)
						for _, f := range refusedForgeries(p) {
							if pattern.Match(f.Last().Outcome.Body) {
								p.On(f).Violation("the answer to %s shows %s", f.Label, leak.what)
								break
							}
						}
					}
				})
			},
		},
		{
			ID: "sig/base64-leniency", Title: "the signature's Base64 is read strictly",
			Level: conformance.May, Basis: conformance.Practice,
			Doc: "A lenient decoder accepts one signature in many spellings. That lets nobody in, but it can mislead deduplication or logging by signature.",
			Fix: "Nothing has to be fixed; a strict decoder is tidier.",
			Run: func(p *conformance.Probe) {
				for _, v := range []struct{ label, mutation string }{
					{"white space", "signature/padded-space"},
					{"missing padding", "signature/unpadded"},
					{"the URL alphabet", "signature/url-alphabet"},
				} {
					x := p.Try("a genuine signature with "+v.label, fresh(p, p.Mutation(v.mutation)))
					if x.Accepted() {
						p.On(x).Violation("%s is accepted", v.label)
					}
				}
			},
		},
	}
}

// rejection is a check that sends forgeries, which have to be rejected.
func rejection(id conformance.ID, level conformance.Level, from, title, doc, fix string, forgeries ...forger) *conformance.Check {
	basis := conformance.Documented
	if level != conformance.Must {
		basis = conformance.Inferred
	}
	return &conformance.Check{
		ID: id, Title: title, Level: level, Basis: basis, From: []string{from}, Doc: doc, Fix: fix, Production: true,
		Run: func(p *conformance.Probe) {
			var all []conformance.Forgery
			for _, make := range forgeries {
				all = append(all, make(p)...)
			}
			p.Reject(all...)
		},
	}
}

// judgeKnownUUID judges a forgery with the uuid of a delivery that was accepted before. A
// receiver may look the uuid up before it verifies, and answer that it has the delivery.
// That does no harm unless there is another effect.
func judgeKnownUUID(p *conformance.Probe, earlier *exchange.Exchange, forged []*exchange.Exchange) {
	for _, f := range forged {
		if !f.Accepted() {
			p.JudgeForgery(earlier, f)
			continue
		}
		p.Later(func() {
			on := p.On(earlier, f)
			if p.Effects().ActedOn(f) {
				on.Violation("%s and took effect", f)
				return
			}
			seen := "; --effects-url would show whether it took effect"
			if p.Effects().On() {
				seen = ", and had no effect"
			}
			on.AddFinding(conformance.Note, "%s without being verified, as a duplicate it seems%s", f, seen)
		})
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

// judgeStrayEffects judges what came of the forgeries of the run, and of others that are
// no POST. One that was accepted counts if a MUST demands that it is kept out.
func judgeStrayEffects(p *conformance.Probe, others []*exchange.Exchange) {
	effects := p.Effects()
	var stray []*exchange.Exchange
	seen := map[string]bool{}
	for _, f := range append(others, p.Forgeries()...) {
		if !seen[f.Delivery.UUID] && effects.ActedOn(f) && (!f.Accepted() || p.LevelOf(f) >= conformance.Must) {
			seen[f.Delivery.UUID] = true
			stray = append(stray, f)
		}
	}
	switch {
	case len(stray) > 0:
		// A forgery that was refused is nothing that a check on answers has seen.
		p.On(stray...).About(stray...).Violation("%s took effect, had a download link followed or something changed by the REST API: %s", counted(len(stray), "forgery", "forgeries"), withAnswers(stray))
	case !effects.On() && !effects.CanariesOn() && !effects.CallsOn():
		p.Skip("nothing that the target does can be seen: count effects with --effects-file or --effects-url, or let the target follow the download links")
		return
	}
	if !effects.On() {
		p.Comment("only %s could be seen; --effects-url shows the rest", seenOf(p))
	}
}

// seenOf says what can be seen of a target that does not count its effects.
func seenOf(p *conformance.Probe) string {
	switch effects := p.Effects(); {
	case !effects.CallsOn():
		return "downloads"
	case !effects.CanariesOn():
		return "changes by the REST API"
	default:
		return "downloads and changes by the REST API"
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
