package platform

import (
	"time"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// Link is a download that the API shows, and what it is of.
type Link struct {
	URL     string
	Expiry  time.Time
	Meeting artifacts.Meeting
}

// Links returns all downloads.
func (p *Platform) Links() (out []Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.order {
		for _, s := range a.sessions {
			of := artifacts.Meeting{
				ID: s.meeting.model.ID(), SessionID: s.ID, Title: s.meeting.model.Title(),
				Start: s.StartedAt, End: s.EndedAt, People: s.meeting.peopleOf(s.Session),
			}
			all := []*payload.Download{s.Chat, s.Transcript, s.Summary}
			for _, r := range s.Recordings {
				if u := r.State().Upload; u != nil {
					all = append(all, &u.Video, &u.Audio)
				}
			}
			for _, d := range all {
				if d != nil {
					out = append(out, Link{d.URL, d.Expiry, of})
				}
			}
		}
	}
	return out
}

// peopleOf returns who took part in a session, for what was said there.
func (m *meeting) peopleOf(s *payload.Session) (out []artifacts.Person) {
	for _, stay := range s.Stays {
		one := artifacts.Person{PeerID: stay.PeerID, CustomID: stay.CustomID, Name: stay.Name, JoinedAt: stay.JoinedAt, LeftAt: stay.LeftAt}
		if known := m.byCustom[stay.CustomID]; known != nil {
			one.UserID = known.ID
		}
		out = append(out, one)
	}
	return out
}
