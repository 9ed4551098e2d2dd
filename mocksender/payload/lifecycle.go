package payload

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Lifecycle returns the events of one ordinary meeting from start to summary,
// in the order in which they happen. All nine event types and all livestream
// statuses are among them. With the default duration the second participant
// joins at 10:05 and leaves at 10:25, and the session ends at 10:30, as in the
// guide's samples. Errors match ErrOptions.
func Lifecycle(o Options) ([]rtk.Event, error) {
	m, err := New(o)
	if err != nil {
		return nil, err
	}
	var events []rtk.Event
	for _, step := range ordinary(m) {
		at := m.set.Start.Add(m.set.Duration * step.at / 30)
		if err := m.Advance(max(0, at.Sub(m.clock))); err != nil {
			return nil, fmt.Errorf("payload: lifecycle: %w", err)
		}
		caused, err := step.do()
		if err != nil {
			return nil, fmt.Errorf("payload: lifecycle: %w", err)
		}
		events = append(events, caused...)
	}
	return events, nil
}

// step is something that happens at a time of the meeting.
type step struct {
	at time.Duration // in thirtieths of the planned duration: minutes, by default
	do func() ([]rtk.Event, error)
}

func ordinary(m *Meeting) []step {
	type caused = []rtk.Event
	host, guest, third := m.NewParticipant(), m.NewParticipant(), m.NewParticipant()
	var recording *Recording
	var stream *Livestream
	return []step{
		{0, func() (caused, error) { return m.Join(host) }},
		{0, func() (e caused, err error) { recording, e, err = m.StartRecording(); return e, err }},
		{5, func() (caused, error) { return m.Join(guest) }},
		{6, func() (e caused, err error) { stream, e, err = m.StartLivestream(); return e, err }},
		{8, func() (caused, error) { return m.Join(third) }},
		{15, func() (caused, error) { return m.Leave(third) }},
		{17, func() (caused, error) { return m.Join(third) }},
		{20, func() (caused, error) { return stream.Update(LivestreamOffline) }},
		{21, func() (caused, error) { return stream.Update(LivestreamIdle) }},
		{25, func() (caused, error) { return m.Leave(guest) }},
		{26, func() (caused, error) { return m.Leave(third) }},
		{28, func() (caused, error) { return m.Leave(host) }}, // ends the session at 30
		{30, func() (caused, error) { return recording.Update(RecordingUploading) }},
		{31, func() (caused, error) { return recording.Update(RecordingUploaded) }},
		{31, m.ChatSynced},
		{32, m.Transcript},
		{33, m.Summary},
	}
}

// Sample returns one event of type t that looks like its sample, from a new
// Lifecycle: the second participant joins or leaves, a recording is UPLOADED, a
// livestream is LIVE, a session ends because all participants left. The error
// says that t is not documented, or matches ErrOptions.
func Sample(t rtk.EventType, o Options) (rtk.Event, error) {
	if _, err := rtk.ParseEventType(string(t)); err != nil {
		return rtk.Event{}, fmt.Errorf("payload: sample: %w", err)
	}
	events, err := Lifecycle(o)
	if err != nil {
		return rtk.Event{}, err
	}
	return SampleOf(events, t), nil
}

// SampleOf is Sample for the events of a Lifecycle, which are not changed. t is
// documented.
func SampleOf(events []rtk.Event, t rtk.EventType) rtk.Event {
	events = slices.DeleteFunc(slices.Clone(events), func(e rtk.Event) bool { return e.Type != t })
	switch t {
	case rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft:
		return events[1]
	case rtk.RecordingStatusUpdate:
		return events[len(events)-1]
	default:
		return events[0]
	}
}
