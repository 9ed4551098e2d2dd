package receivers

import (
	"net/http"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// eventFlaws refuse documented events and values.
func eventFlaws() []Flaw {
	all := []Flaw{{
		Name: "one-meeting-at-a-time",
		Doc: "Keeps one row for the meeting that is on, and refuses meeting.started with 409 while there is one: right until two meetings overlap. " +
			"(A receiver that refuses every meeting.started refuses the first contact, so it does not get as far as this.)",
		Kills: ids("evt/accept-meeting.started evt/lifecycle"),
		twist: oneMeeting,
	}}
	for _, kind := range rtk.EventTypes() {
		if kind != rtk.MeetingStarted {
			all = append(all, rejects(kind))
		}
	}
	return append(all,
		Flaw{
			Name:  "errored-unknown",
			Doc:   "Lists the recording statuses and forgets ERRORED: the first recording that fails is refused, and nobody hears of it.",
			Kills: ids("evt/enums"),
			twist: answering(http.StatusUnprocessableEntity, func(x *exchange) bool {
				return x.event.text("recording.status") == "ERRORED"
			}),
		},
		Flaw{
			Name:  "host-ended-unknown",
			Doc:   "Knows ALL_PARTICIPANTS_LEFT alone as reason, because no test call was ever ended by its host.",
			Kills: ids("evt/enums"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool {
				return x.event.text("reason") == "HOST_ENDED_MEETING"
			}),
		},
		Flaw{
			Name:  "refuses-rejoin",
			Doc:   "A unique index on meeting and participant: whoever loses the connection and comes back is refused with 409.",
			Kills: ids("evt/lifecycle dlv/dup-concurrent dlv/dup-new-uuid", repeated),
			twist: refuseRejoin,
		},
		Flaw{
			Name:  "closed-after-end",
			Doc:   "Closes its record at meeting.ended and refuses what comes after it: the chat, the transcript and the summary, which never come before.",
			Kills: ids("evt/accept-meeting.chatSynced evt/accept-meeting.transcript evt/accept-meeting.summary dlv/late-artifacts evt/lifecycle"),
			twist: closeAfterEnd,
		},
	)
}

// rejects is a receiver that does not know one of the nine events.
func rejects(kind rtk.EventType) Flaw {
	f := Flaw{
		Name:  "rejects-" + string(kind),
		Doc:   "Answers 400 to " + string(kind) + ": the route was written for the other events, and its default branch is an error.",
		Kills: ids("evt/accept-"+string(kind), "evt/lifecycle"),
		twist: answering(http.StatusBadRequest, func(x *exchange) bool { return x.event.kind() == kind }),
	}
	switch kind {
	case rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
		f.Kills = append(f.Kills, "dlv/late-artifacts")
	}
	return f
}

// studying adds f to what a receiver asks of a genuine event, one event at a
// time. Where f returns false, the event is answered code.
func studying(b *behaviour, code int, f func(object) bool) {
	var mu sync.Mutex
	answering(code, func(x *exchange) bool {
		mu.Lock()
		defer mu.Unlock()
		return !f(x.event)
	})(b)
}

func oneMeeting(b *behaviour) {
	var on string // the session that is on
	studying(b, http.StatusConflict, func(e object) bool {
		switch session := e.session(); e.kind() {
		case rtk.MeetingStarted:
			if on != "" && on != session {
				return false
			}
			on = session
		case rtk.MeetingEnded:
			if on == session {
				on = ""
			}
		}
		return true
	})
}

func refuseRejoin(b *behaviour) {
	joined := map[[2]string]bool{}
	studying(b, http.StatusConflict, func(e object) bool {
		row := [2]string{e.session(), e.text("participant.customParticipantId")}
		if e.kind() != rtk.MeetingParticipantJoined || row[1] == "" {
			return true
		}
		again := joined[row]
		joined[row] = true
		return !again
	})
}

func closeAfterEnd(b *behaviour) {
	ended := map[string]bool{}
	studying(b, http.StatusConflict, func(e object) bool {
		switch e.kind() {
		case rtk.MeetingEnded:
			ended[e.session()] = true
		case rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
			return !ended[e.session()]
		}
		return true
	})
}
