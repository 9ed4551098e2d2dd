package payload_test

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// BenchmarkRender is one participant event, the most frequent kind under load.
func BenchmarkRender(b *testing.B) {
	m := newMeeting(b, payload.Options{})
	_, err := m.Join(m.NewParticipant()) // keeps the session alive
	assert.NilError(b, err)
	p := m.NewParticipant()
	step := []func(payload.Participant) ([]rtk.Event, error){m.Join, m.Leave}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		events, err := step[i%2](p)
		if err != nil || len(events) != 1 {
			b.Fatal(len(events), err)
		}
	}
}

// BenchmarkLifecycle is a whole meeting, its invention included.
func BenchmarkLifecycle(b *testing.B) {
	b.ReportAllocs()
	for seed := uint64(0); b.Loop(); seed++ {
		if _, err := payload.Lifecycle(payload.Options{Seed: seed}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSet is one member changed in a finished body.
func BenchmarkSet(b *testing.B) {
	event, err := payload.Sample(rtk.RecordingStatusUpdate, payload.Options{})
	assert.NilError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := payload.Set(event.Body, "recording.status", []byte(`"ERRORED"`)); err != nil {
			b.Fatal(err)
		}
	}
}
