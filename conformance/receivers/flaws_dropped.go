package receivers

import (
	"bytes"
	"cmp"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// droppingFlaws answer 200 to genuine deliveries and make nothing of them,
// though they act on others of the same kind.
func droppingFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "drops-escapes",
			Doc:   "Picks the names out of the body with a regular expression that takes no backslash, finds none where a letter is written \\u00e9, and answers 200.",
			Kills: ids("sig/utf8 sig/raw-bytes evt/text-torture"),
			twist: passingOver(func(x *exchange) bool { return bytes.Contains(x.body, []byte(`\u`)) }),
		},
		{
			Name:  "drops-errored",
			Doc:   "Has a switch on the recording's status in which ERRORED is missing: it is answered 200, and the job that waits for the recording waits for ever.",
			Kills: ids("evt/enums"),
			twist: passingOver(func(x *exchange) bool { return x.event.text("recording.status") == "ERRORED" }),
		},
		{
			Name:  "drops-filesize-string",
			Doc:   "Adds the file size up as a number, catches the error where it is a string, and answers 200: no finished recording is taken up.",
			Kills: ids("evt/filesize-string evt/lifecycle"),
			twist: passingOver(func(x *exchange) bool { return x.event.text("recording.fileSize") != "" }),
		},
		{
			Name:  "dedupes-by-recording",
			Doc:   "Recognises duplicates by the recording's id: RECORDING is taken up, and UPLOADED, which has the links, is dropped as the same again.",
			Kills: ids("evt/lifecycle evt/enums"),
			twist: func(b *behaviour) {
				b.identity = func(x *exchange) string { return cmp.Or(x.event.text("recording.recordingId"), x.uuid()) }
			},
		},
		{
			Name:  "dedupes-by-session",
			Doc:   "Recognises duplicates by the session and the kind of event: of all who join, the first is taken up.",
			Kills: ids("evt/lifecycle evt/enums"),
			twist: func(b *behaviour) {
				b.identity = func(x *exchange) string {
					if session := x.event.session(); session != "" {
						return session + " " + string(x.event.kind())
					}
					return x.uuid()
				}
			},
		},
		{
			Name:  "dedupes-by-webhook-id",
			Doc:   "Takes rtk-webhook-id, which is that of the configuration, for the delivery's: the first event is taken up, and all that follow are duplicates.",
			Kills: ids("evt/lifecycle evt/takes-effect"),
			twist: func(b *behaviour) {
				b.identity = func(x *exchange) string { return x.header(b.headers.WebhookID) }
			},
		},
		{
			Name:  "closed-quietly-after-end",
			Doc:   "Closes its record at meeting.ended, and answers 200 to the chat, the transcript and the summary that come after it without a place to put them.",
			Kills: ids("dlv/late-artifacts evt/lifecycle evt/takes-effect"),
			twist: func(b *behaviour) {
				var mu sync.Mutex
				ended := map[string]bool{}
				passingOver(func(x *exchange) bool {
					mu.Lock()
					defer mu.Unlock()
					switch e := x.event; e.kind() {
					case rtk.MeetingEnded:
						ended[e.session()] = true
					case rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
						return ended[e.session()]
					}
					return false
				})(b)
			},
		},
		{
			Name:  "yesterday-is-dropped",
			Doc:   "Takes what happened more than twelve hours ago for a replay, and answers it 200: after an outage it drops all that comes again.",
			Kills: ids("dlv/aged-retry"),
			twist: passingOver(func(x *exchange) bool { return x.event.age(x.at) > tooLongAgo }),
		},
	}
}

// passingOver makes nothing of genuine events that satisfy when, and answers them
// as if it had.
func passingOver(when func(*exchange) bool) func(*behaviour) {
	return func(b *behaviour) {
		next := b.wanted
		b.wanted = func(x *exchange) bool { return !when(x) && next(x) }
	}
}
