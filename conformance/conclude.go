package conformance

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// choose finds out what controls can be made of: the first type, of those that
// a session can have any number of, that the target accepts. It also finds out
// whether download links to the harness are taken.
//
// A target that answers the first of them not at all within the time-out is too
// slow to be judged: every check would wait that long, and prove nothing.
func (r *run) choose(ctx context.Context) {
	r.say("looking for an event that can serve as control")
	slow := false
	accepted := func(t rtk.EventType) bool {
		if slow || !r.subscribed(t) || ctx.Err() != nil {
			return false
		}
		p := &Probe{run: r, check: &Check{}, ctx: ctx}
		s := p.AcceptQuietly(p.Fresh(t))
		slow = slow || s.Answer == Silent
		return s.Answer == Accepted
	}
	first := func(types ...rtk.EventType) rtk.EventType {
		for _, t := range types {
			if accepted(t) {
				return t
			}
		}
		return ""
	}
	control := first(rtk.MeetingParticipantJoined, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate, rtk.MeetingParticipantLeft)
	linked := control
	if control != rtk.RecordingStatusUpdate {
		linked = first(rtk.RecordingStatusUpdate, rtk.MeetingTranscript, rtk.MeetingSummary, rtk.MeetingChatSynced)
	}
	if slow && control == "" {
		r.report.Stopped = fmt.Sprintf("after the first delivery there was no answer within %s; if the target is only slow, raise --timeout", r.o.Timeout)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.control, r.linked = control, linked
}

// conclude fills the report from what the probes have found.
func (r *run) conclude(ctx context.Context, probes map[*Check]*Probe) {
	why := "not run: the run was interrupted"
	if r.report.Stopped != "" {
		why = "not run: " + r.report.Stopped
	}
	for _, c := range r.o.Checks {
		v := Verdict{Check: c, Status: Skip, Reason: why}
		switch p := probes[c]; {
		case p != nil:
			v = p.verdict()
		case c.Phase == AfterGroup && r.report.Stopped == "" && ctx.Err() == nil:
			v.Reason = "not run: no check of the selection belongs to a group that it comes after"
		}
		r.report.Verdicts = append(r.report.Verdicts, v)
	}
	if ctx.Err() != nil && r.report.Stopped == "" {
		r.report.Stopped = "interrupted"
	}
	r.report.Complete = r.report.Stopped == ""
	r.report.Ledger = r.ledger.Snapshot()
	r.report.Instruments, r.report.Required = r.instruments(), r.required()
	r.report.Assumptions = append(r.report.Assumptions, r.unvetted()...)
	r.report.Judge()
}

// required returns the instruments that have to be on: those that were asked
// for, and one that the user has given. A wrong effects URL must not look like
// a good result.
func (r *run) required() []string {
	out := slices.Clone(r.o.Require)
	if r.o.Target.Effects != nil && r.seen.settled && !slices.Contains(out, InstrumentEffects) {
		out = append(out, InstrumentEffects)
	}
	if r.o.Production {
		out = append(out, InstrumentRefusals)
	}
	return out
}

// Names of the instruments, as Options.Require takes them.
const (
	InstrumentEffects  = "effects"
	InstrumentCanaries = "canaries"
	InstrumentKeys     = "keys"
	// InstrumentRefusals is there where nothing genuine can be sent, and on once
	// something was refused as a receiver refuses a signature. A target that is
	// not there refuses nothing.
	InstrumentRefusals = "refusals"
)

// refusals is the instrument of that name.
func (r *run) refusals() Instrument {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range slices.Concat(r.forgeries, r.unverifiable, r.nonstandards) {
		if s.Answer == Refused && deliberate(s.FirstStatus()) {
			return Instrument{InstrumentRefusals, true, "unbracketed: all that is seen is what the target refuses, and one that refuses everything does the same"}
		}
	}
	return Instrument{InstrumentRefusals, false, "off: nothing was refused as a receiver refuses a signature; is the URL the webhook's, and does it work?"}
}

// deliberate reports whether a receiver that works refuses a forgery by this
// status. Others say that nobody is there, or that it was asked in a wrong way.
func deliberate(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotAcceptable, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

func (r *run) instruments() []Instrument {
	fetches := r.endpoints.KeyServer.Fetches()
	keys := Instrument{InstrumentKeys, fetches > 0, fmt.Sprintf("the target fetched the key %d times", fetches)}
	switch fetches {
	case 0:
		keys.Detail = "off: the target never fetched the key from here"
	case 1:
		keys.Detail = "the target fetched the key once"
	}
	if r.o.Production {
		const detail = "off: nothing genuine can be sent to a receiver that is configured for the real service"
		return []Instrument{{InstrumentEffects, false, detail}, {InstrumentCanaries, false, detail}, keys, r.refusals()}
	}
	if !r.seen.settled {
		const detail = "off: the run did not come that far"
		return []Instrument{{InstrumentEffects, false, detail}, {InstrumentCanaries, false, detail}, keys}
	}
	return []Instrument{
		{InstrumentEffects, r.seen.effects, r.seen.effectsDetail},
		{InstrumentCanaries, r.seen.canaries, r.seen.canariesDetail},
		keys,
	}
}

func (r *run) newReport() *Report {
	o := r.o
	waits := make([]string, len(o.RetryWaits))
	for i, w := range o.RetryWaits {
		waits[i] = w.String()
	}
	return &Report{
		Strict: o.Strict,
		Seed:   o.Seed,
		Start:  o.Start,
		Target: TargetInfo{
			URL:       redact.URL(o.Target.URL),
			KeyURL:    o.Endpoints.KeyURL(),
			Events:    o.Target.Events,
			WebhookID: o.WebhookID,
			MeetingID: o.MeetingID,
			Embedded:  o.Target.Embedded,
		},
		Assumptions: []Assumption{
			{"time-out of one attempt", o.Timeout.String(), "--timeout"},
			{"retries", o.Profile.Name + ": " + o.Profile.Doc, "--retry-profile"},
			{"waits between attempts in this run", cmp.Or(strings.Join(waits, ", "), "none"), "--retry-schedule"},
			{"rtk-uuid on a retry", string(cmp.Or(o.Sender.RetryUUID, mocksender.SameUUID)), "--retry-uuid"},
			{"latency budget", o.LatencyBudget.String(), "--latency-budget"},
			{"recovery after an outage of the key endpoint", o.Recovery.String(), "--recovery"},
			{"recovery from one in the end", o.RecoveryEnd.String(), "--recovery-end"},
			{"time until a new key is taken", graceText(o.RotationGrace), "--rotation-grace"},
		},
		SecretHeaders: secretNames(o),
	}
}

func graceText(d time.Duration) string {
	if d == 0 {
		return "none: at once, or on a retry"
	}
	return d.String()
}

func secretNames(o Options) []string {
	names := make([]string, 0, len(o.Header))
	for name := range o.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// say reports progress in words.
func (r *run) say(format string, args ...any) {
	r.tell(Progress{Message: fmt.Sprintf(format, args...)})
}

// announce reports the verdict of a probe, unless effects may yet change it.
func (r *run) announce(p *Probe) {
	if len(p.later) > 0 {
		r.tell(Progress{})
		return
	}
	v := p.verdict()
	r.tell(Progress{Verdict: &v})
}

func (r *run) tell(step Progress) {
	if r.o.Progress == nil {
		return
	}
	r.progress.Lock()
	defer r.progress.Unlock()
	if step.Message == "" {
		r.done++
	}
	step.Done, step.Total = r.done, len(r.o.Checks)
	r.o.Progress(step)
}
