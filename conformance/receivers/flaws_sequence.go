package receivers

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// sequenceFlaws fail on events that come late, in another order, or not at all.
func sequenceFlaws() []Spec {
	return []Spec{
		// These expect the events of a meeting in order, complete, once a meeting,
		// and today.
		{
			Name:     "leave-needs-join",
			Doc:      "Answers 404 to a leave if it has not seen the join. When the join is lost, the leave is lost with it, and the same happens when the join is late.",
			CaughtBy: ids("dlv/out-of-order dlv/gap"),
			change:   needs(earlierJoin, rtk.MeetingParticipantLeft),
		},
		{
			Name:     "recordings-go-forward",
			Doc:      "Rejects with 409 a recording's status that comes before the one it has: RECORDING after UPLOADED.",
			CaughtBy: ids("dlv/out-of-order"),
			change:   recordingsGoForward,
		},
		{
			Name:     "end-needs-start",
			Doc:      "Closes the record that meeting.started has opened, and answers 404 if there is none.",
			CaughtBy: ids("dlv/out-of-order dlv/gap"),
			change:   needs(earlierStart, rtk.MeetingEnded),
		},
		{
			Name:     "artifacts-need-start",
			Doc:      "Answers 404 to chat, transcript and summary of a session if its meeting.started never came. With that one delivery, everything that the meeting leaves behind is lost.",
			CaughtBy: ids("dlv/gap"),
			change:   needs(earlierStart, artifactEvents()...),
		},
		{
			Name:     "one-session-a-meeting",
			Doc:      "A unique index on the meeting's id: when people meet in the same room again, meeting.started is rejected with 409.",
			CaughtBy: ids("dlv/session-reuse"),
			change: func(p *pipeline) {
				var sessions sync.Map // the first one, by meeting
				rejectEvents(http.StatusConflict, func(x *exchange) bool {
					meeting, session := x.event.meeting(), x.event.session()
					if x.event.kind() != rtk.MeetingStarted || meeting == "" || session == "" {
						return false
					}
					first, _ := sessions.LoadOrStore(meeting, session)
					return first != session
				})(p)
			},
		},
		{
			Name:     "late-end-closes-meeting",
			Doc:      "Closes the meeting by its id, whatever session has ended, and answers 404 to who joins or leaves a closed one. The end of a former session that comes late closes the new one.",
			CaughtBy: ids("dlv/former-session"),
			change:   func(p *pipeline) { rejectEvents(http.StatusNotFound, inClosedMeeting())(p) },
		},
		{
			Name:     "late-end-silences-meeting",
			Doc:      "Closes the meeting by its id, whatever session has ended, and does nothing about who joins or leaves a closed one. It answers 200.",
			CaughtBy: ids("dlv/former-session"),
			change:   func(p *pipeline) { ignoreEvents(inClosedMeeting())(p) },
		},
		{
			Name:     "yesterday-is-stale",
			Doc:      "Rejects with 400 what happened more than twelve hours ago, against replays. After its own outage it rejects the retries.",
			CaughtBy: ids("dlv/aged-retry"),
			change:   rejectEvents(http.StatusBadRequest, isStale),
		},
		// These answer 200 to genuine deliveries and do nothing about them, though
		// they act on others of the same kind.
		{
			Name:     "drops-escapes",
			Doc:      "Takes the names out of the body with a regular expression that allows no backslash. It finds none where a letter is written \\u00e9, and answers 200.",
			CaughtBy: ids("sig/utf8 sig/raw-bytes evt/text-torture"),
			change:   ignoreEvents(func(x *exchange) bool { return bytes.Contains(x.Body, []byte(`\u`)) }),
		},
		{
			Name:     "drops-errored",
			Doc:      "Has a switch on the recording's status without a case for ERRORED. It answers 200, and the job that waits for the recording waits for ever.",
			CaughtBy: ids("evt/enums"),
			change:   ignoreEvents(isErrored),
		},
		{
			Name:     "drops-filesize-string",
			Doc:      "Adds up the file size as a number, catches the error if it is a string, and answers 200. It acts on no finished recording.",
			CaughtBy: ids("evt/filesize-string evt/lifecycle"),
			change:   ignoreEvents(hasFileSizeText),
		},
		{
			Name:     "dedupes-by-recording",
			Doc:      "Recognizes duplicates by the recording's id. It acts on RECORDING, and drops UPLOADED, which has the links, as a duplicate.",
			CaughtBy: ids("evt/lifecycle evt/enums"),
			change: dedupeBy(func(x *exchange) string {
				return cmp.Or(x.event.text("recording.recordingId"), x.uuid())
			}),
		},
		{
			Name:     "dedupes-by-session",
			Doc:      "Recognizes duplicates by the session and the kind of event. Of all who join, it acts on the first.",
			CaughtBy: ids("evt/lifecycle evt/enums"),
			change: dedupeBy(func(x *exchange) string {
				if session := x.event.session(); session != "" {
					return session + " " + string(x.event.kind())
				}
				return x.uuid()
			}),
		},
		{
			Name:     "dedupes-by-webhook-id",
			Doc:      "Takes rtk-webhook-id, the id of the configuration, for the id of the delivery. It acts on the first event, and takes all others for duplicates.",
			CaughtBy: ids("evt/lifecycle evt/takes-effect"),
			change:   dedupeBy((*exchange).webhookID),
		},
		{
			Name:     "closed-quietly-after-end",
			Doc:      "Closes its record at meeting.ended. It answers 200 to the chat, the transcript and the summary that come after it, and has no place to put them.",
			CaughtBy: ids("dlv/late-artifacts evt/lifecycle evt/takes-effect"),
			change:   func(p *pipeline) { ignoreEvents(artifactsAfterEnd())(p) },
		},
		{
			Name:     "yesterday-is-dropped",
			Doc:      "Takes what happened more than twelve hours ago for a replay, and answers 200. After an outage it drops everything that is sent again.",
			CaughtBy: ids("dlv/aged-retry"),
			change:   ignoreEvents(isStale),
		},
	}
}

func earlierStart() func(*exchange) bool { return earlier(rtk.MeetingStarted) }

func earlierJoin() func(*exchange) bool {
	return earlier(rtk.MeetingParticipantJoined, "participant.peerId")
}

// needs answers 404 to events of some kinds if the event that they need has not
// come before.
func needs(before func() func(*exchange) bool, kinds ...rtk.EventType) change {
	return func(p *pipeline) {
		came := before()
		rejectEvents(http.StatusNotFound, func(x *exchange) bool {
			return !came(x) && slices.Contains(kinds, x.event.kind())
		})(p)
	}
}

func recordingsGoForward(p *pipeline) {
	order := map[string]int{"RECORDING": 1, "UPLOADING": 2, "UPLOADED": 3, "ERRORED": 3}
	var mu sync.Mutex
	reached := map[string]int{}
	rejectEvents(http.StatusConflict, func(x *exchange) bool {
		mu.Lock()
		defer mu.Unlock()
		id, n := x.event.text("recording.recordingId"), order[x.event.text("recording.status")]
		if id == "" || n == 0 {
			return false
		}
		if n < reached[id] {
			return true
		}
		reached[id] = n
		return false
	})(p)
}
