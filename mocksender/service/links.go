package service

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// describeAll makes what links lead to agree with the meetings that a store held.
func (s *Service) describeAll() {
	for _, l := range s.platform.Links() {
		s.describe(l.URL, l.Meeting, l.Expiry)
	}
}

// describe describes a link, if it is one of ours.
func (s *Service) describe(link string, m artifacts.Meeting, expiry time.Time) {
	// A meeting that a test rushed through leaves nobody the time to speak, and an
	// empty file tests nothing.
	if m.End.Sub(m.Start) < time.Minute {
		m.End = time.Time{}
		for i := range m.People {
			m.People[i].JoinedAt, m.People[i].LeftAt = time.Time{}, time.Time{}
		}
	}
	token := s.linkToken(link)
	if token == "" || s.o.Artifacts.Describe(token, m) != nil {
		return
	}
	if !expiry.IsZero() && !s.o.LastingLinks {
		_ = s.o.Artifacts.Expire(token, expiry) // Describe accepted the token
	}
}

// describeLinks makes what the links of an event lead to agree with the event:
// whose meeting it is, who was there, and when they expire. people may be nil.
func (s *Service) describeLinks(e rtk.Event, people func(sessionID string) []artifacts.Person) {
	switch e.Type {
	case rtk.RecordingStatusUpdate, rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
	default:
		return // the others hold no links
	}
	var body any
	_ = json.Unmarshal(e.Body, &body)
	// A user may set any member to anything. One of another type counts as missing.
	text := func(path string) string {
		value := body
		for name := range strings.SplitSeq(path, ".") {
			object, _ := value.(map[string]any)
			value = object[name]
		}
		s, _ := value.(string)
		return s
	}
	m := artifacts.Meeting{
		ID:        cmp.Or(text("meeting.id"), text("meetingId")), // meeting.chatSynced is flat
		SessionID: cmp.Or(text("meeting.sessionId"), text("sessionId")),
		Title:     text("meeting.title"), Start: parseTime(text("meeting.startedAt")), End: parseTime(text("meeting.endedAt")),
	}
	if people != nil {
		m.People = people(m.SessionID)
	}
	for _, link := range []struct{ url, expiry string }{
		{"chatDownloadUrl", "chatDownloadUrlExpiry"},
		{"transcriptDownloadUrl", "transcriptDownloadUrlExpiry"},
		{"summaryDownloadUrl", "summaryDownloadUrlExpiry"},
		{"recording.downloadUrl", "recording.downloadUrlExpiry"},
		{"recording.audioDownloadUrl", "recording.downloadUrlExpiry"},
	} {
		s.describe(text(link.url), m, parseTime(text(link.expiry)))
	}
}

// meetingIn returns the id of the meeting that a body names, or nothing.
func meetingIn(body []byte) string {
	var b struct {
		Meeting   struct{ ID string }
		MeetingID string // meeting.chatSynced is flat
	}
	_ = json.Unmarshal(body, &b) // a user may set any member to anything
	return cmp.Or(b.Meeting.ID, b.MeetingID)
}

// parseTime returns the zero time for what is no time.
func parseTime(text string) time.Time {
	at, _ := time.Parse(time.RFC3339, text)
	return at
}

// linkToken returns the token of a link of ours, or nothing.
func (s *Service) linkToken(link string) string {
	base := s.o.artifactsURL()
	rest, ok := strings.CutPrefix(link, base+"/")
	parts := strings.Split(rest, "/") // KIND/TOKEN/FILE
	if base == "" || !ok || len(parts) != 3 {
		return ""
	}
	return parts[1]
}
