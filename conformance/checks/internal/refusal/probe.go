package refusal

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Bounds of the time that probing takes.
const (
	budget      = 10 * time.Second       // for all probes, of which one that answers at once takes one or two
	moment      = 300 * time.Millisecond // after the refusal: what comes late has come by then
	slowStart   = 3 * time.Second        // of the target: it is not started once more
	leastLimit  = 2 * time.Second        // for one probe: what is accepted may take longer than a refusal
	silentWait  = 500 * time.Millisecond // for one probe to a target that has not answered
	silentLimit = 4                      // probes in a row without an answer, and there are no more
)

// prober sends probes, and keeps what it sees.
type prober struct {
	p      *conformance.Probe
	x      *exchange.Exchange // that was refused
	o      Observations
	limit  time.Duration // of one probe
	ends   time.Time     // of all
	silent int           // probes in a row
	deaths int           // of the target, at probes
	found  bool          // the webhook, under another path
	strays int           // fetches of the key for probes to other paths
}

// observe finds out what can be seen of a target that has refused x, the first
// genuine delivery.
func observe(p *conformance.Probe, x *exchange.Exchange) *Observations {
	b := &prober{p: p, x: x}
	first := see(x, "the first genuine delivery ("+string(x.Delivery.Event.Type)+")")
	b.o = Observations{
		URL: x.URL, KeyURL: p.Endpoints().KeyURL(), Event: x.Delivery.Event.Type, Body: x.Delivery.Event.Body,
		MaxWait: p.Options().WarmUp, Seen: map[Name]Seen{First: first}, Running: p.Options().Target.Restart == nil,
	}
	b.limit = min(p.Options().Timeout, max(leastLimit, 3*first.Took))
	b.ends = time.Now().Add(budget)
	p.Progress(0, "%s: %s; finding out why", first.Sample, first.Words)
	b.probe()
	b.o.Fetches, b.o.Elsewhere = p.Keys().Fetches()-b.strays, b.strays
	b.o.NamesHint = namesHint(p)
	b.o.Apart = isLoopback(b.o.KeyURL) && (p.Options().Target.Container || !isLoopback(x.URL))
	if distrusted := p.Endpoints().KeyDistrusted; distrusted != nil {
		b.o.Distrusts = distrusted()
	}
	b.o.Outage = b.o.Outage && !fetchedWhole(p)
	b.o.Hurried = time.Now().After(b.ends) || b.silent >= silentLimit && first.Answer != exchange.Silent
	b.readEnd()
	if lacks := p.Options().Target.Lacks; lacks != nil {
		b.o.Lacks, b.o.LacksFlag = lacks(first.Text)
	}
	return &b.o
}

// isLoopback reports a URL that leads to the machine of whoever asks.
func isLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback() || u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost")
}

// probe sends the probes that the first answer asks for, until one is accepted.
func (b *prober) probe() {
	first := b.o.Seen[First]
	switch {
	case b.p.Process().Exited(), first.Answer == exchange.Cut && first.Class != mocksender.ClassReset,
		first.Answer == exchange.Limited, first.Status >= 300 && first.Status <= 399:
		return // it says what it is
	case first.Answer == exchange.Silent:
		b.limit = min(b.limit, silentWait)
		if again := b.again(); again.sent() && again.Answer != exchange.Silent {
			b.o.Seen[First] = again // it was only slow
		}
	default:
		b.lookForLate()
	}
	printed := b.printed() // what comes later, probes have brought about
	defer func() { b.o.Printed = printed }()
	if o := keyoutage.First(b.p); o != nil {
		b.o.Outage = o.Cold && !o.Recovered()
	}
	for _, step := range []func(){b.controls, b.types, b.paths, b.forms, b.members, b.keys, b.hold} {
		if step(); b.over() || len(b.o.accepted("")) > len(b.o.accepted(KindType)) {
			return
		}
	}
}

// over reports that there is no sense, or no time, in more probes.
func (b *prober) over() bool {
	return b.found || b.silent >= silentLimit || b.p.Context().Err() != nil || time.Now().After(b.ends) || b.p.Process().Exited()
}

// try sends the refused delivery with changes, once.
func (b *prober) try(n Name, sample string, kind exchange.Kind, changes ...mutation.Mutation) Seen {
	return b.send(n, sample, kind, mocksender.Delivery{Event: b.x.Made, Mutations: changes})
}

func (b *prober) send(n Name, sample string, kind exchange.Kind, d mocksender.Delivery) Seen {
	if b.over() {
		return Seen{}
	}
	send, cancel := b.p.Send().Within(b.limit)
	defer cancel()
	x := send.Once(kind, sample, d)
	s := see(x, sample)
	if !s.sent() && b.p.Context().Err() == nil {
		s.Answer, s.Words = exchange.Silent, "no answer within "+b.limit.Round(10*time.Millisecond).String()
	}
	if b.silent++; s.Answer != exchange.Silent {
		b.silent = 0
	}
	b.o.Seen[n] = s
	if b.p.Process().Gone(x) {
		b.survive(sample)
	}
	return s
}

// maxDeaths is how many probes may end the target, and there are no more.
const maxDeaths = 5

// survive starts a target again that has ended at a probe: what the others bring about
// says why the first delivery was refused.
func (b *prober) survive(sample string) {
	b.readEnd()
	if b.deaths++; b.deaths == 1 {
		b.o.Fatal = Fatal{sample, b.o.Exited, b.o.Printed}
	}
	began := time.Now()
	if b.deaths <= maxDeaths && b.p.Process().CanRestart() && b.p.Process().TryKill() == nil {
		b.o.Exited = ""
		b.ends = b.ends.Add(min(time.Since(began), slowStart))
	}
}

// lookForLate waits a moment for what a handler does behind its answer, and sends
// the delivery once more then.
func (b *prober) lookForLate() {
	b.p.Pause(moment - time.Since(b.x.Ended))
	b.o.Early = answeredBeforeKey(b.p.Keys().Log(), b.x)
	b.readEffect(b.x)
	b.again()
}

func (b *prober) again() Seen {
	d := mocksender.Delivery{Event: b.x.Made, UUID: b.x.Delivery.UUID}
	return b.send(Again, "the same delivery, a moment later", exchange.Nonstandard, d)
}

// answeredBeforeKey reports whether the target asked for its key at x, and answered
// before it had got one.
func answeredBeforeKey(log []wellknown.Fetch, x *exchange.Exchange) bool {
	asked := false
	for _, f := range log {
		if f.Fault != wellknown.None || f.At.Before(x.Last().At) || f.At.After(x.Ended.Add(moment)) {
			continue
		}
		if !f.Pending && f.At.Add(f.Took).Before(x.Ended) {
			return false
		}
		asked = true
	}
	return asked
}

// readEffect finds out whether a delivery that was refused took effect all the same.
func (b *prober) readEffect(x *exchange.Exchange) {
	if b.p.Effects().Followed(x) {
		b.o.Effect = "a download link of it was followed"
	}
	counter := b.p.Options().Target.Effects
	if counter == nil || b.o.Effect != "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.p.Context(), moment)
	defer cancel()
	q := effects.Query{UUID: x.Delivery.UUID, Event: x.Delivery.Event.Type}
	q.MeetingID, q.SessionID = text(x.Delivery.Event.Body, "meeting.id"), text(x.Delivery.Event.Body, "meeting.sessionId")
	if n, err := counter.Count(ctx, q); err == nil && n > 0 {
		b.o.Effect = "its effect was counted"
	}
}

// text returns the string that body has at path, or "".
func text(body []byte, path string) (s string) {
	if value, err := payload.Get(body, path); err == nil {
		_ = json.Unmarshal(value, &s)
	}
	return s
}

// controls are the probes that everything is compared with. To a target that gave
// no answer go those that leave something out.
func (b *prober) controls() {
	forged := exchange.Unverifiable
	unsigned := b.p.Mutation("signature/missing")
	if b.o.Seen[First].Answer == exchange.Silent {
		b.plainText()
		b.try(Empty, "the same without a body", forged, mutation.Mutation{
			ID: "body/empty", Doc: "There is no body.", Apply: func(w *mutation.Wire) error { w.Body = nil; return nil },
		})
	}
	b.try(Unsigned, "the same without a signature", forged, unsigned)
	b.try(OtherKey, "the same, signed by a key that nobody has", forged, b.p.Mutation("signature/other-key"))
	b.try(Tampered, "the same with one letter changed after signing", forged, b.p.Mutation("body/flip-byte"))
	b.try(Malformed, "no JSON, and no signature", forged, unsigned, mutation.Mutation{
		ID: "body/malformed", Doc: "The body ends within the JSON.",
		Apply: func(w *mutation.Wire) error { w.Body = w.Body[:len(w.Body)/2]; return nil },
	})
	if other := b.otherNames(); other != "" {
		b.try(Predecessor, "the same under the "+string(other)+" header names", exchange.Nonstandard, renamed(b.p.Options().Sender.HeaderNames, other))
	}
	if b.o.Seen[First].Answer != exchange.Silent {
		b.plainText()
	}
}

func (b *prober) plainText() {
	b.try(PlainText, "the same as text/plain", exchange.Nonstandard, mutation.Mutation{
		ID: "header/text-plain", Doc: "The Content-Type is text/plain.",
		Apply: func(w *mutation.Wire) error { w.Header["Content-Type"] = []string{"text/plain"}; return nil },
	})
}

func (b *prober) otherNames() rtk.HeaderNames {
	switch b.p.Options().Sender.HeaderNames {
	case rtk.HeadersBoth:
		return ""
	case rtk.HeadersDyte:
		return rtk.HeadersRTK
	}
	return rtk.HeadersDyte
}

// renamed sends the three headers under other names.
func renamed(from, to rtk.HeaderNames) mutation.Mutation {
	return mutation.Mutation{
		ID: "header/" + string(to) + "-names", Doc: "The headers have the " + string(to) + "-… names.",
		Changes: mutation.PartSignature | mutation.PartUUID | mutation.PartWebhookID,
		Apply: func(w *mutation.Wire) error {
			old, names := from.Sets()[0], to.Sets()[0]
			for _, pair := range [][2]string{{old.Signature, names.Signature}, {old.UUID, names.UUID}, {old.WebhookID, names.WebhookID}} {
				w.Header[pair[1]] = w.Header[pair[0]]
				delete(w.Header, pair[0])
			}
			return nil
		},
	}
}

// types sends a genuine delivery of each other subscribed event.
func (b *prober) types() {
	sent := map[rtk.EventType]bool{b.o.Event: true}
	var xs []*exchange.Exchange
	for _, e := range b.p.Events().Lifecycle() {
		if sent[e.Type] || !b.p.Subscribed(e.Type) || b.over() {
			continue
		}
		sent[e.Type] = true
		send, cancel := b.p.Send().Within(b.limit)
		sample := "a genuine " + string(e.Type)
		x := send.Once(exchange.Nonstandard, sample, mocksender.Delivery{Event: e})
		cancel()
		if b.p.Process().Gone(x) {
			b.survive(sample)
		}
		if b.o.Seen[Name(KindType+string(e.Type))] = see(x, string(e.Type)); !x.Accepted() {
			xs = append(xs, x)
		}
	}
	for _, x := range xs {
		if b.o.Effect == "" && b.p.Effects().Followed(x) {
			b.o.Effect = "a download link of " + string(x.Delivery.Event.Type) + ", which was refused as well, was followed"
		}
	}
}

// paths looks for the path of the webhook, if nothing is served under this one.
func (b *prober) paths() {
	if s := b.o.Seen[First].Status; s != http.StatusNotFound && s != http.StatusMethodNotAllowed || b.p.Keys().Fetches() > 0 {
		return
	}
	for _, v := range otherPaths(b.o.URL) {
		b.found = takesDeliveries(b.try(v.name, v.sample, exchange.Nonstandard, v.change...)) || b.found
	}
	b.strays = b.p.Keys().Fetches()
}

// takesDeliveries reports an answer of something that is more than a path that
// nobody serves.
func takesDeliveries(s Seen) bool {
	return s.Status != 0 && s.Status/100 != 3 && s.Status != http.StatusNotFound && s.Status != http.StatusMethodNotAllowed
}

// forms signs other bytes, and in other ways.
func (b *prober) forms() {
	for _, v := range append(bytesSigned(b.o.Body), signatureForms()...) {
		if b.try(v.name, v.sample, exchange.Nonstandard, v.change...).Answer == exchange.Accepted {
			return
		}
	}
}

// members adds members to the payload, and finds out which of them is missed.
func (b *prober) members() {
	for i, v := range membersAdded(b.o.Body) {
		ok := b.try(v.name, v.sample, exchange.Nonstandard, v.change...).Answer == exchange.Accepted
		if ok != (i == 0) {
			return
		}
	}
}

// keys serves the key in other places. A target that does not ask for the key again
// is restarted for that, if that can be done.
func (b *prober) keys() {
	if b.p.Keys().Fetches() == 0 || len(b.o.accepted(KindType)) > 0 {
		return
	}
	defer b.p.Keys().Replace(nil)
	for _, v := range keyShapes() {
		fetched, ok := b.underShape(v)
		if ok {
			return
		}
		if !fetched {
			b.restartUnderShapes()
			return
		}
	}
}

// underShape sends the delivery while the key document is another one. What the
// target answers without a look at it says nothing.
func (b *prober) underShape(v variant) (fetched, accepted bool) {
	mark := b.p.Keys().Mark()
	b.p.Keys().Replace(v.key)
	s := b.try(v.name, v.sample, exchange.Nonstandard)
	if fetched = b.p.Keys().FetchesSince(mark) > 0; !fetched {
		delete(b.o.Seen, v.name)
	}
	return fetched, fetched && s.Answer == exchange.Accepted
}

// restartUnderShapes restarts the target while the key document is another one: it
// keeps what it read at its start.
func (b *prober) restartUnderShapes() {
	for _, v := range keyShapes()[:3] { // the likeliest
		if b.over() || !b.p.Process().CanRestart() {
			return
		}
		mark := b.p.Keys().Mark()
		b.p.Keys().Replace(v.key)
		began := time.Now()
		if b.p.Process().TryKill() != nil {
			return
		}
		took := time.Since(began)
		b.ends = b.ends.Add(min(took, slowStart)) // a start is no probe
		s := b.try(v.name, v.sample, exchange.Nonstandard)
		if b.p.Keys().FetchesSince(mark) == 0 {
			delete(b.o.Seen, v.name)
		}
		if s.Answer == exchange.Accepted || took > slowStart {
			return
		}
	}
}

// hold finds out whether the target waits for its key before it answers.
func (b *prober) hold() {
	if b.p.Keys().Fetches() == 0 || b.o.Early || len(b.o.accepted(KindType)) > 0 {
		return
	}
	mark := b.p.Keys().Mark()
	b.p.Keys().SetFault(wellknown.Hang)
	defer b.p.Keys().SetFault(wellknown.None)
	send, cancel := b.p.Send().Within(moment + b.limit)
	defer cancel()
	flight := send.Start(exchange.Nonstandard, "the same, while the key is not delivered", mocksender.Delivery{Event: b.x.Made})
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-flight.Over():
		b.o.Early = b.p.Keys().FetchesSince(mark) > 0
	case <-timer.C:
	case <-b.p.Context().Done():
	}
	b.p.Keys().SetFault(wellknown.None)
	flight.Wait()
}

// readEnd asks whether the target's process has ended, and what it printed last then.
func (b *prober) readEnd() {
	if exited := b.p.Options().Target.Exited; exited != nil {
		if how, last := exited(); how != "" {
			b.o.Exited, b.o.Printed = how, last
		}
	}
}

// printed is the error that the target's process has printed last.
func (b *prober) printed() string {
	if failure := b.p.Options().Target.Failure; failure != nil && !b.p.Process().Exited() {
		return failure()
	}
	return ""
}

// fetchedWhole reports whether the genuine key document was fetched.
func fetchedWhole(p *conformance.Probe) bool {
	return slices.ContainsFunc(p.Keys().Log(), func(f wellknown.Fetch) bool {
		return f.Fault == wellknown.None && f.Status == http.StatusOK && !f.Pending && strings.EqualFold(f.Method, http.MethodGet)
	})
}

// namesHint is Endpoints.NamesHint. Where nobody knows, a hard-coded URL is possible
// all the same, unless it leads where it should.
func namesHint(p *conformance.Probe) string {
	if hint := p.Endpoints().NamesHint; hint != nil {
		return hint()
	}
	if p.Options().Production {
		return ""
	}
	return "leave a hard-coded URL as it is, and have it answered here with --intercept"
}
