package refusal_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

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
