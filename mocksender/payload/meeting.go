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
	organizedBy any // an object, the same in every event
	createdAt   string
	// otherID is the value of recording.meetingId under
	// FormRecordingMeetingID.
	otherID string

	clock      time.Time
	session    *session
	recordings int

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
	ids := func(stream string) *rtk.IDs { return rtk.NewIDs(set.Seed, "payload/"+stream) }
	m := &Meeting{
		set:     set,
		otherID: ids("other meeting").Next(),
		clock:   set.Start,
		ids: idStreams{
			sessions:    ids("sessions"),
			peers:       ids("peers"),
			recordings:  ids("recordings"),
			livestreams: ids("livestreams"),
			links:       ids("links"),
		},
		people: newPeople(set.Options),
		sizes:  newRand(set.Seed, "payload/sizes"),
	}
	names := newNamer(set.Seed)
	orgName, title := names.organization(), names.title()
	m.id = cmp.Or(set.MeetingID, ids("meeting").Next())
	m.title = cmp.Or(set.Title, title)
	m.orgID = cmp.Or(set.OrganizationID, ids("organization").Next())
	m.organizedBy = object{{"id", m.orgID}, {"name", cmp.Or(set.OrganizationName, orgName)}}
	m.createdAt = m.timestamp(set.Start)
	m.session = &session{id: m.ids.sessions.Next()}
	return m, nil
}

// has reports whether the meeting renders its events in the given form.
func (m *Meeting) has(f Form) bool { return slices.Contains(m.set.Forms, f) }

// ID returns the value of meeting.id.
func (m *Meeting) ID() string { return m.id }

// Title returns the value of meeting.title.
func (m *Meeting) Title() string { return m.title }

// SessionID returns the value of meeting.sessionId for the present session,
// also before it has started and after it has ended.
func (m *Meeting) SessionID() string { return m.session.id }

// OrganizationID returns the value of organizedBy.id.
func (m *Meeting) OrganizationID() string { return m.orgID }

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
	if s := m.session; s.live() && !s.endedAt.IsZero() && !to.Before(s.endedAt) {
		return fmt.Errorf("%w: %v from %s reaches the session's end, which a %s event has stated as %s; end the session, or plan a longer one by Options.Duration",
			ErrClock, d, m.Now().Format(timeLayout), rtk.MeetingParticipantLeft, s.endedAt.Format(timeLayout))
	}
	m.clock = to
	return nil
}

// NewParticipant returns a new person. Every second one has a name that is not
// written in plain Latin letters: receivers have to cope with any script.
func (m *Meeting) NewParticipant() Participant { return m.people.next() }

// session is one session of a meeting. Recordings and livestreams keep their
// session when the meeting goes on to the next.
type session struct {
	id        string
	startedAt time.Time // zero before the first join
	// endedAt is fixed by the first event that states it. That may be a
	// participantLeft while the session is live. Zero before.
	endedAt time.Time
	ended   bool

	present map[string]*presence // by CustomID
	joins   int

	chat, transcript, summary bool // they have come already
}

// presence is one participant's stay, from a join to a leave.
type presence struct {
	Participant
	joinedAt time.Time
	order    int
}

func (s *session) live() bool { return !s.startedAt.IsZero() && !s.ended }

func (s *session) inOrder() []*presence {
	all := make([]*presence, 0, len(s.present))
	for _, p := range s.present {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *presence) int { return cmp.Compare(a.order, b.order) })
	return all
}
