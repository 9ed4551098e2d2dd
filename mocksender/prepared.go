package mocksender

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrURL is wrapped by the errors about the URL of a target.
var ErrURL = errors.New("mocksender: unusable target URL")

// Prepared is a delivery with frozen bytes: signed, changed by its mutations and
// laid out. Every attempt sends the same.
type Prepared struct {
	// Delivery is what was given, with its UUID and WebhookID filled in.
	Delivery Delivery
	// Request is what every attempt puts on the wire.
	Request Request

	s      *Sender
	wire   *http1.Request // the Request, ready to be sent
	twin   *mutation.Wire // what it would be without its mutations; nil unless it is inspected
	faults FaultPlan
}

// Prepare signs d and lays it out for the http or https URL. It is for callers
// that schedule retries and remember the health of targets themselves. Errors
// are those of Send; the Prepared then holds the Delivery alone.
func (s *Sender) Prepare(url string, d Delivery) (*Prepared, error) {
	p := &Prepared{Delivery: d, s: s, faults: append(d.Faults[:len(d.Faults):len(d.Faults)], s.o.Faults...)}
	if err := d.Faults.check(); err != nil {
		return p, err
	}
	// The URL comes first: a bad one should not cost a signature.
	if _, err := s.target(url); err != nil {
		return p, err
	}
	s.identify(&p.Delivery)
	w, err := s.genuine(url, p.Delivery)
	if err != nil {
		return p, err
	}
	if s.o.SelfCheck != nil {
		twin := *w
		twin.Header = w.Header.Clone()
		p.twin = &twin
	}
	if len(d.Mutations) > 0 {
		w.Body = bytes.Clone(w.Body)
	}
	for _, m := range d.Mutations {
		if err := m.Apply(w); err != nil {
			return p, fmt.Errorf("mocksender: mutation %s: %w", m.ID, err)
		}
	}
	if err := p.layOut(w, new(http1.Request)); err != nil {
		return p, err
	}
	return p, p.selfCheck(p.Delivery)
}

// PrepareRaw lays out w as it is, to send again what was recorded: nothing is
// signed, changed or inspected. The faults of the Sender apply. Those that
// depend on a uuid or an event see what the caller puts into Delivery.
func (s *Sender) PrepareRaw(w *mutation.Wire) (*Prepared, error) {
	p := &Prepared{s: s, faults: s.o.Faults}
	return p, p.layOut(w, new(http1.Request))
}

// Reuse is PrepareRaw in the memory of p, which a Sender has prepared in that way.
// Attempts of before have to be over, and what they gave out of the Request is
// overwritten. After an error, p can be reused as well.
func (p *Prepared) Reuse(w *mutation.Wire) error {
	p.Delivery = Delivery{}
	p.wire.Clear()
	return p.layOut(w, p.wire)
}

// Try makes attempt number n, 1 for the first, and calls OnAttempt. It is safe
// for concurrent use.
func (p *Prepared) Try(ctx context.Context, n int) Attempt {
	fault := p.faults.selectFault(p.s.o.FaultSeed, p.Delivery.UUID, p.Delivery.Event.Type, n)
	a := Attempt{N: n, At: time.Now(), Request: p.Request, Fault: fault.String()}
	p.attemptWithFault(ctx, fault, &a)
	if p.s.o.OnAttempt != nil {
		p.s.o.OnAttempt(p.Delivery, a)
	}
	return a
}

// attemptWithFault makes the attempt a. A zero fault is none.
func (p *Prepared) attemptWithFault(ctx context.Context, fault Fault, a *Attempt) {
	if fault.Before != "" {
		if o, over := p.before(ctx, fault); over {
			a.Outcome, a.Outcome.Took = o, time.Since(a.At)
			return
		}
	}
	a.Reached = true
	res := p.s.client.Do(ctx, p.wire)
	a.Outcome, a.Resent = newOutcome(res), res.Resent
	if fault.Before == Delay {
		a.Outcome.Took = time.Since(a.At)
	}
	if fault.After == "" || a.Outcome.Err != nil {
		return
	}
	hidden := a.Outcome
	a.Target = &hidden
	a.Outcome = Outcome{Status: fault.Status}
	if fault.After == LoseResponse {
		a.Outcome = failed(ClassReset, "the answer was lost (a fault of the script)")
	}
	a.Outcome.Took = hidden.Took
}

// before returns what the sender sees of an attempt that does not reach the
// target, and whether that is so.
func (p *Prepared) before(ctx context.Context, fault Fault) (o Outcome, over bool) {
	limit := p.s.o.Timeout
	switch fault.Before {
	case Refuse:
		return failed(ClassRefused, "the connection was refused (a fault of the script)"), true
	case Reset:
		return failed(ClassReset, "the connection was cut (a fault of the script)"), true
	case Respond:
		return Outcome{Status: fault.Status}, true
	}
	pause(ctx, min(fault.Wait, limit))
	switch {
	case ctx.Err() != nil:
		return failed(ClassCanceled, "the delivery was given up while it was held back"), true
	case fault.Wait >= limit:
		return failed(ClassTimeout, fmt.Sprintf("%s did not answer within %v (held back by the script)", p.wire.Target.Addr, limit)), true
	}
	return Outcome{}, false
}

func failed(c Class, msg string) Outcome {
	return Outcome{Err: &NetError{Class: c, Msg: msg}, Class: c}
}

// pause waits, or returns early because ctx ended.
func pause(ctx context.Context, wait time.Duration) {
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// renumber gives the request a new uuid. The mutations are not applied again:
// the body and the signature stay.
func (p *Prepared) renumber() error {
	d := p.Delivery
	d.UUID = p.s.o.IDs.Next()
	w := p.Request.wire()
	w.Header = w.Header.Clone()
	setUUID(w.Header, d.UUID)
	if err := p.layOut(w, new(http1.Request)); err != nil || p.twin == nil {
		return err
	}
	twin := *p.twin
	twin.Header = twin.Header.Clone()
	setUUID(twin.Header, d.UUID)
	p.twin = &twin
	return p.selfCheck(d)
}

// setUUID sets the uuid wherever h has one.
func setUUID(h http.Header, id string) {
	for _, names := range rtk.HeadersBoth.Sets() {
		if name := header.Key(h, names.UUID); len(h[name]) > 0 {
			h[name] = []string{id}
		}
	}
}

// selfCheck shows p, a request of d, to the self-check of the Options.
func (p *Prepared) selfCheck(d Delivery) error {
	if p.twin == nil {
		return nil
	}
	i := Outgoing{Delivery: d, Request: p.Request, Twin: p.Request, Key: &p.twin.Key.PublicKey, Header: p.s.o.Header}
	if !d.Genuine() {
		twin := Prepared{s: p.s}
		if err := twin.layOut(p.twin, new(http1.Request)); err != nil {
			return err
		}
		i.Twin = twin.Request
	}
	return p.s.o.SelfCheck(i)
}

// identify fills in the ids that d does not name.
func (s *Sender) identify(d *Delivery) {
	if d.UUID == "" {
		d.UUID = s.o.IDs.Next()
	}
	if d.WebhookID == "" {
		d.WebhookID = s.o.WebhookID
	}
}

// genuine returns d as the real service would send it.
func (s *Sender) genuine(url string, d Delivery) (*mutation.Wire, error) {
	key, sig, err := s.signer.sign(d.Event.Body)
	if err != nil {
		return nil, fmt.Errorf("mocksender: %w", err)
	}
	w := &mutation.Wire{
		Method: http.MethodPost,
		URL:    url,
		Header: SignedHeader(s.o.HeaderNames, d.UUID, d.WebhookID, sig),
		Body:   d.Event.Body,
		Key:    key,
	}
	w.Header["User-Agent"] = []string{s.o.UserAgent}
	for _, names := range s.o.HeaderNames.Sets() {
		w.SignatureNames = append(w.SignatureNames, names.Signature)
	}
	header.Overlay(w.Header, s.o.Header)
	header.Overlay(w.Header, d.Header)
	return w, nil
}

// SignedHeader returns the header fields of a genuine delivery, except those
// that follow from its URL and the length of its body. The caller owns them.
func SignedHeader(names rtk.HeaderNames, uuid, webhookID, signature string) http.Header {
	h := http.Header{
		"Content-Type": {"application/json"},
		"User-Agent":   {DefaultUserAgent},
	}
	for _, set := range names.Sets() {
		h[set.Signature] = []string{signature}
		h[set.UUID] = []string{uuid}
		h[set.WebhookID] = []string{webhookID}
	}
	return h
}

// layOut turns w into bytes, in the empty request q.
func (p *Prepared) layOut(w *mutation.Wire, q *http1.Request) (err error) {
	p.wire = q
	if q.Target, err = p.s.target(w.URL); err != nil {
		return err
	}
	q.Method, q.Header, q.Body, q.Framing = w.Method, w.Header, w.Body, w.Framing
	if err := p.s.client.LayOut(q); err != nil {
		return fmt.Errorf("mocksender: %w", err)
	}
	p.Request = Request{Method: w.Method, URL: w.URL, Header: w.Header, Head: q.Head, Body: w.Body, Framing: w.Framing}
	return nil
}

// parsedURL is a URL with what it says.
type parsedURL struct {
	url    string
	target http1.Target
}

// target is parseTarget, and remembers the latest.
func (s *Sender) target(url string) (http1.Target, error) {
	if latest := s.latest.Load(); latest != nil && latest.url == url {
		return latest.target, nil
	}
	t, err := parseTarget(url)
	if err == nil {
		s.latest.Store(&parsedURL{url, t})
	}
	return t, err
}

func parseTarget(url string) (http1.Target, error) {
	t, err := http1.ParseTarget(url)
	if err != nil {
		return t, fmt.Errorf("%w: %w", ErrURL, err)
	}
	return t, nil
}
