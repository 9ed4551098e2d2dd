package service_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/schemas"
)

// Emissions leave things unsaid, or say them late. Whatever they and the doors do in
// turn, a session starts and ends once, and nobody joins after that.
func TestEmissionsAndDoorsInTurnContradictNothing(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newStand(t, func(o *service.Options) { o.Processing = -1 })
			s.register(newTarget(t).URL, rtk.EventTypes()...)
			rng := rand.New(rand.NewPCG(seed, 9))
			done := 0
			for range 200 {
				if s.act(rng) {
					done++
				}
			}
			s.quiet()
			assert.Assert(t, done > 50, "%d of 200 were possible", done)
			ds, err := s.Deliveries(store.Filter{Limit: store.MaxLimit})
			assert.NilError(t, err)
			slices.SortFunc(ds, func(a, b store.Delivery) int { return int(a.ID) - int(b.ID) })
			judgeSessions(t, ds)
		})
	}
}

// act emits an event or takes a door, at random, and reports whether that was
// possible.
func (s *stand) act(rng *rand.Rand) bool {
	s.t.Helper()
	id := fmt.Sprintf("0f000000-0000-4000-8000-00000000000%d", rng.IntN(2))
	who := fmt.Sprintf("u-%d", rng.IntN(3))
	door := "/_rtkmock/meetings/" + id + "/"
	var status int
	var text string
	switch n := rng.IntN(10); n {
	case 0, 1, 2, 3:
		e := map[string]any{"event": rtk.EventTypes()[rng.IntN(9)], "meeting_id": id}
		if rng.IntN(2) == 0 {
			e["who"] = who
		}
		status, text = s.call("POST", "/_rtkmock/emit", e)
	case 4, 5, 6:
		status, text = s.call("POST", door+"join", map[string]any{"custom_participant_id": who})
	default:
		status, text = s.call("POST", door+[]string{"leave", "end", "record"}[n-7], nil)
	}
	assert.Assert(s.t, status < 500, "%s", text)
	return status < 300
}

func judgeSessions(t *testing.T, ds []store.Delivery) {
	t.Helper()
	said := map[string]map[rtk.EventType]bool{} // by session
	peers := map[string]string{}                // who joined, and where
	for _, d := range ds {
		_, err := schemas.ValidateEvent(d.Body, schemas.Strict)
		assert.NilError(t, err, "%s", d.Body)
		assert.NilError(t, schemas.CheckTimes(d.Body))
		var b body
		assert.NilError(t, json.Unmarshal(d.Body, &b))
		session := b.Meeting.SessionID
		if said[session] == nil {
			said[session] = map[rtk.EventType]bool{}
		}
		switch d.Event {
		case rtk.MeetingStarted, rtk.MeetingEnded:
			assert.Assert(t, !said[session][d.Event], "%s twice: %s", d.Event, d.Body)
			fallthrough
		case rtk.MeetingParticipantJoined:
			assert.Assert(t, !said[session][rtk.MeetingEnded], "after the end: %s", d.Body)
		}
		if d.Event == rtk.MeetingParticipantJoined {
			assert.Equal(t, peers[b.Participant.PeerID], "", "joined twice: %s", d.Body)
			peers[b.Participant.PeerID] = session
		}
		said[session][d.Event] = true
	}
}

// body is the part of an event that says where it happened.
type body struct {
	Meeting     struct{ SessionID string }
	Participant struct{ PeerID string }
}
