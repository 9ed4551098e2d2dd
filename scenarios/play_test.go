package scenarios_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/scenarios"
)

func TestSubscriptionFiltersWhatIsSent(t *testing.T) {
	o := scenarios.Options{Events: []rtk.EventType{rtk.MeetingStarted, rtk.MeetingEnded}}
	f := &fake{}
	f.into(&o)
	r := play(t, load(t, "weekly-sync"), o)
	assert.DeepEqual(t, types(t, f.sent), []string{"meeting.started", "meeting.ended ALL_PARTICIPANTS_LEFT"})
	assert.Equal(t, r.Counts.Filtered, 16)
	assert.Equal(t, r.Counts.Sent, 2)
	assert.Equal(t, r.Outcome(), scenarios.Met)
	assert.Equal(t, r.Steps[1].Status, scenarios.Skipped)
	assert.Equal(t, r.Steps[1].Reason, "the webhook is not subscribed to this event")
}

func TestKeyStepsMoveTheEndpoint(t *testing.T) {
	w := newWorld(t, nil)
	o := w.options()
	var faults []wellknown.Fault
	var keys []any
	f := &fake{answer: func(context.Context, int, int, mocksender.Delivery) mocksender.Outcome {
		faults = append(faults, w.keys.Fault())
		key, _ := w.keys.Keys().Key()
		keys = append(keys, key)
		return mocksender.Outcome{Status: 200}
	}}
	f.into(&o)
	assert.NilError(t, w.keys.SetFault(wellknown.PEMCRLF))
	play(t, script(t, `{"emit": "meeting.started", "as": "s"}, {"key": "outage"}, {"repeat": "s"}, {"key": "hang"}, {"repeat": "s"},
		{"key": "restore"}, {"repeat": "s"}, {"key": "rotate"}, {"repeat": "s"}, {"key": "down"}`), o)
	assert.DeepEqual(t, faults, []wellknown.Fault{wellknown.PEMCRLF, wellknown.Status500, wellknown.Hang, wellknown.None, wellknown.None})
	assert.Assert(t, keys[3] == any(genuineKey()) && keys[4] == any(rotatedKey()))
	assert.Equal(t, w.keys.Fault(), wellknown.PEMCRLF, "what was in force before is in force again")
}

func TestReceiptsAreToldAsTheyCome(t *testing.T) {
	o := newWorld(t, nil).options()
	all := []string{}
	o.Progress = func(u scenarios.Update) {
		line := fmt.Sprintf("%s %s", u.Kind, u.Step.Number)
		switch u.Kind {
		case scenarios.Attempted:
			line += fmt.Sprintf(" %d %d", u.Attempt.N, u.Attempt.Outcome.Status)
		case scenarios.Ended:
			line += fmt.Sprintf(" %s %s %s", u.Receipt.Fate, u.Expect, u.Status)
		}
		all = append(all, line)
	}
	play(t, script(t, `{"emit": "meeting.started", "faults": [{"attempt": 1, "before": "respond 503"}]}, {"after": "1m"},
		{"emit": "meeting.participantJoined", "mutate": ["signature/missing"], "expect": "rejected"}`), o)
	assert.DeepEqual(t, all, []string{
		"began 1", "attempted 1 1 503", "attempted 1 2 200", "ended 1 delivered delivered met",
		"began 2",
		"began 3", "attempted 3 1 401", "ended 3 failed rejected met",
	})
}

func TestSenderKeepsItsOwnHook(t *testing.T) {
	o := newWorld(t, nil).options()
	calls := 0
	o.Sender.OnAttempt = func(mocksender.Delivery, mocksender.Attempt) { calls++ }
	play(t, script(t, `{"emit": "meeting.started"}`), o)
	assert.Equal(t, calls, 1)
}

// Rejections are judged by the genuine deliveries around them.
func TestRejectionsCountBetweenAcceptedDeliveries(t *testing.T) {
	const forged = `{"repeat": "s", "mutate": ["signature/missing"], "expect": "rejected"}`
	for _, test := range []struct {
		reason string
		steps  string // F a forgery, A an accepted genuine delivery, R a refused one
		want   scenarios.Status
	}{
		{"between two accepted ones", "AFA", scenarios.Met},
		{"after an accepted one, at the end", "AF", scenarios.Met},
		{"before an accepted one, at the beginning", "FA", scenarios.Met},
		{"alone", "F", scenarios.Inconclusive},
		{"after a refused one", "RF", scenarios.Inconclusive},
		{"between a refused and an accepted one", "RFA", scenarios.Inconclusive},
		{"between an accepted and a refused one", "AFR", scenarios.Inconclusive},
		{"before a refused one", "FR", scenarios.Inconclusive},
		{"far from the refused one", "RAFA", scenarios.Met},
	} {
		t.Run(test.reason, func(t *testing.T) {
			lines := []string{`{"emit": "meeting.started", "as": "s", "later": true}`}
			at := -1
			for i, c := range test.steps {
				if c == 'F' {
					at = i + 1
					lines = append(lines, forged)
				} else {
					lines = append(lines, `{"repeat": "s"}`)
				}
			}
			o := scenarios.Options{}
			f := &fake{answer: func(_ context.Context, delivery, _ int, _ mocksender.Delivery) mocksender.Outcome {
				if test.steps[delivery-1] == 'A' {
					return mocksender.Outcome{Status: 200}
				}
				return mocksender.Outcome{Status: 401}
			}}
			f.into(&o)
			r := play(t, script(t, strings.Join(lines, ",")), o)
			assert.Equal(t, r.Steps[at].Status, test.want, r.Steps[at].Reason)
			assert.Equal(t, r.Counts.Met+r.Counts.Unmet+r.Counts.Inconclusive+r.Counts.NotJudged, r.Counts.Sent)
		})
	}
}

func TestUnusableOptionsAreErrors(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct {
		reason string
		change func(*scenarios.Options)
		want   string
	}{
		{"no target", func(o *scenarios.Options) { o.URL = "" }, "no URL"},
		{"a negative speed", func(o *scenarios.Options) { o.Speed = -1 }, "the speed -1 is negative"},
		{"a negative concurrency", func(o *scenarios.Options) { o.Concurrency = -1 }, "the concurrency -1 is negative"},
		{"key steps without an endpoint", func(o *scenarios.Options) { o.Keys = nil }, "key-outage changes the key or its endpoint, and there is none to change"},
		{"another keyring", func(o *scenarios.Options) { o.Sender.Keys = rtk.NewKeyring(genuineKey()) }, "the sender signs with another keyring than the key endpoint serves"},
		{"an unknown event", func(o *scenarios.Options) { o.Events = []rtk.EventType{"meeting.start"} }, `rtk: unknown event "meeting.start"`},
		{"an unusable base URL", func(o *scenarios.Options) { o.Payload.BaseURL = "ftp://x" }, "BaseURL has the scheme"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			o := w.options()
			test.change(&o)
			_, err := scenarios.Play(t.Context(), load(t, "key-outage"), o)
			assert.ErrorIs(t, err, scenarios.ErrOptions)
			assert.ErrorContains(t, err, test.want)
		})
	}
	o := w.options()
	o.Sender.Timeout = -1
	_, err := scenarios.Play(t.Context(), load(t, "weekly-sync"), o)
	assert.ErrorIs(t, err, mocksender.ErrOptions)
}

func TestHarnessFailureEndsThePlayWithWhatThereIs(t *testing.T) {
	w := newWorld(t, nil)
	o := w.options()
	o.URL = "ftp://nowhere"
	r, err := scenarios.Play(t.Context(), load(t, "weekly-sync"), o)
	assert.ErrorIs(t, err, mocksender.ErrURL)
	assert.ErrorContains(t, err, "scenarios: weekly-sync: step 1: ")
	assert.Assert(t, !r.Complete)
	assert.Equal(t, r.Steps[5].Status, scenarios.NotPlayed)

	// What lies beyond the rehearsal comes up in the play.
	s := script(t, `{"emit": "meeting.participantJoined", "times": 6000, "later": true}, {"repeat": "nobody"}`)
	_, err = scenarios.Play(t.Context(), s, w.options())
	assert.ErrorIs(t, err, scenarios.ErrScript)
	assert.Error(t, err, `scenarios: script.json: step 2: repeat: found "nobody", a name that no delivery before it has, want one given by as`)
}

func TestTimeoutIsNoRejection(t *testing.T) {
	release := make(chan struct{})
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Header.Get(rtk.HeaderSignature) == "" {
			<-release
		}
	})
	defer close(release)
	o := w.options()
	o.Sender.Timeout = 50e6
	o.Sender.Retry = mocksender.NoRetry{}
	r := play(t, script(t, `{"emit": "meeting.started"}, {"emit": "meeting.participantJoined", "mutate": ["signature/missing"], "expect": "rejected"}`), o)
	assert.Equal(t, r.Steps[1].Status, scenarios.Inconclusive)
	assert.Assert(t, strings.HasPrefix(r.Steps[1].Reason, "neither accepted nor rejected: "), r.Steps[1].Reason)
}

// No goroutine of a play outlives it, with real connections too.
func TestInterruptedPlayLeavesNothingBehind(t *testing.T) {
	w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	o := w.options()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Progress = func(u scenarios.Update) {
		if u.Step.Number == "1.3" { // every meeting is well under way
			cancel()
		}
	}
	s := script(t, `{"parallel": 20, "steps": [{"emit": "meeting.started", "background": true, "faults": [{"attempt": 1, "before": "respond 503"}]},
		{"emit": "meeting.participantJoined", "times": 3, "faults": [{"before": "respond 503"}]}, {"emit": "meeting.ended"}]}`)
	r, err := scenarios.Play(ctx, s, o)
	assert.NilError(t, err)
	assert.Assert(t, !r.Complete && r.Counts.Abandoned > 0, "%+v", r.Counts)
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, part := range []string{"scenarios.(*player)", "scenarios.(*lane)", "mocksender.(*Sender)"} {
		assert.Assert(t, !bytes.Contains(stacks, []byte(part)), "%s", stacks)
	}
}

func TestResultDoesNotGrowWithTheDeliveries(t *testing.T) {
	o := scenarios.Options{}
	f := &fake{answer: func(context.Context, int, int, mocksender.Delivery) mocksender.Outcome {
		return mocksender.Outcome{Status: 401}
	}}
	f.into(&o)
	r := play(t, script(t, `{"emit": "meeting.participantJoined", "times": 1000}`), o)
	assert.Equal(t, r.Counts.Unmet, 1000)
	assert.Equal(t, len(r.Steps[0].Evidence), scenarios.DefaultEvidence)
	assert.Equal(t, r.Steps[0].Reason, "1000 of 1000 deliveries: answered 401")
}
