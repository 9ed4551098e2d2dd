package payload_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// walk takes random steps through a meeting, legal ones and others, and knows
// from a model of its own which of them must be refused.
type walk struct {
	t       *testing.T
	meeting *payload.Meeting
	people  []payload.Participant

	present    map[string]bool
	started    bool
	ended      bool
	came       map[rtk.EventType]bool
	recordings []*payload.Recording
	streams    []*payload.Livestream
	streamOf   map[*payload.Livestream]string // its session
}

func newWalk(t *testing.T, o payload.Options) *walk {
	t.Helper()
	m, err := payload.New(o)
	assert.NilError(t, err)
	w := &walk{t: t, meeting: m, streamOf: map[*payload.Livestream]string{}}
	for range 4 {
		w.people = append(w.people, m.NewParticipant())
	}
	w.reset()
	return w
}

func (w *walk) reset() {
	w.present, w.came = map[string]bool{}, map[rtk.EventType]bool{}
	w.started, w.ended = false, false
}

// play takes n random steps and returns the events that they caused.
func (w *walk) play(seed uint64, n int) []rtk.Event {
	w.t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	var all []rtk.Event
	for range n {
		all = append(all, w.step(rng)...)
	}
	return all
}

func (w *walk) live() bool { return w.started && !w.ended }

// step takes one random step.
func (w *walk) step(rng *rand.Rand) []rtk.Event {
	w.t.Helper()
	who := w.people[rng.IntN(len(w.people))]
	switch rng.IntN(12) {
	case 0, 1, 2:
		events, err := w.meeting.Join(who)
		return w.joined(who, events, err)
	case 3, 4:
		events, err := w.meeting.Leave(who)
		return w.left(who, events, err)
	case 5:
		return w.advance(rng)
	case 6:
		return w.record(rng)
	case 7:
		return w.stream(rng)
	case 8, 9:
		return w.after(rng)
	case 10:
		if rng.IntN(4) > 0 {
			return w.advance(rng)
		}
		events, err := w.meeting.End()
		w.expect("end", w.live(), err, payload.ErrNotLive)
		if err == nil {
			w.ended = true
			assert.Equal(w.t, len(events), len(w.present)+1, "all leave, then it ends")
			w.present = map[string]bool{}
		}
		return events
	default:
		err := w.meeting.NextSession()
		w.expect("next session", w.ended, err, payload.ErrNotEnded)
		if err == nil {
			w.reset()
		}
		return nil
	}
}

// expect checks that a step was refused exactly if the model says so, and by
// one of the given errors.
func (w *walk) expect(step string, legal bool, err error, kinds ...error) {
	w.t.Helper()
	if legal {
		assert.NilError(w.t, err, "%s is legal", step)
		return
	}
	assert.ErrorIs(w.t, err, payload.ErrState, "%s is not legal", step)
	assert.Assert(w.t, slices.ContainsFunc(kinds, func(k error) bool { return errors.Is(err, k) }), "%s: %v", step, err)
}

func (w *walk) joined(p payload.Participant, events []rtk.Event, err error) []rtk.Event {
	w.t.Helper()
	w.expect("join", !w.ended && !w.present[p.CustomID], err, payload.ErrEnded, payload.ErrPresent)
	if err == nil {
		w.present[p.CustomID] = true
		want := []rtk.EventType{rtk.MeetingParticipantJoined}
		if !w.started {
			want = append([]rtk.EventType{rtk.MeetingStarted}, want...)
		}
		assert.DeepEqual(w.t, types(events), want)
		w.started = true
	}
	return events
}

func (w *walk) left(p payload.Participant, events []rtk.Event, err error) []rtk.Event {
	w.t.Helper()
	w.expect("leave", w.present[p.CustomID], err, payload.ErrAbsent)
	if err == nil {
		delete(w.present, p.CustomID)
		want := []rtk.EventType{rtk.MeetingParticipantLeft}
		if len(w.present) == 0 {
			want = append(want, rtk.MeetingEnded)
			w.ended = true
		}
		assert.DeepEqual(w.t, types(events), want)
	}
	return events
}

// advance moves the clock. Beyond the stated end it may be refused; the model
// does not know that time.
func (w *walk) advance(rng *rand.Rand) []rtk.Event {
	w.t.Helper()
	d := time.Duration(rng.Int64N(int64(12 * time.Minute)))
	before := w.meeting.Now()
	if err := w.meeting.Advance(d); err != nil {
		assert.ErrorIs(w.t, err, payload.ErrClock)
		assert.Assert(w.t, w.live(), "only a live session holds the clock back")
		assert.Equal(w.t, w.meeting.Now(), before)
	}
	return nil
}

func (w *walk) record(rng *rand.Rand) []rtk.Event {
	w.t.Helper()
	if n := len(w.recordings); n > 0 && rng.IntN(3) > 0 {
		r := w.recordings[rng.IntN(n)]
		to := payload.RecordingStatuses()[rng.IntN(4)]
		change := string(r.Status()) + ">" + string(to)
		legal := slices.Contains([]string{
			"RECORDING>UPLOADING", "RECORDING>ERRORED", "UPLOADING>UPLOADED", "UPLOADING>ERRORED",
		}, change)
		events, err := r.Update(to)
		w.expect(change, legal, err, payload.ErrTransition)
		return events
	}
	r, events, err := w.meeting.StartRecording()
	w.expect("record", w.live(), err, payload.ErrNotLive)
	if err == nil {
		w.recordings = append(w.recordings, r)
	}
	return events
}

func (w *walk) stream(rng *rand.Rand) []rtk.Event {
	w.t.Helper()
	if n := len(w.streams); n > 0 && rng.IntN(3) > 0 {
		l := w.streams[rng.IntN(n)]
		to := payload.LivestreamStatuses()[rng.IntN(3)]
		sessionLives := w.live() && w.streamOf[l] == w.meeting.SessionID()
		legal := to != l.Status() && (to != payload.LivestreamLive || sessionLives)
		events, err := l.Update(to)
		w.expect("livestream "+string(to), legal, err, payload.ErrTransition)
		return events
	}
	l, events, err := w.meeting.StartLivestream()
	w.expect("stream", w.live(), err, payload.ErrNotLive)
	if err == nil {
		w.streams = append(w.streams, l)
		w.streamOf[l] = w.meeting.SessionID()
	}
	return events
}

func (w *walk) after(rng *rand.Rand) []rtk.Event {
	w.t.Helper()
	var events []rtk.Event
	var err error
	var t rtk.EventType
	switch rng.IntN(3) {
	case 0:
		t = rtk.MeetingChatSynced
		events, err = w.meeting.ChatSynced()
	case 1:
		t = rtk.MeetingTranscript
		events, err = w.meeting.Transcript()
	default:
		t = rtk.MeetingSummary
		events, err = w.meeting.Summary()
	}
	w.expect(string(t), w.ended && !w.came[t], err, payload.ErrNotEnded, payload.ErrRepeated)
	if err == nil {
		w.came[t] = true
	}
	return events
}

func types(events []rtk.Event) []rtk.EventType {
	var all []rtk.EventType
	for _, e := range events {
		all = append(all, e.Type)
	}
	return all
}

func text(events []rtk.Event) string {
	var all string
	for _, e := range events {
		all += fmt.Sprintf("%s\n", e.Body)
	}
	return all
}
