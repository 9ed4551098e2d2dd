package service

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/scenarios"
)

// maxMeetings is how many meetings are open at a time. One more ends the oldest.
const maxMeetings = 256

// meetingRegistry holds the open meetings. Events are emitted from them.
type meetingRegistry struct {
	mu       sync.Mutex
	meetings map[meetingKey]*scenarios.Improvisation
	order    []meetingKey // the oldest first
	begun    uint64
}

type meetingKey struct {
	app  store.App
	name string
}

// meeting returns the meeting with this key. If there is none, it begins.
func (s *Service) meeting(key meetingKey) (*scenarios.Improvisation, error) {
	r := &s.meetings
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.meetings[key]; m != nil {
		return m, nil
	}
	seed := hash(fmt.Sprintf("meeting %d of %d after delivery %d", r.begun, s.o.Seed, s.Counts().LastID))
	m, err := scenarios.Improvise(payload.Options{Seed: seed, BaseURL: s.o.artifactsURL()})
	if err != nil {
		return nil, err
	}
	if r.meetings == nil {
		r.meetings = map[meetingKey]*scenarios.Improvisation{}
	}
	if len(r.order) >= maxMeetings {
		delete(r.meetings, r.order[0])
		r.order = r.order[1:]
	}
	r.meetings[key] = m
	r.order = append(r.order, key)
	r.begun++
	return m, nil
}

// clear ends all meetings. The count goes on, so that the next ones differ.
func (r *meetingRegistry) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.meetings, r.order = nil, nil
}

// hash makes a seed of a text.
func hash(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:])
}
