package service

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// linkedBody has the members of a body that hold download links, and those that
// say what the links lead to. A member of another type is left empty.
type linkedBody struct {
	MeetingID        string `json:"meetingId"` // of meeting.chatSynced, which is flat
	SessionID        string `json:"sessionId"`
	ChatURL          string `json:"chatDownloadUrl"`
	ChatExpiry       string `json:"chatDownloadUrlExpiry"`
	TranscriptURL    string `json:"transcriptDownloadUrl"`
	TranscriptExpiry string `json:"transcriptDownloadUrlExpiry"`
	SummaryURL       string `json:"summaryDownloadUrl"`
	SummaryExpiry    string `json:"summaryDownloadUrlExpiry"`
	Meeting          struct {
		ID        string `json:"id"`
		SessionID string `json:"sessionId"`
		Title     string `json:"title"`
		StartedAt string `json:"startedAt"`
		EndedAt   string `json:"endedAt"`
	} `json:"meeting"`
	Recording struct {
		URL      string `json:"downloadUrl"`
		Expiry   string `json:"downloadUrlExpiry"`
		AudioURL string `json:"audioDownloadUrl"`
	} `json:"recording"`
}

// describeLinks makes what the links of an event lead to agree with the event:
// whose meeting it is, and when they expire.
func (s *Service) describeLinks(e rtk.Event) {
	switch e.Type {
	case rtk.RecordingStatusUpdate, rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
	default:
		return // the others hold no links
	}
	var b linkedBody
	_ = json.Unmarshal(e.Body, &b) // a user may set any member to anything
	m := artifacts.Meeting{
		ID: cmp.Or(b.Meeting.ID, b.MeetingID), SessionID: cmp.Or(b.Meeting.SessionID, b.SessionID),
		Title: b.Meeting.Title, Start: parseTime(b.Meeting.StartedAt), End: parseTime(b.Meeting.EndedAt),
	}
	// A meeting that a test rushed through leaves nobody the time to speak, and an
	// empty file tests nothing.
	if m.End.Sub(m.Start) < time.Minute {
		m.End = time.Time{}
	}
	for _, link := range []struct{ url, expiry string }{
		{b.ChatURL, b.ChatExpiry}, {b.TranscriptURL, b.TranscriptExpiry}, {b.SummaryURL, b.SummaryExpiry},
		{b.Recording.URL, b.Recording.Expiry}, {b.Recording.AudioURL, b.Recording.Expiry},
	} {
		token := s.linkToken(link.url)
		if token == "" || s.o.Artifacts.Describe(token, m) != nil {
			continue
		}
		if at := parseTime(link.expiry); !at.IsZero() && !s.o.LastingLinks {
			_ = s.o.Artifacts.Expire(token, at) // Describe accepted the token
		}
	}
}

// parseTime returns the zero time for what is no time.
func parseTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
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
