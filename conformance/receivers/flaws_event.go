package receivers

import (
	"net/http"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// eventFlaws reject documented events and values.
func eventFlaws() []Spec {
	all := []Spec{{
		Name: "one-meeting-at-a-time",
		Doc: "Keeps one row for the meeting that is on, and rejects meeting.started with 409 while there is one. That is right until two meetings overlap. " +
			"(A receiver that rejects every meeting.started rejects the first contact, so no check after that runs.)",
		CaughtBy: ids("evt/accept-meeting.started evt/lifecycle"),
		change:   oneMeeting,
	}}
	for _, kind := range rtk.EventTypes() {
		if kind != rtk.MeetingStarted {
			all = append(all, rejects(kind))
		}
	}
	return append(all,
		Spec{
			Name:     "errored-unknown",
			Doc:      "Lists the recording statuses without ERRORED. It rejects the first recording that fails, and nobody hears of it.",
			CaughtBy: ids("evt/enums"),
			change:   rejectEvents(http.StatusUnprocessableEntity, isErrored),
		},
		Spec{
			Name:     "host-ended-unknown",
			Doc:      "Knows only ALL_PARTICIPANTS_LEFT as a reason, because no host ever ended a test call.",
			CaughtBy: ids("evt/enums"),
			change: rejectEvents(http.StatusBadRequest, func(x *exchange) bool {
				return x.event.text("reason") == "HOST_ENDED_MEETING"
			}),
		},
		Spec{
			Name:     "refuses-rejoin",
			Doc:      "A unique index on meeting and participant: whoever loses the connection and comes back is rejected with 409.",
			CaughtBy: ids("evt/lifecycle dlv/dup-concurrent dlv/dup-new-uuid", repeated),
			change: func(p *pipeline) {
				joined := earlier(rtk.MeetingParticipantJoined, "participant.customParticipantId")
				rejectEvents(http.StatusConflict, func(x *exchange) bool {
					return joined(x) && x.event.kind() == rtk.MeetingParticipantJoined && x.event.text("participant.customParticipantId") != ""
				})(p)
			},
		},
		Spec{
			Name:     "closed-after-end",
			Doc:      "Closes its record at meeting.ended and rejects what comes after it: the chat, the transcript and the summary, which never come before.",
			CaughtBy: ids("evt/accept-meeting.chatSynced evt/accept-meeting.transcript evt/accept-meeting.summary dlv/late-artifacts evt/lifecycle"),
			change:   func(p *pipeline) { rejectEvents(http.StatusConflict, artifactsAfterEnd())(p) },
		},
	)
}

// rejects is a receiver that does not know one of the nine events.
func rejects(kind rtk.EventType) Spec {
	f := Spec{
		Name:     "rejects-" + string(kind),
		Doc:      "Answers 400 to " + string(kind) + ": the route was written for the other events, and its default branch is an error.",
		CaughtBy: ids("evt/accept-"+string(kind), "evt/lifecycle"),
		change:   rejectEvents(http.StatusBadRequest, func(x *exchange) bool { return x.event.kind() == kind }),
	}
	if slices.Contains(artifactEvents(), kind) {
		f.CaughtBy = append(f.CaughtBy, "dlv/late-artifacts")
	}
	return f
}

// oneMeeting rejects the start of a session while another one is on.
func oneMeeting(p *pipeline) {
	var mu sync.Mutex
	var current string // the session that is on
	rejectEvents(http.StatusConflict, func(x *exchange) bool {
		mu.Lock()
		defer mu.Unlock()
		switch session := x.event.session(); x.event.kind() {
		case rtk.MeetingStarted:
			if current != "" && current != session {
				return true
			}
			current = session
		case rtk.MeetingEnded:
			if current == session {
				current = ""
			}
		}
		return false
	})(p)
}
