package service

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/scenarios"
)

// maxMeetings is how many meetings are open at a time. One more ends the oldest.
const maxMeetings = 256

// meetingRegistry holds the open meetings. Events are emitted from them.
type meetingRegistry struct {
	mu    sync.Mutex
	open  map[meetingKey]*scenarios.Interactive
	order []meetingKey // the oldest first
	begun uint64
}

type meetingKey struct {
	app  store.App
	name string
}

// get returns the meeting with this key. If there is none, begin makes one; its
// argument is how many have begun before.
func (r *meetingRegistry) get(key meetingKey, begin func(before uint64) (*scenarios.Interactive, error)) (*scenarios.Interactive, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.open[key]; m != nil {
		return m, nil
	}
	m, err := begin(r.begun)
	if err != nil {
		return nil, err
	}
	if r.open == nil {
		r.open = map[meetingKey]*scenarios.Interactive{}
	}
	if len(r.order) >= maxMeetings {
		delete(r.open, r.order[0])
		r.order = r.order[1:]
	}
	r.open[key] = m
	r.order = append(r.order, key)
	r.begun++
	return m, nil
}

// clear ends all meetings. The count goes on, so that the next ones differ.
func (r *meetingRegistry) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open, r.order = nil, nil
}

// hash makes a seed of a text.
func hash(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:])
}
