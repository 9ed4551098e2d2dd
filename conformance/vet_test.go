package conformance

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// corrupted runs o with a harness that corrupt has made go wrong.
func corrupted(t *testing.T, o Options, corrupt func(*run)) *Report {
	t.Helper()
	r, err := newRun(o)
	assert.NilError(t, err)
	defer r.close()
	corrupt(r)
	r.conclude(t.Context(), r.all(t.Context()))
	return r.report
}

// changing has a check make an event of type et and change it.
func changing(et rtk.EventType, path, value string) func(*Probe) {
	return func(p *Probe) {
		e := p.Fresh(et)
		body, err := payload.Set(e.Body, path, []byte(value))
		if err != nil {
			p.HarnessError(err)
			return
		}
		p.Accept("a changed event", rtk.Event{Type: e.Type, Body: body})
	}
}

func TestInvalidEventOfTheHarnessIsNotSent(t *testing.T) {
	for _, tc := range []struct {
		reason      string
		path, value string
		sends       Shape
		says        string // empty: it is sent
	}{
		{"an unknown value", "recording.status", `"PAUSED"`, AsSampled, "$.recording.status"},
		{"an unknown member", "recording.mood", `"good"`, AsSampled, "$.recording.mood"},
		{"times in disorder", "recording.stoppedTime", `"2020-01-01T00:00:00.000Z"`, AsSampled, "stoppedTime"},
		{"an unknown member that was declared", "recording.mood", `"good"`, Extended, ""},
		{"what is wrong in any reading", "recording.status", `"PAUSED"`, Extended, "$.recording.status"},
		{"what nothing is said of", "recording.status", `"PAUSED"`, Unbound, ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			tg := &target{answer: good}
			c := must("evt/x", changing(rtk.RecordingStatusUpdate, tc.path, tc.value))
			c.Sends = tc.sends
			report := conclude(t, options(t, tg, c))
			v := report.Verdicts[0]
			sent := strings.Contains(strings.Join(tg.bodies, ""), tc.value)
			if tc.says == "" {
				assert.Equal(t, v.Status, Pass, v.Reason)
				assert.Assert(t, sent)
				return
			}
			assert.Equal(t, v.Status, Error)
			assert.Equal(t, report.Outcome, Broken)
			assert.Assert(t, is.Contains(v.Reason, "a changed event: self-check: "))
			assert.Assert(t, is.Contains(v.Reason, tc.says))
			assert.Assert(t, !sent)
		})
	}
}

func TestCorruptedSenderIsNoticedOnAGenuineDelivery(t *testing.T) {
	tg := &target{answer: good}
	o := options(t, tg, must("evt/x", func(p *Probe) { p.Accept("an event", p.FreshAny()) }))
	report := corrupted(t, o, func(r *run) {
		own := o.Sender
		own.Keys, own.SelfCheck = o.Endpoints.Attacker, r.checkOutgoing
		sender, err := mocksender.New(own)
		assert.NilError(t, err)
		t.Cleanup(sender.Close)
		r.genuine = sender
	})
	assert.Equal(t, report.Verdicts[0].Status, Error)
	assert.Equal(t, report.Verdicts[0].Reason, "an event: self-check: it is signed by another key than the target is given")
	assert.Equal(t, report.Outcome, Broken)
	assert.Equal(t, len(tg.bodies), 0)
}

func TestCorruptedForgeryIsNoticed(t *testing.T) {
	change := func(f func(*mutation.Wire)) func(*mutation.Wire) error {
		return func(w *mutation.Wire) error { f(w); return nil }
	}
	for _, tc := range []struct {
		reason string
		m      mutation.Mutation
		says   string
	}{
		{"it is its twin", mutation.Mutation{ID: "signature/truncated", Apply: change(func(*mutation.Wire) {})},
			"signature/truncated changes nothing, so the delivery is a genuine one"},
		{"it differs in more than it declares", mutation.Mutation{ID: "signature/x", Apply: change(func(w *mutation.Wire) {
			w.SetSignature("x")
			w.Body = bytes.ToUpper(w.Body)
		})}, "signature/x changes the body, and declares to change the signature alone"},
		{"it is genuine all the same", mutation.Mutation{ID: "header/x", Apply: change(func(w *mutation.Wire) { w.Header["x"] = []string{"1"} })},
			"it is no forgery: rtk-signature verifies"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			report := conclude(t, options(t, &target{answer: good}, must("sig/x", func(p *Probe) {
				p.Reject(Forgery{Label: "a forgery", Mutations: []mutation.Mutation{tc.m}})
			})))
			v := report.Verdicts[0]
			assert.Equal(t, v.Status, Error, v.Reason)
			assert.Equal(t, v.Reason, "a forgery: self-check: "+tc.says)
			assert.Equal(t, report.Outcome, Broken)
		})
	}
}

// What is sent while the key endpoint fails takes a way of its own.
func TestCorruptedForgeryOfAnOutageIsNoticed(t *testing.T) {
	verifies := mutation.Mutation{ID: "header/x", Apply: func(w *mutation.Wire) error { w.Header["x"] = []string{"1"}; return nil }}
	invalid := rtk.Event{Type: rtk.MeetingStarted, Body: []byte(`{"event":"meeting.started"}`)}
	sameKey := func(r *run) { r.endpoints.Attacker = r.endpoints.Keys }
	for _, tc := range []struct {
		reason  string
		corrupt func(*run)
		send    func(*Probe)
		says    string
	}{
		{"the attacker has the genuine key", sameKey, func(p *Probe) { p.WarmOutages() },
			"a forgery while the key endpoint fails (status-500): self-check: signature/other-key changes nothing, so the delivery is a genuine one"},
		{"so it has at the first contact", sameKey, func(p *Probe) { p.firstOutage() },
			"a forgery while the key endpoint fails (status-500): self-check: signature/other-key changes nothing, so the delivery is a genuine one"},
		{"one is genuine all the same", nil, func(p *Probe) { p.Forge(Forgery{Label: "a forgery", Mutations: []mutation.Mutation{verifies}}) },
			"a forgery: self-check: it is no forgery: rtk-signature verifies"},
		{"one of several is", nil, func(p *Probe) {
			p.ForgeAll(2, []Forgery{
				{Label: "one", Event: p.FreshAny(), Mutations: []mutation.Mutation{p.Mutation("signature/other-key")}},
				{Label: "another", Event: p.FreshAny(), Mutations: []mutation.Mutation{verifies}},
			})
		}, "another: self-check: it is no forgery: rtk-signature verifies"},
		{"its event is no event", nil, func(p *Probe) {
			p.Forge(Forgery{Label: "a forgery", Event: invalid, Mutations: []mutation.Mutation{p.Mutation("signature/other-key")}})
		}, "a forgery: self-check: the event that was made is not valid (strict reading)"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			c := must("key/x", tc.send)
			c.Exclusive, c.Cold = true, true
			report := corrupted(t, options(t, &target{answer: good}, c), func(r *run) {
				if tc.corrupt != nil {
					tc.corrupt(r)
				}
			})
			assert.Equal(t, report.Verdicts[0].Status, Error, report.Verdicts[0].Reason)
			assert.Assert(t, is.Contains(report.Verdicts[0].Reason, tc.says))
			assert.Equal(t, report.Outcome, Broken)
		})
	}
}

// The senders hold to it that an event was looked at: a way to the target that
// somebody adds cannot lead around the self-check by mistake.
func TestEventThatNobodyHasLookedAtIsNotSent(t *testing.T) {
	tg := &target{answer: good}
	var d mocksender.Delivery
	report := corrupted(t, options(t, tg, must("evt/x", func(p *Probe) {
		e, err := p.run.events.opening()
		assert.NilError(t, err)
		d = mocksender.Delivery{Event: e}
		for _, sender := range []*mocksender.Sender{p.run.genuine, p.run.suspicious, p.run.plain, p.run.single, p.run.patient} {
			_, err := p.run.sendBy(p.ctx, sender, "by hand", genuine, d)
			assert.ErrorIs(t, err, errSelfCheck)
		}
		_, _, err = p.Pipeline().line.Send(p.ctx, d)
		assert.ErrorIs(t, err, errSelfCheck)
		_, err = p.run.single.OpenIdle(p.ctx, p.run.o.Target.URL, d, mocksender.IdleInBody)
		assert.ErrorIs(t, err, errSelfCheck)
		p.failed("by hand", err)
	})), func(*run) {})
	assert.Equal(t, report.Verdicts[0].Reason, "by hand: self-check: nobody has looked at the event")
	assert.Assert(t, !slices.Contains(tg.bodies, string(d.Event.Body)))
}

// Signing is nearly all of what a delivery costs, so that is counted.
func TestSelfCheckSignsNothingMore(t *testing.T) {
	tg := &target{answer: good}
	o := options(t, tg, must("evt/x", func(p *Probe) { p.Accept("an event", p.FreshAny()) }), must("sig/x", rejecting))
	o.Parallel = 2 // nothing is signed ahead
	made := 0
	report := corrupted(t, o, func(r *run) {
		t.Cleanup(func() {
			for _, s := range []*mocksender.Sender{r.genuine, r.suspicious, r.plain, r.single, r.patient} {
				made += int(s.Signatures())
			}
			assert.Equal(t, made, len(tg.bodies))
		})
	})
	assert.Equal(t, report.Outcome, Conformant)
}

func TestChangesOfTheUserMayMakeEventsInvalidAndThatIsSaid(t *testing.T) {
	for value, says := range map[string]string{
		`"a title"`: "",
		`7`:         "not applied to meeting.participantJoined, meeting.started, which the changes make invalid",
	} {
		tg := &target{answer: good}
		o := options(t, tg, must("evt/x", func(p *Probe) { p.Accept("an event", p.FreshAny()) }))
		o.Target.Events = []rtk.EventType{rtk.MeetingStarted, rtk.MeetingParticipantJoined}
		o.Set = []Change{{"meeting.title", []byte(value)}}
		report := conclude(t, o)
		assert.Equal(t, report.Verdicts[0].Status, Pass, report.Verdicts[0].Reason)
		got := ""
		for _, a := range report.Assumptions {
			if a.Name == "self-check of the events" {
				got = a.Value
			}
		}
		assert.Equal(t, got, says)
	}
}
