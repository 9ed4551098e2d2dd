package conformance

import (
	"bytes"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender"
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
			p.Harness(err)
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
		own.Keys, own.Inspect = o.Station.Attacker, r.inspect
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
	change := func(f func(*mocksender.Wire)) func(*mocksender.Wire) error {
		return func(w *mocksender.Wire) error { f(w); return nil }
	}
	for _, tc := range []struct {
		reason string
		m      mocksender.Mutation
		says   string
	}{
		{"it is its twin", mocksender.Mutation{ID: "signature/truncated", Apply: change(func(*mocksender.Wire) {})},
			"signature/truncated changes nothing, so the delivery is a genuine one"},
		{"it differs in more than it declares", mocksender.Mutation{ID: "signature/x", Apply: change(func(w *mocksender.Wire) {
			w.SetSignature("x")
			w.Body = bytes.ToUpper(w.Body)
		})}, "signature/x changes the body, and declares to change the signature alone"},
		{"it is genuine all the same", mocksender.Mutation{ID: "header/x", Apply: change(func(w *mocksender.Wire) { w.Header["x"] = []string{"1"} })},
			"it is no forgery: rtk-signature verifies"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			report := conclude(t, options(t, &target{answer: good}, must("sig/x", func(p *Probe) {
				p.Reject(Forgery{Label: "a forgery", Mutations: []mocksender.Mutation{tc.m}})
			})))
			v := report.Verdicts[0]
			assert.Equal(t, v.Status, Error, v.Reason)
			assert.Equal(t, v.Reason, "a forgery: self-check: "+tc.says)
			assert.Equal(t, report.Outcome, Broken)
		})
	}
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
