package receivers

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxSafeInteger is the largest integer that JavaScript's numbers hold
// together with all below it.
const maxSafeInteger = 1<<53 - 1

// shapeFlaws expect more of a payload than the guide promises.
func shapeFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "rejects-client-specific-id",
			Doc:   "The participant's schema was copied from the guide's samples and closed: clientSpecificId, which the text below the sample names, is refused.",
			Kills: ids("evt/client-specific-id"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool { return has(x.event, "participant.clientSpecificId") }),
		},
		{
			Name:  "unknown-event-400",
			Doc:   "Answers 400 to an event that it does not know, so that a new one is lost until somebody looks.",
			Kills: ids("evt/unknown-event"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool { return !x.event.kind().Known() }),
		},
		{
			Name:  "strict-decoder",
			Doc:   "Refuses members that it does not know: DisallowUnknownFields, additionalProperties: false, .strict().",
			Kills: ids("evt/unknown-fields evt/alternate-forms"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool { return hasUnknownMember(x.event) }),
		},
		{
			Name:  "filesize-as-number",
			Doc:   "Types fileSize as a number. The guide's sample has a string: every finished recording is refused.",
			Kills: ids("evt/accept-recording.statusUpdate evt/filesize-string evt/lifecycle"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool { return x.event.text("recording.fileSize") != "" }),
		},
		{
			Name:  "filesize-32-bit",
			Doc:   "Parses fileSize into 32 bits and refuses what does not fit: recordings of more than 2 GiB.",
			Kills: ids("evt/filesize-string"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool {
				_, err := strconv.ParseInt(x.event.text("recording.fileSize"), 10, 32)
				return x.event.text("recording.fileSize") != "" && err != nil
			}),
		},
		{
			Name:  "filesize-safe-integer",
			Doc:   "Has fileSize coerced to a number and checked to be a safe integer, as zod's coerce and int do.",
			Kills: ids("evt/filesize-string"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool {
				size, ok := x.event.fileSize()
				return ok && size > maxSafeInteger
			}),
		},
		{
			Name:  "reads-flat-meeting-id",
			Doc:   "Looks the meeting up by event.meetingId, which meeting.chatSynced alone has: of every other event it finds no meeting, does nothing, and answers 200.",
			Kills: ids("evt/takes-effect"),
			twist: wanting(func(e object) bool { return e.text("meetingId") != "" }),
		},
		{
			Name:  "requires-members",
			Doc:   "Refuses events without a title or a display name, which it only prints.",
			Kills: ids("evt/optional-absent"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool {
				return x.event.inside("participant") && !has(x.event, "participant.userDisplayName") ||
					x.event.inside("meeting") && x.event.kind() == rtk.MeetingStarted && !has(x.event, "meeting.title")
			}),
		},
		{
			Name:  "chokes-on-null",
			Doc:   "event.get(\"title\", \"\").strip() in Python: the default stands in for a missing member, not for null.",
			Kills: ids("evt/null-fields"),
			twist: answering(http.StatusInternalServerError, func(x *exchange) bool {
				return null(x.event, "meeting.title") || null(x.event, "title") || null(x.event, "participant.userDisplayName")
			}),
		},
		{
			Name:  "strict-times",
			Doc:   "Parses every time as RFC 3339 and throws at the older form with a space.",
			Kills: ids("evt/alternate-forms"),
			twist: answering(http.StatusInternalServerError, func(x *exchange) bool {
				return x.event.anyString(func(name, value string) bool {
					_, err := time.Parse(time.RFC3339, value)
					return isTime(name) && err != nil
				})
			}),
		},
		{
			Name:  "livestream-needs-meeting",
			Doc:   "Reads event.meeting.id of every livestream: without a meeting, a TypeError.",
			Kills: ids("evt/alternate-forms"),
			twist: answering(http.StatusInternalServerError, func(x *exchange) bool {
				return x.event.kind() == rtk.LivestreamStatusUpdate && !x.event.inside("meeting")
			}),
		},
		{
			Name:  "strict-recording-status",
			Doc:   "Refuses recording statuses beyond the four of the guide, which says that the statuses include them.",
			Kills: ids("evt/alternate-forms"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool {
				switch x.event.text("recording.status") {
				case "", "RECORDING", "UPLOADING", "UPLOADED", "ERRORED":
					return false
				}
				return true
			}),
		},
	}
}

func has(o object, path string) bool {
	_, there := o.at(path)
	return there
}

func null(o object, path string) bool {
	value, there := o.at(path)
	return there && value == nil
}

// inside reports whether o has an object under name.
func (o object) inside(name string) bool {
	_, ok := o[name].(map[string]any)
	return ok
}

// isTime reports whether a member called name holds the time of something that
// has happened: "startedAt", "stoppedTime".
func isTime(name string) bool {
	return strings.HasSuffix(name, "At") || strings.HasSuffix(name, "Time")
}

// knownMembers are the members of the guide's samples and text.
const knownMembers = `event meeting participant recording reason
	id sessionId title status createdAt startedAt endedAt organizedBy name
	peerId userDisplayName customParticipantId clientSpecificId joinedAt leftAt
	meetingId chatDownloadUrl chatDownloadUrlExpiry
	recordingId downloadUrl audioDownloadUrl downloadUrlExpiry startedTime stoppedTime
	fileSize outputFileName recordingDuration organizationId roomUUID
	streamId manualIngest playbackUrl ingestServer streamKey
	transcriptDownloadUrl transcriptDownloadUrlExpiry summaryDownloadUrl summaryDownloadUrlExpiry`

func hasUnknownMember(o object) bool {
	known := map[string]bool{}
	for _, name := range strings.Fields(knownMembers) {
		known[name] = true
	}
	return anyMember(o, func(name string) bool { return !known[name] })
}

func anyMember(value any, f func(name string) bool) bool {
	switch value := value.(type) {
	case object:
		return anyMember(map[string]any(value), f)
	case map[string]any:
		for name, inner := range value {
			if f(name) || anyMember(inner, f) {
				return true
			}
		}
	case []any:
		for _, item := range value {
			if anyMember(item, f) {
				return true
			}
		}
	case json.Number, string, bool, nil:
	}
	return false
}
