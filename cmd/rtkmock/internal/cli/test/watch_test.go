package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
)

func TestABarShowsWhatIsWaitedFor(t *testing.T) {
	w := &watch{show: terminal.New(terminal.Streams{}, nil).NewProgress(terminal.ProgressNone)}
	recovers, rotates := &conformance.Check{ID: "key/recovers", Title: "it recovers"}, &conformance.Check{ID: "key/rotation", Title: "it takes a new key"}
	at := func(s conformance.Progress) terminal.Step {
		w.update(s)
		return w.step(s.Done, s.Total)
	}
	for _, c := range []struct {
		step     conformance.Progress
		id, text string
		waits    bool
		reason   string
	}{
		{conformance.Progress{Kind: conformance.Doing, Message: "group key"}, "", "group key", false, "no check has begun"},
		{conformance.Progress{Kind: conformance.CheckBegan, Check: recovers}, "key/recovers", "it recovers", false, "one has"},
		{conformance.Progress{Kind: conformance.Doing, Check: recovers, Message: "an outage", Most: time.Hour}, "key/recovers", "an outage", true, "it waits"},
		{conformance.Progress{Kind: conformance.CheckBegan, Check: rotates}, "key/recovers", "an outage", true, "another one does not"},
		{conformance.Progress{Kind: conformance.CheckEnded, Check: recovers}, "key/rotation", "it takes a new key", false, "it is over"},
		{conformance.Progress{Kind: conformance.Doing, Message: "waiting for effects", Most: time.Hour}, "key/rotation", "it takes a new key", false, "the check still runs"},
		{conformance.Progress{Kind: conformance.CheckEnded, Check: rotates}, "", "waiting for effects", true, "nothing else does"},
	} {
		got := at(c.step)
		assert.Equal(t, got.ID, c.id, c.reason)
		assert.Equal(t, got.Text, c.text, c.reason)
		assert.Equal(t, !got.Until.IsZero(), c.waits, c.reason)
	}
}

func TestALongRunIsAnnouncedOnce(t *testing.T) {
	var notes []string
	w := &watch{show: terminal.New(terminal.Streams{}, nil).NewProgress(terminal.ProgressNone), note: func(format string, args ...any) {
		notes = append(notes, fmt.Sprintf(format, args...))
	}}
	for _, s := range []conformance.Progress{
		{Left: time.Hour},
		{Left: time.Minute, Answer: time.Second},
		{Left: time.Hour, Answer: 100 * time.Millisecond},
		{Left: 253 * time.Second, Answer: 512 * time.Millisecond},
		{Left: 245 * time.Second, Answer: 512 * time.Millisecond},
	} {
		w.update(s)
	}
	assert.Equal(t, len(notes), 1)
	assert.Assert(t, strings.HasPrefix(notes[0], "the target takes 510ms to accept a delivery, so the run takes about 4m10s; --parallel 8 "), notes[0])
}
