package corpus

import (
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// valueCases are the values that the guide lists, and what happens in meetings.
func valueCases() []Case {
	nth := func(name string, t rtk.EventType, n int, doc string) Case {
		return Case{Name: name, Event: t, Basis: Documented, Doc: doc, make: func(r *round) ([]byte, error) { return r.nth(t, n) }}
	}
	return []Case{
		{
			Name: "next-session", Event: rtk.MeetingStarted, Basis: Inferred,
			Doc:  "The same meeting starts again under a new session id: what is kept by meeting alone mixes the sessions up.",
			make: nextSession,
		},
		{
			Name: "host-ended-meeting", Event: rtk.MeetingEnded, Basis: Documented,
			Doc:  "The other documented reason, HOST_ENDED_MEETING; the sample has ALL_PARTICIPANTS_LEFT.",
			make: hostEnded,
		},
		{
			Name: "rejoined", Event: rtk.MeetingParticipantJoined, Basis: Inferred,
			Doc:  "Somebody who had left comes back: the same customParticipantId under a new peerId.",
			make: func(r *round) ([]byte, error) { return r.nth(rtk.MeetingParticipantJoined, 3) },
		},
		nth("recording", rtk.RecordingStatusUpdate, 0, "The status RECORDING: no stop, no size, no links yet."),
		nth("uploading", rtk.RecordingStatusUpdate, 1, "The status UPLOADING: no size and no links yet."),
		{
			Name: "errored", Event: rtk.RecordingStatusUpdate, Basis: Documented,
			Doc:  "The status ERRORED, which is rare, and comes when something has gone wrong already.",
			make: errored,
		},
		{
			Name: "filesize-beyond-double", Event: rtk.RecordingStatusUpdate, Basis: Inferred,
			Doc: "fileSize is a string of digits, here of a number that a double cannot hold.",
			make: func(r *round) ([]byte, error) {
				return r.set(rtk.RecordingStatusUpdate, "recording.fileSize", `"9007199254740993"`)
			},
		},
		nth("offline", rtk.LivestreamStatusUpdate, 1, "The status OFFLINE."),
		nth("idle", rtk.LivestreamStatusUpdate, 2, "The status IDLE."),
		{
			Name: "live-again", Event: rtk.LivestreamStatusUpdate, Basis: Inferred,
			Doc:  "LIVE after OFFLINE: the same bytes as the sample under another uuid, so what deduplicates by body loses it.",
			make: func(r *round) ([]byte, error) { return r.sample(rtk.LivestreamStatusUpdate) },
		},
		{
			Name: "unknown-event", Event: unknownEvent, Basis: Inferred,
			Doc: "A type that the guide does not list: to be accepted and ignored.",
			make: func(r *round) ([]byte, error) {
				return r.set(rtk.MeetingStarted, "event", `"`+string(unknownEvent)+`"`)
			},
		},
	}
}

// unknownEvent is a type that no table lists.
const unknownEvent rtk.EventType = "meeting.somethingNew"

// nextSession is the second meeting.started of one meeting.
func nextSession(r *round) ([]byte, error) {
	var host payload.Participant
	return r.play(rtk.MeetingStarted,
		func(m *payload.Meeting) ([]rtk.Event, error) {
			host = m.NewParticipant()
			return m.Join(host)
		},
		wait(20*time.Minute),
		(*payload.Meeting).End,
		func(m *payload.Meeting) ([]rtk.Event, error) { return nil, m.NextSession() },
		wait(time.Hour),
		func(m *payload.Meeting) ([]rtk.Event, error) { return m.Join(host) },
	)
}

func hostEnded(r *round) ([]byte, error) {
	return r.play(rtk.MeetingEnded, join, wait(20*time.Minute), (*payload.Meeting).End)
}

func errored(r *round) ([]byte, error) {
	var recording *payload.Recording
	return r.play(rtk.RecordingStatusUpdate,
		join,
		func(m *payload.Meeting) (events []rtk.Event, err error) {
			recording, events, err = m.StartRecording()
			return events, err
		},
		wait(10*time.Minute),
		func(*payload.Meeting) ([]rtk.Event, error) { return recording.Update(payload.RecordingErrored) },
	)
}

// formCases are the forms that the samples do not have, on the events that show
// them.
func formCases() []Case {
	shown := map[payload.Form][]rtk.EventType{
		payload.FormClientSpecificID:         {rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft},
		payload.FormRoomName:                 {rtk.MeetingStarted, rtk.MeetingParticipantJoined},
		payload.FormEndedAtNull:              {rtk.MeetingStarted, rtk.MeetingParticipantJoined},
		payload.FormInvoked:                  {rtk.RecordingStatusUpdate},
		payload.FormStopReason:               {rtk.RecordingStatusUpdate},
		payload.FormNumericFileSize:          {rtk.RecordingStatusUpdate},
		payload.FormZeroDuration:             {rtk.RecordingStatusUpdate},
		payload.FormRecordingMeetingID:       {rtk.RecordingStatusUpdate},
		payload.FormLivestreamWithoutMeeting: {rtk.LivestreamStatusUpdate},
		payload.FormSpacedTimestamps:         {rtk.MeetingStarted, rtk.MeetingEnded, rtk.RecordingStatusUpdate},
	}
	var all []Case
	for _, form := range payload.Forms() {
		basis := Practice
		if form.Documented() {
			basis = Documented
		}
		for _, t := range shown[form] {
			all = append(all, Case{
				Name: string(form), Event: t, Basis: basis, Doc: sentence(form.Doc()),
				make: func(r *round) ([]byte, error) {
					if form == payload.FormInvoked {
						return r.nth(t, 0, form)
					}
					return r.sample(t, form)
				},
			})
		}
	}
	return all
}

// sentence makes a clause a sentence, unless it begins with the name of a
// member.
func sentence(clause string) string {
	word, _, _ := strings.Cut(clause, " ")
	if !strings.Contains(word, ".") {
		clause = strings.ToUpper(clause[:1]) + clause[1:]
	}
	return clause + "."
}
