package artifacts

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// ErrMeeting is matched by the errors of Describe about a Meeting.
var ErrMeeting = errors.New("artifacts: invalid meeting")

// Meeting is what a payload says about the session of a link. Zero fields are
// invented from the session id or, if there is none, from the token. Texts are
// UTF-8 and have up to 256 bytes.
type Meeting struct {
	ID        string // meeting.id
	SessionID string // meeting.sessionId; the same one gives the same conversation
	Title     string // meeting.title
	Start     time.Time
	End       time.Time // zero: after the last line
	// People are those who took part, one entry for each stay. Only the first
	// 16 are kept. If it is empty, people are invented.
	People []Person
}

// Person is one stay in a Meeting, from joining to leaving.
type Person struct {
	PeerID   string    // participant.peerId
	UserID   string    // no payload has it, only artifacts
	CustomID string    // participant.customParticipantId; the same in each stay
	Name     string    // participant.userDisplayName
	JoinedAt time.Time // zero: when the meeting started
	LeftAt   time.Time // zero: when it ended
}

// maxText bounds the texts that callers and clients choose, in bytes.
const maxText = 256

// maxPeople bounds the memory of a description. Hardly more people could speak.
const maxPeople = 16

func (m Meeting) check() error {
	texts := []string{m.ID, m.SessionID, m.Title}
	for i, p := range m.People {
		texts = append(texts, p.PeerID, p.UserID, p.CustomID, p.Name)
		if !p.LeftAt.IsZero() && p.LeftAt.Before(p.JoinedAt) {
			return fmt.Errorf("%w: person %d left before joining", ErrMeeting, i)
		}
	}
	for _, text := range texts {
		if len(text) > maxText || !utf8.ValidString(text) {
			return fmt.Errorf("%w: %.40q is longer than %d bytes or not UTF-8", ErrMeeting, text, maxText)
		}
	}
	if !m.End.IsZero() && m.End.Before(m.Start) {
		return fmt.Errorf("%w: it ended before it started", ErrMeeting)
	}
	return nil
}
