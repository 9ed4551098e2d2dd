package receivers

import (
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// tooLongAgo is when events are stale to the flaw that checks their age.
const tooLongAgo = 12 * time.Hour

// courseFlaws expect a meeting to take its course: in order, complete, once a
// meeting, and today.
func courseFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "leave-needs-join",
			Doc:   "Answers 404 to a leave whose join it has not seen: a join that was lost takes the leave with it, and one that is late does so, too.",
			Kills: ids("dlv/out-of-order dlv/gap"),
			twist: func(b *behaviour) {
				joined := map[[2]string]bool{}
				studying(b, http.StatusNotFound, func(e object) bool {
					who := [2]string{e.session(), e.text("participant.peerId")}
					if e.kind() == rtk.MeetingParticipantJoined {
						joined[who] = true
					}
					return e.kind() != rtk.MeetingParticipantLeft || joined[who]
				})
			},
		},
		{
			Name:  "recordings-go-forward",
			Doc:   "Refuses with 409 a recording's status that lies before the one it has: RECORDING after UPLOADED.",
			Kills: ids("dlv/out-of-order"),
			twist: func(b *behaviour) {
				order := map[string]int{"RECORDING": 1, "UPLOADING": 2, "UPLOADED": 3, "ERRORED": 3}
				reached := map[string]int{}
				studying(b, http.StatusConflict, func(e object) bool {
					id, n := e.text("recording.recordingId"), order[e.text("recording.status")]
					if id == "" || n == 0 {
						return true
					}
					if n < reached[id] {
						return false
					}
					reached[id] = n
					return true
				})
			},
		},
		{
			Name:  "end-needs-start",
			Doc:   "Closes the record that meeting.started has opened, and answers 404 where there is none.",
			Kills: ids("dlv/out-of-order dlv/gap"),
			twist: afterStart(rtk.MeetingEnded),
		},
		{
			Name:  "artifacts-need-start",
			Doc:   "Answers 404 to chat, transcript and summary of a session whose meeting.started never came: one delivery was lost, and with it all that the meeting leaves behind.",
			Kills: ids("dlv/gap"),
			twist: afterStart(rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary),
		},
		{
			Name:  "one-session-a-meeting",
			Doc:   "A unique index on the meeting's id: when people meet in the same room again, meeting.started is refused with 409.",
			Kills: ids("dlv/session-reuse"),
			twist: func(b *behaviour) {
				sessions := map[string]string{}
				studying(b, http.StatusConflict, func(e object) bool {
					id := e.meeting()
					if e.kind() != rtk.MeetingStarted || id == "" {
						return true
					}
					if sessions[id] == "" {
						sessions[id] = e.session()
					}
					return sessions[id] == e.session()
				})
			},
		},
		{
			Name:  "yesterday-is-stale",
			Doc:   "Refuses with 400 what happened more than twelve hours ago, against replays: after an outage of its own it refuses the retries.",
			Kills: ids("dlv/aged-retry"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool { return x.event.age(x.at) > tooLongAgo }),
		},
	}
}

// afterStart answers 404 to events of some kinds where meeting.started of their
// session never came.
func afterStart(kinds ...rtk.EventType) func(*behaviour) {
	return func(b *behaviour) {
		started := map[string]bool{}
		studying(b, http.StatusNotFound, func(e object) bool {
			if e.kind() == rtk.MeetingStarted {
				started[e.session()] = true
			}
			return !slices.Contains(kinds, e.kind()) || started[e.session()]
		})
	}
}
