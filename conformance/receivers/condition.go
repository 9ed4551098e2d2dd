package receivers

import (
	"slices"
	"sync"
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

// inClosedMeeting holds for who joins or leaves a meeting whose last word was that it has
// ended, of whatever session.
func inClosedMeeting() func(*exchange) bool {
	var closed set
	return func(x *exchange) bool {
		switch x.event.kind() {
		case rtk.MeetingStarted:
			closed.remove(x.event.meeting())
		case rtk.MeetingEnded:
			closed.add(x.event.meeting())
		case rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft:
			return closed.has(x.event.meeting())
		}
		return false
	}
}

// ofFormerSession holds for what ends in a session of a meeting that has had a later one.
func ofFormerSession() func(*exchange) bool {
	var latest sync.Map // session, by meeting
	return func(x *exchange) bool {
		meeting, session := x.event.meeting(), x.event.session()
		switch x.event.kind() {
		case rtk.MeetingStarted:
			latest.Store(meeting, session)
		case rtk.MeetingEnded, rtk.MeetingParticipantLeft:
			now, known := latest.Load(meeting)
			return known && now != session
		}
		return false
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
