package checks

import (
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// How a body is sent in small pieces: far enough apart that the pieces do not arrive as
// one, and not so far that a run has to wait.
const (
	slowPieces = 5
	slowPause  = 15 * time.Millisecond
)

// chunks is how many a chunked body has.
const chunks = 3

// httpChecks are about HTTP.
func httpChecks() []*conformance.Check {
	all := []*conformance.Check{
		{
			ID: "http/header-case", Title: "header names are read in any case",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S6"},
			Doc: "Field names are case-insensitive (RFC 9110, section 5.1), and proxies, gateways and HTTP/2 rewrite them. Code that looks rtk-signature up in a plain map finds it in one spelling alone.",
			Fix: "Use the framework's header accessor, or bring the names into lower case before looking one up.",
			Run: func(p *conformance.Probe) {
				for _, c := range []struct {
					name  string
					spell func(string) string
				}{
					{"lower case", strings.ToLower},
					{"title case", http.CanonicalHeaderKey},
					{"upper case", strings.ToUpper},
				} {
					acceptRead(p, "header names in "+c.name, onTheWire(p, "header/"+strings.ReplaceAll(c.name, " ", "-"),
						"The names of the header fields are in "+c.name+".",
						func(w *mutation.Wire) { respell(w, c.spell) }))
				}
			},
		},
		{
			ID: "http/keep-alive", Title: "many deliveries on one connection are each answered for themselves",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
			Doc: "HTTP/1.1 keeps connections (RFC 9112, section 9.3). A body that is not read after an early answer is taken for the next request, and an answer longer than it says spoils the next one: the delivery behind it is lost, or sent again for nothing.",
			Fix: "Read or discard the body before answering, let the server compute Content-Length, or close the connection and say so.",
			Run: func(p *conformance.Probe) {
				found := failureOnReuse(p)
				if found != nil {
					p.TooFast(found.x)
					found = failureOnReuse(p) // once may be chance
				}
				if p.Interrupted() || found == nil {
					return
				}
				switch {
				case !p.Control().Accepted():
					p.On(found.evidence()...).Inconclusive("%s; but the control is not accepted now either", found)
				case p.ProvesNothing(found.label(), found.x):
				default:
					p.On(found.evidence()...).Violation("%s; on a connection of its own it is accepted", found)
				}
			},
		},
		{
			ID: "http/slow-body", Title: "a body that comes in small pieces is read to its end",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S11"},
			Doc: "TCP has no messages: a body arrives in as many pieces as the network likes. One read that gets the whole of it on the developer's machine gets the first piece of it elsewhere; and where each piece is made text of its own, a letter of several bytes that is divided between two is lost. The signature does not verify then.",
			Fix: "Collect bytes, not strings (in Node, Buffer.concat, never body += chunk), until the end that Content-Length or the last chunk gives: await request.arrayBuffer(), io.ReadAll, stream until 'end'.",
			Run: func(p *conformance.Probe) {
				d := onTheWire(p, "framing/pieces",
					"The body is sent in small pieces with pauses between them, some of which part a letter.",
					func(w *mutation.Wire) { w.Framing.Pieces, w.Framing.Pause = slowPieces, slowPause })
				judgeRead(p, offerParted(p, fmt.Sprintf("a body in %d pieces, %s apart", slowPieces, slowPause), d, slowPieces))
			},
		},
		{
			ID: "http/content-type", Title: "a Content-Type with a parameter is understood",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
			Doc: "Which Content-Type the service sends is not documented, and application/json may come with a parameter (RFC 9110, section 8.3.1). A comparison with the bare string answers 415, and the event is lost.",
			Fix: "Parse the media type and compare that alone, or do not look at it: the signature says more.",
			Run: func(p *conformance.Probe) {
				for _, value := range []string{"application/json; charset=utf-8", "application/json;charset=UTF-8"} {
					acceptRead(p, "Content-Type: "+value, onTheWire(p, "header/content-type",
						"The Content-Type has a parameter.",
						func(w *mutation.Wire) { setHeader(w, "Content-Type", value) }))
				}
			},
		},
		{
			ID: "http/chunked", Title: "a chunked body is read, or refused with 411",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3", "S11"},
			Doc: "A recipient must be able to parse the chunked coding (RFC 9112, section 7.1), and a proxy in front may choose it. Receivers that read as many bytes as Content-Length says read none.",
			Fix: "Leave the framing to the server; do not read CONTENT_LENGTH bytes by hand. A server that cannot do it answers 411.",
			Run: func(p *conformance.Probe) {
				if judgeAcceptedOr(p, http.StatusLengthRequired, offerParted(p, "a body in three chunks", fresh(p, chunked()), chunks)) {
					linksOfChunked(p)
				}
			},
		},
		{
			ID: "http/expect-continue", Title: "Expect: 100-continue is met, or refused with 417",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
			Doc: "Some clients ask before they send a body (RFC 9110, section 10.1.1). A receiver that takes the header for an error refuses what it would have accepted.",
			Fix: "Leave it to the server, which answers 100 when the body is read. One that cannot do it answers 417.",
			Run: func(p *conformance.Probe) {
				judgeAcceptedOr(p, http.StatusExpectationFailed, p.Offer("a delivery with Expect: 100-continue", onTheWire(p, "framing/expect-continue",
					"The body is held back until the target asks for it.",
					func(w *mutation.Wire) { w.Framing.ExpectContinue = true })))
			},
		},
		{
			ID: "http/truncated-body", Title: "a delivery whose body ends early is rejected, and does no harm",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S9", "S16"}, Phase: conformance.Risky,
			Doc: "A sender that is restarted, or a network that fails, ends a body before its end (RFC 9112, section 8: the message is incomplete). A receiver that answers 2xx has taken what it has not got, and the event is lost.",
			Fix: "Treat an error while reading the body as one: answer 400 or close the connection, and let it come again.",
			Run: func(p *conformance.Probe) {
				if before := p.Control(); !before.Accepted() {
					p.On(before).Inconclusive("the genuine delivery before: %s, so a rejection would prove nothing", before.Answered())
					return
				}
				x, after := truncated(p)
				if limitedAlone(x, after) { // a server in front may answer so for the receiver
					x, after = truncated(p)
				}
				judgeTruncated(p, x, after)
			},
		},
		{
			ID: "http/oversize", Title: "genuine deliveries are taken while somebody sends too much, or too little",
			Level: conformance.May, Basis: conformance.Practice,
			Exclusive: true, Phase: conformance.Risky,
			Doc: "An endpoint that is open to the internet meets bodies without end, headers without end, and connections on which nothing comes. If one of these occupies the only worker, nobody else is served.",
			Fix: "Bound body and header in front of the receiver or in it, give reading a time limit, and serve connections beside each other: a reverse proxy that buffers requests does all of it.",
			Run: func(p *conformance.Probe) {
				if !maySendAtOnce(p, idleConnections, "connections are opened") {
					return
				}
				for _, b := range strains() {
					if !acceptsUnder(p, b) {
						return
					}
				}
			},
		},
	}
	for _, c := range all {
		nameServerInFront(c)
	}
	return all
}

// onTheWire is a genuine delivery that goes out in another form.
func onTheWire(p *conformance.Probe, id, doc string, change func(*mutation.Wire)) mocksender.Delivery {
	return fresh(p, wireMutation(id, doc, change))
}

// offerParted offers d, with a name whose letters are divided between the pieces. A
// target that does not take that name in one piece either is offered d as it is: its
// way with letters is for sig/utf8 to judge.
func offerParted(p *conformance.Probe, label string, d mocksender.Delivery, pieces int) *exchange.Exchange {
	parted := d
	parted.Event.Body = partingLetters(d.Event.Body, pieces)
	x := p.Offer(label, parted)
	if !x.Answer.Rejected() || p.AcceptQuietly(parted.Event).Accepted() {
		return x
	}
	p.Comment("a name in another script is not accepted in one piece either, so this was judged with a plain name")
	return p.Offer(label+", with a plain name", d)
}

// partingLetters returns body with a long name that reaches across the places where the
// body is divided into pieces, shifted so that letters are divided there. A receiver
// that reads each piece as a text of its own breaks them.
func partingLetters(body []byte, pieces int) []byte {
	best, most := body, -1
	for shift := range 4 {
		now := named(body, `"`+strings.Repeat("x", shift)+strings.Repeat("日本語", 60)+`"`)
		parted := 0
		for i := 1; i < pieces; i++ {
			if at := i * len(now) / pieces; !utf8.RuneStart(now[at]) {
				parted++
			}
		}
		if parted > most {
			best, most = now, parted
		}
	}
	return best
}

// chunked sends the body in chunks.
func chunked() mutation.Mutation {
	return wireMutation("framing/chunked",
		"The body is sent with Transfer-Encoding: chunked, and some chunks part a letter.",
		func(w *mutation.Wire) {
			w.Framing = mutation.Framing{Chunked: true, Pieces: chunks, Pause: slowPause}
		})
}

// judgeAcceptedOr judges as judgeRead does, and allows one refusal: the status that HTTP
// has for a server that cannot do this. It reports whether x was accepted.
func judgeAcceptedOr(p *conformance.Probe, allowed int, x *exchange.Exchange) bool {
	if x.Answer == exchange.Refused && x.Last().Outcome.Status == allowed {
		p.Comment("answered %d, as HTTP has it for a server that cannot do this", allowed)
		return false
	}
	judgeRead(p, x)
	return x.Accepted()
}

// truncated sends half a delivery, and a genuine one after it.
func truncated(p *conformance.Probe) (x, after *exchange.Exchange) {
	x = p.Try("a delivery whose body ends halfway", onTheWire(p, "framing/cut",
		"The whole body is promised, half of it comes, and nothing more.",
		func(w *mutation.Wire) { w.Framing.CutAt = len(w.Body) / 2 }))
	return x, p.Control()
}

// limitedAlone reports that x was asked to come later, again and again, while the genuine
// delivery after it was accepted at once: that is no limit of the rate.
func limitedAlone(x, after *exchange.Exchange) bool {
	return x.Answer == exchange.Limited && after.Accepted() && !after.Late()
}

func judgeTruncated(p *conformance.Probe, x, after *exchange.Exchange) {
	on := p.On(x, after)
	switch {
	case p.Interrupted():
	case after.Answer.Rejected():
		on.Violation("a genuine delivery afterwards: %s", after.Answered())
	case x.Accepted():
		on.Violation("%s", x)
	case x.Answer == exchange.Silent:
		on.Inconclusive("%s: a receiver that goes on waiting for the rest neither takes it nor refuses it; "+
			"to decide it, let the receiver bound the time that it reads a body, and give a longer --timeout", x)
	case !limitedAlone(x, after) && p.ProvesNothing(x.Label, x):
	case !after.Accepted():
		on.Inconclusive("the genuine delivery after: %s, so the rejection proves nothing", after.Answered())
	default:
		if limitedAlone(x, after) {
			p.Comment("%s is no rate limit: genuine deliveries before and after were accepted at once", x.Answered())
		}
		p.Later(func() {
			if p.Effects().ActedOn(x) {
				on.Violation("%s, and took effect", x)
			}
		})
	}
}
