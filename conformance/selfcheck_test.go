package conformance

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// changing makes a check that makes an event of type et and changes it.
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

func TestCorruptedForgeryIsNotSent(t *testing.T) {
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
			uuid := ""
			tg := &target{answer: good}
			report := conclude(t, options(t, tg, must("sig/x", func(p *Probe) {
				uuid = p.Send().NewUUID()
				p.Reject(Forgery{Label: "a forgery", UUID: uuid, Mutations: []mutation.Mutation{tc.m}})
			})))
			v := report.Verdicts[0]
			assert.Equal(t, v.Status, Error, v.Reason)
			assert.Equal(t, v.Reason, "a forgery: self-check: "+tc.says)
			assert.Equal(t, report.Outcome, Broken)
			assert.Assert(t, !slices.Contains(tg.uuids, uuid), "it was sent")
		})
	}
}

func TestChangesOfTheUserMayMakeEventsInvalidAndThatIsSaid(t *testing.T) {
	for value, says := range map[string]string{
		`"a title"`: "",
		`7`:         "not applied to meeting.participantJoined, meeting.started, which the changes make invalid",
	} {
		tg := &target{answer: good}
		o := options(t, tg, must("evt/x", func(p *Probe) {
			first := p.Accept("an event", p.FreshAny())
			p.Accept("the same again", first.Made)
		}))
		o.Target.Events = []rtk.EventType{rtk.MeetingStarted, rtk.MeetingParticipantJoined}
		o.Set = payload.Assignments{{Path: "meeting.title", Value: []byte(value)}}
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
