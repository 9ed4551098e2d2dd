package receivers

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxSafeInteger is the largest integer up to which JavaScript's numbers hold
// every integer.
const maxSafeInteger = 1<<53 - 1

// payloadFlaws expect more of a payload than the guide promises.
func payloadFlaws() []Spec {
	return []Spec{
		{
			Name:     "rejects-client-specific-id",
			Doc:      "The participant's schema was copied from the guide's samples and closed. It rejects clientSpecificId, which the text below the sample names.",
			CaughtBy: ids("evt/client-specific-id"),
			change:   rejectEvents(http.StatusBadRequest, func(x *exchange) bool { return x.event.has("participant.clientSpecificId") }),
		},
		{
			Name:     "unknown-event-400",
			Doc:      "Answers 400 to an event that it does not know, so that a new one is lost until somebody notices.",
			CaughtBy: ids("evt/unknown-event"),
			change:   rejectEvents(http.StatusBadRequest, func(x *exchange) bool { return !x.event.kind().Known() }),
		},
		{
			Name:     "strict-decoder",
			Doc:      "Rejects members that it does not know: DisallowUnknownFields, additionalProperties: false, .strict().",
			CaughtBy: ids("evt/unknown-fields evt/alternate-forms"),
			change:   rejectEvents(http.StatusBadRequest, hasUnknownMember),
		},
		{
			Name:     "filesize-as-number",
			Doc:      "Types fileSize as a number. The guide's sample has a string, so every finished recording is rejected.",
			CaughtBy: ids("evt/accept-recording.statusUpdate evt/filesize-string evt/lifecycle"),
			change:   rejectEvents(http.StatusBadRequest, hasFileSizeText),
		},
		{
			Name:     "filesize-32-bit",
			Doc:      "Parses fileSize into 32 bits and rejects what does not fit: recordings of more than 2 GiB.",
			CaughtBy: ids("evt/filesize-string"),
			change: rejectEvents(http.StatusBadRequest, func(x *exchange) bool {
				_, err := strconv.ParseInt(x.event.text("recording.fileSize"), 10, 32)
				return hasFileSizeText(x) && err != nil
			}),
		},
		{
			Name:     "filesize-safe-integer",
			Doc:      "Has fileSize coerced to a number and checked to be a safe integer, as zod's coerce and int do.",
			CaughtBy: ids("evt/filesize-string"),
			change: rejectEvents(http.StatusBadRequest, func(x *exchange) bool {
				size, ok := x.event.fileSize()
				return ok && size > maxSafeInteger
			}),
		},
		{
			Name:     "reads-flat-meeting-id",
			Doc:      "Looks the meeting up by event.meetingId, which only meeting.chatSynced has. For every other event it finds no meeting, does nothing, and answers 200.",
			CaughtBy: ids("evt/takes-effect"),
			change:   ignoreEvents(func(x *exchange) bool { return x.event.text("meetingId") == "" }),
		},
		{
			Name:     "requires-members",
			Doc:      "Rejects events without a title or a display name, which it only prints.",
			CaughtBy: ids("evt/optional-absent"),
			change: rejectEvents(http.StatusBadRequest, func(x *exchange) bool {
				e := x.event
				return e.hasObject("participant") && !e.has("participant.userDisplayName") ||
					e.hasObject("meeting") && e.kind() == rtk.MeetingStarted && !e.has("meeting.title")
			}),
		},
		{
			Name:     "chokes-on-null",
			Doc:      "event.get(\"title\", \"\").strip() in Python: the default replaces a missing member, but not null.",
			CaughtBy: ids("evt/null-fields"),
			change: rejectEvents(http.StatusInternalServerError, func(x *exchange) bool {
				return slices.ContainsFunc([]string{"meeting.title", "title", "participant.userDisplayName"}, x.event.hasNull)
			}),
		},
		{
			Name:     "strict-times",
			Doc:      "Parses every time as RFC 3339 and throws at the older form with a space.",
			CaughtBy: ids("evt/alternate-forms"),
			change: rejectEvents(http.StatusInternalServerError, anyText(func(name, value string) bool {
				_, err := time.Parse(time.RFC3339, value)
				return isTime(name) && err != nil
			})),
		},
		{
			Name:     "livestream-needs-meeting",
			Doc:      "Reads event.meeting.id of every livestream. Without a meeting, that is a TypeError.",
			CaughtBy: ids("evt/alternate-forms"),
			change: rejectEvents(http.StatusInternalServerError, func(x *exchange) bool {
				return x.event.kind() == rtk.LivestreamStatusUpdate && !x.event.hasObject("meeting")
			}),
		},
		{
			Name:     "strict-recording-status",
			Doc:      "Rejects recording statuses beyond the four of the guide, which says that the statuses include them.",
			CaughtBy: ids("evt/alternate-forms"),
			change: rejectEvents(http.StatusBadRequest, func(x *exchange) bool {
				return !slices.Contains([]string{"", "RECORDING", "UPLOADING", "UPLOADED", "ERRORED"}, x.event.text("recording.status"))
			}),
		},
		// These fail on what a signed body may contain all the same.
		{
			Name:     "nul-byte-500",
			Doc:      "Stores names in PostgreSQL, where a text cannot hold U+0000, and does not catch the error.",
			CaughtBy: ids("evt/text-torture"),
			change: rejectEvents(http.StatusInternalServerError, anyText(func(_, value string) bool {
				return strings.ContainsRune(value, 0)
			})),
		},
		{
			Name:     "lone-surrogate-500",
			Doc:      "Encodes names as UTF-8. Python refuses that for half of a surrogate pair.",
			CaughtBy: ids("evt/text-torture"),
			change: rejectEvents(http.StatusInternalServerError, func(x *exchange) bool {
				// The decoder puts U+FFFD where a surrogate has no other half.
				return bytes.Contains(bytes.ToLower(x.Body), []byte(`\ud8`)) &&
					x.event.anyText(func(_, value string) bool { return strings.ContainsRune(value, utf8.RuneError) })
			}),
		},
		{
			Name:     "long-name-500",
			Doc:      "Stores names in a VARCHAR(255) and does not catch the error.",
			CaughtBy: ids("evt/text-torture"),
			change: rejectEvents(http.StatusInternalServerError, anyText(func(name, value string) bool {
				return !strings.HasSuffix(name, "Url") && utf8.RuneCountInString(value) > 255
			})),
		},
		{
			Name:     "duplicate-members-500",
			Doc:      "Uses a strict parser, and nobody catches its error for a repeated member.",
			CaughtBy: ids("evt/duplicate-json-keys"),
			change:   rejectEvents(http.StatusInternalServerError, func(x *exchange) bool { return repeatsMember(x.Body) }),
		},
		{
			Name:     "deep-nesting-500",
			Doc:      "Walks the payload recursively to clean it: a thousand levels down, Python raises RecursionError.",
			CaughtBy: ids("evt/deep-nesting"),
			change: func(p *pipeline) {
				next := p.process
				p.process = func(x *exchange) *response {
					if nesting(x.Body) > 1000 {
						return status(http.StatusInternalServerError)
					}
					return next(x)
				}
			},
		},
	}
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

func hasUnknownMember(x *exchange) bool {
	known := strings.Fields(knownMembers)
	return x.event.anyMember(func(name string, _ any) bool { return !slices.Contains(known, name) })
}
