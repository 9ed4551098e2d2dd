package payload

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Meeting is one simulated meeting with one session at a time. Make one with
// New. It is not safe for concurrent use.
//
// Every step happens at Now; only Advance and the end of a session move the
// clock. A step that returns an error has changed nothing.
type Meeting struct {
	set       settings
	id, title string
	org       organization
	// otherID is what recording.meetingId holds under
	// FormRecordingMeetingID: one id a meeting.
	otherID string

	clock      time.Time
	session    *session
	recordings int

	ids    idStreams
	people *people
	sizes  *rand.Rand
	buf    bytes.Buffer
}

// idStreams keeps each kind of id in a sequence of its own: another recording
// does not change the next participant's peerId.
type idStreams struct {
	sessions, peers, recordings, livestreams, links *rtk.IDs
}

// New returns a meeting that nobody has joined yet. Errors match ErrOptions.
func New(o Options) (*Meeting, error) {
	set, err := o.settle()
	if err != nil {
		return nil, err
	}
	ids := func(stream string) *rtk.IDs { return rtk.NewIDs(set.Seed, "payload/"+stream) }
	m := &Meeting{
		set:     set,
		id:      set.MeetingID,
		title:   set.Title,
		org:     organization{ID: set.OrganizationID, Name: set.OrganizationName},
		otherID: ids("other meeting").Next(),
		clock:   set.Start,
		ids: idStreams{
			sessions:    ids("sessions"),
			peers:       ids("peers"),
			recordings:  ids("recordings"),
			livestreams: ids("livestreams"),
			links:       ids("links"),
		},
		people: newPeople(set.Seed),
		sizes:  newRand(set.Seed, "payload/sizes"),
	}
	names := newNamer(set.Seed)
	orgName, title := names.organization(), names.title()
	setIfEmpty(&m.id, ids("meeting").Next())
	setIfEmpty(&m.title, title)
	setIfEmpty(&m.org.ID, ids("organization").Next())
	setIfEmpty(&m.org.Name, orgName)
	m.session = &session{id: m.ids.sessions.Next()}
	return m, nil
}

func setIfEmpty(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// ID returns the value of meeting.id.
func (m *Meeting) ID() string { return m.id }

// Title returns the value of meeting.title.
func (m *Meeting) Title() string { return m.title }

// SessionID returns the value of meeting.sessionId for the present session,
// also before it has started and after it has ended.
func (m *Meeting) SessionID() string { return m.session.id }

// OrganizationID returns the value of organizedBy.id.
func (m *Meeting) OrganizationID() string { return m.org.ID }

// Now returns the meeting's time, in UTC and whole milliseconds.
func (m *Meeting) Now() time.Time { return m.clock.Truncate(time.Millisecond) }

// Advance moves the clock forward by d. It causes no event. Errors match
// ErrClock: d is negative, or leads beyond the year 9990, or reaches the end of
// the session that a meeting.participantLeft event has already stated.
func (m *Meeting) Advance(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%w: %v is backwards", ErrClock, d)
	}
	to := m.clock.Add(d)
	if to.Year() > maxYear {
		return fmt.Errorf("%w: %v from %s lies beyond the year %d", ErrClock, d, m.Now().Format(stampLayout), maxYear)
	}
	if s := m.session; s.live() && !s.endedAt.IsZero() && !to.Before(s.endedAt) {
		return fmt.Errorf("%w: %v from %s reaches the session's end, which a %s event has stated as %s; end the session, or plan a longer one by Options.Duration",
			ErrClock, d, m.Now().Format(stampLayout), rtk.MeetingParticipantLeft, s.endedAt.Format(stampLayout))
	}
	m.clock = to
	return nil
}
