package receivers

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// The functions of this file are conditions on a genuine event.

// artifactEvents are the events of what a meeting leaves behind.
func artifactEvents() []rtk.EventType {
	return []rtk.EventType{rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary}
}

// artifactsAfterEnd holds for artifacts of a session that has ended.
func artifactsAfterEnd() func(*exchange) bool {
	ended := earlier(rtk.MeetingEnded)
	return func(x *exchange) bool { return ended(x) && slices.Contains(artifactEvents(), x.event.kind()) }
}

func isErrored(x *exchange) bool { return x.event.text("recording.status") == "ERRORED" }

// earlier returns a function that reports whether an event of this kind came
// before, in the same session and with the same texts at paths.
func earlier(kind rtk.EventType, paths ...string) func(*exchange) bool {
	var seen set
	return func(x *exchange) bool {
		key := x.event.session()
		for _, path := range paths {
			key += " " + x.event.text(path)
		}
		if x.event.kind() == kind {
			return !seen.add(key)
		}
		return seen.has(key)
	}
}

// anyText holds for events in which a text satisfies f, with the name of its
// member.
func anyText(f func(name, value string) bool) func(*exchange) bool {
	return func(x *exchange) bool { return x.event.anyText(f) }
}

func hasFileSizeText(x *exchange) bool { return x.event.text("recording.fileSize") != "" }

// tooLongAgo is the age from which events are stale to the flaws that check it.
const tooLongAgo = 12 * time.Hour

func isStale(x *exchange) bool { return x.event.age(x.At) > tooLongAgo }
