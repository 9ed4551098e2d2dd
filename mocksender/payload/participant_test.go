package payload_test

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

func TestRejoinHasANewPeerAndTheSameCustomID(t *testing.T) {
	m, ok := newMeeting(t, payload.Options{}), must(t)
	host, p := m.NewParticipant(), m.NewParticipant()
	ok(m.Join(host))
	ok(m.Join(p))
	before := m.Present()[1]
	assert.Equal(t, before.CustomID, p.CustomID)
	ok(m.Leave(before))
	rejoined := ok(m.Join(before))[0] // carries the old peer id
	assert.Equal(t, member(t, rejoined, "participant.customParticipantId"), p.CustomID)
	assert.Assert(t, member(t, rejoined, "participant.peerId") != before.PeerID)
	assert.Equal(t, m.Present()[1].PeerID, member(t, rejoined, "participant.peerId"))
}

func TestJoinRefusesUnusableParticipants(t *testing.T) {
	for _, c := range []struct {
		p      payload.Participant
		reason string
	}{
		{payload.Participant{CustomID: "user-1"}, "no name"},
		{payload.Participant{Name: "Mary Sue"}, "no id to know her by"},
		{payload.Participant{Name: "Mary \xff", CustomID: "user-1"}, "JSON cannot carry the name"},
		{payload.Participant{Name: "Mary Sue", CustomID: "\xff"}, "JSON cannot carry the id"},
	} {
		_, err := newMeeting(t, payload.Options{}).Join(c.p)
		assert.ErrorIs(t, err, payload.ErrParticipant, c.reason)
	}
}

func TestEveryParticipantIsAnother(t *testing.T) {
	m := newMeeting(t, payload.Options{})
	ids := map[string]bool{}
	foreign := 0
	for range 200 {
		p := m.NewParticipant()
		assert.Assert(t, !ids[p.CustomID], "%s comes twice", p.CustomID)
		ids[p.CustomID] = true
		for _, r := range p.Name {
			if r > 0x7f {
				foreign++
				break
			}
		}
		must(t)(m.Join(p))
	}
	assert.Assert(t, foreign >= 80, "%d of 200 names leave ASCII", foreign)
	assert.Equal(t, len(m.Present()), 200)
}

func TestPlainNamesAreASCIIAndStillDiffer(t *testing.T) {
	m := newMeeting(t, payload.Options{PlainNames: true})
	names := map[string]bool{}
	for range 50 {
		name := m.NewParticipant().Name
		names[name] = true
		for _, r := range name {
			assert.Assert(t, r >= ' ' && r < 0x7f, "%q", name)
		}
	}
	assert.Assert(t, len(names) > 40, "%d names", len(names))
}

func TestTheSeedChoosesThePeople(t *testing.T) {
	ids, names := map[string]bool{}, map[string]bool{}
	for seed := range uint64(40) {
		m := newMeeting(t, payload.Options{Seed: seed})
		first, second := m.NewParticipant(), m.NewParticipant()
		ids[first.CustomID+second.CustomID] = true
		names[first.Name], names[second.Name] = true, true
	}
	assert.Assert(t, len(ids) > 20, "%d pairs of ids", len(ids))
	assert.Assert(t, len(names) > 40, "%d names", len(names))
}

// Another recording or another person must not shift what the seed gives to
// the rest, or every change of a scenario would change all ids in it.
func TestConcernsDrawFromStreamsOfTheirOwn(t *testing.T) {
	plain, busy := newMeeting(t, payload.Options{Seed: 3}), newMeeting(t, payload.Options{Seed: 3})
	ok := must(t)
	a, b := plain.NewParticipant(), busy.NewParticipant()
	ok(plain.Join(a))
	ok(busy.Join(b))
	_, _, err := busy.StartRecording()
	assert.NilError(t, err)
	_, _, err = busy.StartLivestream()
	assert.NilError(t, err)
	p, q := plain.NewParticipant(), busy.NewParticipant()
	assert.Equal(t, p, q)
	assert.Equal(t, text(ok(plain.Join(p))), text(ok(busy.Join(q))))
	assert.Equal(t, text(ok(plain.End())), text(ok(busy.End())))
	assert.Equal(t, text(ok(plain.ChatSynced())), text(ok(busy.ChatSynced())))
	assert.NilError(t, plain.NextSession())
	assert.NilError(t, busy.NextSession())
	assert.Equal(t, plain.SessionID(), busy.SessionID())
}
