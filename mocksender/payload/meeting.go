package payload

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Meeting is one simulated meeting with one session at a time. Make one with
// New. It is not safe for concurrent use.
//
// Every step happens at Now; only Advance and the end of a session move the
// clock. A step that returns an error has changed nothing.
type Meeting struct {
	set         settings
	id, title   string
	orgID       string
	orgName     string
	created     time.Time
	organizedBy any // an object of orgID and orgName
	createdAt   string
	// otherID is the value of recording.meetingId under
	// FormRecordingMeetingID.
	otherID string

	clock      time.Time
	sessions   []*Session // the oldest first; the last one is session
	session    *Session
	unnamed    *Session // of which no event has said the id; nil: there is none
	recordings int
	restored   uint64 // how often State was restored

	ids    idStreams
	people *people
	sizes  *rand.Rand
	buf    []byte // the latest body
}

// idStreams has a sequence for each kind of id, so that another recording does
// not change the next participant's peerId.
type idStreams struct {
	sessions, peers, recordings, livestreams, links *rtk.IDs
}

// New returns a meeting that nobody has joined yet. Errors match ErrOptions.
func New(o Options) (*Meeting, error) {
	set, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	m := newMeeting(set, set.Seed)
	names := newNamer(set.Seed)
	orgName, title := names.organization(), names.title()
	m.id = cmp.Or(set.MeetingID, rtk.NewIDs(set.Seed, "payload/meeting").Next())
	m.title = cmp.Or(set.Title, title)
	m.orgID = cmp.Or(set.OrganizationID, rtk.NewIDs(set.Seed, "payload/organization").Next())
	m.SetOrganization(m.orgID, cmp.Or(set.OrganizationName, orgName))
	m.openSession()
	return m, nil
}

// newMeeting returns a meeting without names and sessions. seed fixes what it
// invents from now on.
func newMeeting(set settings, seed uint64) *Meeting {
	ids := func(stream string) *rtk.IDs { return rtk.NewIDs(seed, "payload/"+stream) }
	m := &Meeting{
		set:     set,
		otherID: ids("other meeting").Next(),
		created: set.Start,
		clock:   set.Start,
		ids: idStreams{
			sessions:    ids("sessions"),
			peers:       ids("peers"),
			recordings:  ids("recordings"),
			livestreams: ids("livestreams"),
			links:       ids("links"),
		},
		people: newPeople(seed, set.PlainNames),
		sizes:  newRand(seed, "payload/sizes"),
	}
	m.createdAt = m.timestamp(m.created)
	return m
}

// openSession makes a session that nobody has joined the present one.
func (m *Meeting) openSession() {
	m.session = &Session{ID: m.ids.sessions.Next()}
	m.sessions = append(m.sessions, m.session)
}

// has reports whether the meeting renders its events in the given form.
func (m *Meeting) has(f Form) bool { return slices.Contains(m.set.Forms, f) }

// ID returns the value of meeting.id.
func (m *Meeting) ID() string { return m.id }

// Title returns the value of meeting.title.
func (m *Meeting) Title() string { return m.title }

// SetTitle gives the meeting another title. Events from now on have it.
func (m *Meeting) SetTitle(title string) { m.title = title }

// CreatedAt returns the value of meeting.createdAt.
func (m *Meeting) CreatedAt() time.Time { return m.created }

// SessionID returns the value of meeting.sessionId for the present session,
// also before it has started and after it has ended.
func (m *Meeting) SessionID() string { return m.session.ID }

// Session returns the present session. It is to be read only.
func (m *Meeting) Session() *Session { return m.session }

// Sessions returns all sessions, the oldest first and the present one last. They
// are to be read only.
func (m *Meeting) Sessions() []*Session { return m.sessions }

// OrganizationID returns the value of organizedBy.id.
func (m *Meeting) OrganizationID() string { return m.orgID }

// SetOrganization changes who organizes the meeting. What is empty stays as it
// is.
func (m *Meeting) SetOrganization(id, name string) {
	m.orgID, m.orgName = cmp.Or(id, m.orgID), cmp.Or(name, m.orgName)
	m.organizedBy = object{{"id", m.orgID}, {"name", m.orgName}}
}

// Now returns the meeting's time, in UTC and whole milliseconds.
func (m *Meeting) Now() time.Time { return m.clock.Truncate(time.Millisecond) }

// Advance moves the clock forward by d. It causes no event. Errors match
// ErrClock: d is negative, or leads beyond the year 9990, or reaches an end of
// the session that a meeting.participantLeft event has stated already.
func (m *Meeting) Advance(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%w: %v is backwards", ErrClock, d)
	}
	to := m.clock.Add(d)
	if to.Year() > maxYear {
		return fmt.Errorf("%w: %v from %s lies beyond the year %d", ErrClock, d, m.Now().Format(timeLayout), maxYear)
	}
	if s := m.session; s.Live() && !s.EndedAt.IsZero() && !to.Before(s.EndedAt) {
		return fmt.Errorf("%w: %v from %s reaches the session's end, which a %s event has stated as %s; end the session, or plan a longer one by Options.Duration",
			ErrClock, d, m.Now().Format(timeLayout), rtk.MeetingParticipantLeft, s.EndedAt.Format(timeLayout))
	}
	m.clock = to
	return nil
}

// NewParticipant returns a new person. Every second one has a name that is not
// written in plain Latin letters: receivers have to cope with any script.
func (m *Meeting) NewParticipant() Participant { return m.people.next() }
