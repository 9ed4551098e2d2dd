package conformance

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Meeting returns a new meeting of the run that nobody has joined, for checks
// that need more than one event of it.
func (p *Probe) Meeting(forms ...payload.Form) *payload.Meeting {
	m, err := p.run.events.meeting(forms...)
	if err != nil {
		p.harness(err)
		m = new(payload.Meeting)
	}
	return m
}

// Lifecycle returns the events of a new meeting of the run, from start to
// summary, subscribed or not.
func (p *Probe) Lifecycle(forms ...payload.Form) []rtk.Event {
	events, err := p.run.events.lifecycle(forms...)
	if err != nil {
		p.harness(err)
	}
	return events
}

// ShortMeeting returns the events of a new meeting that is as short as one can be that
// leaves a chat, a transcript and a summary behind.
func (p *Probe) ShortMeeting() []rtk.Event {
	events, err := shortMeeting(p.run.events.fresher())
	if err != nil {
		p.harness(err)
	}
	return events
}

// LifecycleAt is Lifecycle with a meeting that started earlier or later by
// shift.
func (p *Probe) LifecycleAt(shift time.Duration) ([]rtk.Event, error) {
	o := p.run.events.fresher()
	o.Start = o.Start.Add(shift)
	return payload.Lifecycle(o)
}

// deviationsPerForm bounds how many events are sent to try one form out.
const deviationsPerForm = 2

// Deviation is an event in a form of practice, and in that of the samples.
type Deviation struct{ Plain, Changed rtk.Event }

// Deviations returns subscribed events of a new meeting that look different
// under form, one of a type and a few in all.
func (p *Probe) Deviations(form payload.Form) []Deviation {
	plain, changed, err := p.run.events.both(form)
	if err != nil {
		p.harness(err)
		return nil
	}
	known := map[string]bool{}
	for _, e := range plain {
		known[string(e.Body)] = true
	}
	had := map[rtk.EventType]bool{}
	var out []Deviation
	for i, e := range changed {
		if !known[string(e.Body)] && !had[e.Type] && p.Subscribed(e.Type) && len(out) < deviationsPerForm {
			had[e.Type] = true
			if len(plain) != len(changed) { // the form has an event of its own
				i = slices.IndexFunc(plain, func(other rtk.Event) bool { return other.Type == e.Type })
			}
			out = append(out, Deviation{plain[i], e})
		}
	}
	return out
}

// Mutation returns a named change of a signed request. Where one needs another
// key, it is the attacker's.
func (p *Probe) Mutation(id string) mutation.Mutation {
	attacker, err := p.run.endpoints.Attacker.Key()
	if err == nil {
		var m mutation.Mutation
		if m, err = mutation.ByID(mutation.Options{Attacker: attacker}, id); err == nil {
			return m
		}
	}
	p.harness(err)
	return mutation.Mutation{ID: id, Apply: func(*mutation.Wire) error { return err }}
}

// HarnessError takes down a failure of the harness itself.
func (p *Probe) HarnessError(err error) { p.harness(err) }

// Idempotent reports whether the user says that the target promises one effect
// for a delivery that comes more than once.
func (p *Probe) Idempotent() bool { return p.run.o.Idempotent }

// Rate is the number of requests a second that the user allows; 0: any.
func (p *Probe) Rate() float64 { return p.run.o.Rate }

// ControlType is the event type of controls and twins.
func (p *Probe) ControlType() rtk.EventType { return p.run.controlType() }

// LinkedType is an accepted event type with download links, or ControlType.
func (p *Probe) LinkedType() rtk.EventType { return p.run.linkedType() }

// NotApplicable takes down that the check has nothing to say about this
// target.
func (p *Probe) NotApplicable(format string, args ...any) {
	p.inapplicable = true
	p.Skip("not applicable: "+format, args...)
}

// Effect reports, once the effects have been read, whether a delivery that
// should have none had one, and whether that could be seen at all.
func (p *Probe) Effect(s *Exchange) (effect, known bool) { return p.run.effect(s) }

// AwaitEffect has the effect of a genuine delivery read, and gives it time to show.
func (p *Probe) AwaitEffect(sents ...*Exchange) {
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	for _, s := range sents {
		s.watch, p.run.restless = awaited, true
	}
}

// WatchEffect has the effects of genuine deliveries read, once all must have shown.
func (p *Probe) WatchEffect(sents ...*Exchange) {
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	for _, s := range sents {
		s.watch = max(s.watch, watched)
	}
}

// HadNoEffect reports, once the effects have been read, that a watched delivery was
// seen to have none.
func (p *Probe) HadNoEffect(s *Exchange) bool { return p.run.effectless(s) }

// Effects returns, once the effects have been read, how many effects an awaited
// delivery has had. It is not known where the instrument is off, where it
// counts several deliveries under one key, and where no delivery of the same
// event type had any: then the event may mean nothing to the target.
func (p *Probe) Effects(s *Exchange) (n int, known bool) { return p.run.effectsOf(s) }

// Followed reports whether a download link of s has been followed so far.
func (p *Probe) Followed(s *Exchange) bool { return p.run.followed(s) }

// SeesEffects and SeesCanaries report, once the effects have been read,
// whether the instruments are on.
func (p *Probe) SeesEffects() bool  { return p.run.seen.effects }
func (p *Probe) SeesCanaries() bool { return p.run.seen.canaries }

// RefusedForgeries returns the forgeries of the run that were not accepted.
func (p *Probe) RefusedForgeries() []*Exchange {
	p.needOverall()
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	var out []*Exchange
	for _, s := range p.run.forgeries {
		if s.Answer != Accepted {
			out = append(out, s)
		}
	}
	return out
}

// needOverall takes a failure of the harness down unless the check is in every
// shard: in one alone it would pass over what the others have sent.
func (p *Probe) needOverall() {
	if !p.check.Overall {
		p.harness(fmt.Errorf("%s judges what the whole run has sent, and is not marked as Overall", p.check.ID))
	}
}

// AllForgeries returns the forgeries of the run so far.
func (p *Probe) AllForgeries() []*Exchange {
	p.needOverall()
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	return append([]*Exchange(nil), p.run.forgeries...)
}

// Genuine returns the genuine deliveries of the run so far.
func (p *Probe) Genuine() []*Exchange {
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	return append([]*Exchange(nil), p.run.genuineSent...)
}

// Latencies returns how long the answers to genuine deliveries took. An attempt
// without an answer counts with its time-out.
func (p *Probe) Latencies() []time.Duration {
	var out []time.Duration
	for _, s := range p.Genuine() {
		for _, a := range s.Attempts {
			if a.Fault == "" && (a.Outcome.OK() || a.Outcome.Class == mocksender.ClassTimeout) {
				out = append(out, a.Outcome.Took)
			}
		}
	}
	return out
}

// Stopped says how the target stopped working, and during which check, if
// it has.
func (p *Probe) Stopped() (how string, ok bool) { return p.run.breaker.open() }

// Earliest returns the first delivery with an event as controls have it that the
// target's process has accepted, and how many genuine ones have come since. It is
// nil if there is none. Only exclusive checks may ask: others are beside them.
func (p *Probe) Earliest() (first *Exchange, since int) {
	control := p.run.controlType()
	for _, s := range p.Genuine() {
		if first != nil {
			since++
			continue
		}
		if s.Answer == Accepted && s.Delivery.Event.Type == control && s.ended.After(p.run.processes.began) {
			first = s
		}
	}
	return first, since
}
