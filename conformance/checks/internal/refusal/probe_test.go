package refusal_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

// fragile is a receiver whose process ends at a delivery without a signature, and that
// refuses all events but one.
type fragile struct {
	receiver
	dead atomic.Bool
}

func newFragile() *fragile {
	f := &fragile{}
	f.before = func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
		if r.Header.Get("rtk-signature") == "" {
			f.dead.Store(true)
		}
		if f.dead.Load() {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	f.after = func(w http.ResponseWriter, event map[string]any) {
		if event["event"] != "meeting.ended" {
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	return f
}

func (f *fragile) Restart(context.Context) error {
	f.dead.Store(false)
	return nil
}

func (f *fragile) exited() (how, last string) {
	if f.dead.Load() {
		return "the command ended by itself (exit status 1)", "TypeError: no signature (app.js:7)"
	}
	return "", ""
}

// What a probe has ended says nothing of why the delivery before was refused.
func TestATargetThatAProbeEndsIsAskedOn(t *testing.T) {
	t.Parallel()
	const died = `the command ended by itself (exit status 1) at "the same without a signature": TypeError: no signature (app.js:7)`
	f := newFragile()
	_, v := judged(t, &f.receiver, false, func(o *conformance.Options) { o.Target.Restart, o.Target.Exited = f, f.exited })
	assert.Assert(t, strings.HasPrefix(v.Reason, "It takes only some of the events: meeting.started is refused, and meeting.ended accepted. And "+died), v.Reason)

	f = newFragile()
	_, v = judged(t, &f.receiver, false, func(o *conformance.Options) { o.Target.Exited = f.exited })
	assert.Assert(t, strings.HasPrefix(v.Reason, "The first delivery is refused (answered 400), and "+died), v.Reason)
}

// A genuine event that ends it says no more of the first.
func TestAnEventThatEndsATargetIsNotTheFirst(t *testing.T) {
	t.Parallel()
	f := newFragile()
	f.before = func(http.ResponseWriter, *http.Request, []byte) bool {
		if f.dead.Load() {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	f.after = func(w http.ResponseWriter, event map[string]any) {
		if event["event"] == "meeting.participantJoined" {
			f.dead.Store(true)
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusBadRequest)
	}
	_, v := judged(t, &f.receiver, false, func(o *conformance.Options) { o.Target.Restart, o.Target.Exited = f, f.exited })
	assert.Assert(t, strings.HasPrefix(v.Reason, "The signature is accepted, and the payload is refused (400)"), v.Reason)
	assert.Assert(t, strings.Contains(v.Reason, `at "a genuine meeting.participantJoined": TypeError`), v.Reason)
}

// What a receiver prints at a probe is no evidence of why it refused what came before.
func TestWhatAProbeHasPrintedIsNoEvidence(t *testing.T) {
	t.Parallel()
	var probed atomic.Bool
	rc := &receiver{before: func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
		if r.Header.Get("rtk-signature") == "" {
			probed.Store(true)
		}
		return false
	}, signed: func([]byte) []byte { return []byte("something else") }}
	_, v := judged(t, rc, false, func(o *conformance.Options) {
		o.Target.Failure = func() string {
			if probed.Load() {
				return "of a probe"
			}
			return "of the genuine one"
		}
	})
	seen := strings.Join(v.Diagnosis.Seen, "\n")
	assert.Assert(t, strings.Contains(seen, "it printed: of the genuine one") && !strings.Contains(seen, "of a probe"), seen)
}

// Work of most of a second before a 2xx is no refusal.
func TestAcceptanceMayTakeLongerThanARefusal(t *testing.T) {
	t.Parallel()
	rc := &receiver{
		signed: func([]byte) []byte { return nil },
		after:  func(http.ResponseWriter, map[string]any) { <-time.After(700 * time.Millisecond) },
	}
	_, v := judged(t, rc, true, nil)
	assert.Assert(t, strings.HasPrefix(v.Reason, "It does not verify the raw bytes of the body: it accepts a signature over an empty body"), v.Reason)
}
