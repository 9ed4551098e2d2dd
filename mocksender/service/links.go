package service

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// artifactsPath is where the download links lead.
const artifactsPath = "/artifacts"

// linked are the members of a body that say what its links lead to.
type linked struct {
	MeetingID string `json:"meetingId"` // of meeting.chatSynced, which is flat
	SessionID string `json:"sessionId"`
	Meeting   struct {
		ID        string    `json:"id"`
		SessionID string    `json:"sessionId"`
		Title     string    `json:"title"`
		StartedAt time.Time `json:"startedAt"`
		EndedAt   time.Time `json:"endedAt"`
	} `json:"meeting"`
}

// describe makes what an event's links lead to agree with the event: whose
// meeting it is, and when they expire.
func (s *Service) describe(e rtk.Event) {
	switch e.Type {
	case rtk.RecordingStatusUpdate, rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
	default:
		return // the others hold none
	}
	var l linked
	_ = json.Unmarshal(e.Body, &l) // what was set to something else is made up
	m := artifacts.Meeting{ID: l.Meeting.ID, SessionID: l.Meeting.SessionID, Title: l.Meeting.Title, Start: l.Meeting.StartedAt, End: l.Meeting.EndedAt}
	if m.ID == "" {
		m.ID = l.MeetingID
	}
	if m.SessionID == "" {
		m.SessionID = l.SessionID
	}
	// A meeting that a test rushed through leaves no time to say anything, and
	// an empty file tries nothing.
	if m.End.Sub(m.Start) < time.Minute {
		m.End = time.Time{}
	}
	expiries := expiriesOf(e.Body)
	for _, link := range payload.URLs(e.Body) {
		token := s.token(link)
		if token == "" || s.o.Artifacts.Describe(token, m) != nil {
			continue
		}
		if at, ok := expiries[link]; ok && !s.o.LastingLinks {
			_ = s.o.Artifacts.Expire(token, at) // it was a token a line ago
		}
	}
}

// token returns the token of a link of ours, or nothing.
func (s *Service) token(link string) string {
	base := s.artifactsURL()
	rest, ok := strings.CutPrefix(link, base+"/")
	if base == "" || !ok {
		return ""
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}

// expiriesOf returns when the links of body expire: the members called …Url
// beside which one is called …UrlExpiry.
func expiriesOf(body []byte) map[string]time.Time {
	var doc map[string]any
	if json.Unmarshal(body, &doc) != nil {
		return nil
	}
	out := map[string]time.Time{}
	var walk func(map[string]any)
	walk = func(object map[string]any) {
		for name, value := range object {
			switch v := value.(type) {
			case map[string]any:
				walk(v)
			case string:
				if name == "audioDownloadUrl" { // it has none of its own
					name = "downloadUrl"
				}
				expiry, _ := object[name+"Expiry"].(string)
				if at, err := time.Parse(time.RFC3339, expiry); err == nil {
					out[v] = at
				}
			}
		}
	}
	walk(doc)
	return out
}
