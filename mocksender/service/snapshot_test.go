package service_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/service"
)

// changeEach puts odd values in the place of each value inside v, one at a time,
// leaves out each member, and calls f each time.
func changeEach(v any, f func()) {
	odd := []any{nil, "", -1.0, 1e300, []any{nil}, map[string]any{}, "0001-01-01T00:00:00Z"}
	switch v := v.(type) {
	case map[string]any:
		for name, old := range v {
			for _, v[name] = range odd {
				f()
			}
			delete(v, name)
			f()
			v[name] = old
			changeEach(old, f)
		}
	case []any:
		for i, old := range v {
			for _, v[i] = range odd {
				f()
			}
			v[i] = old
			changeEach(old, f)
		}
	}
}

// Whatever somebody has changed in a snapshot, it is refused in one line, or
// everything works afterwards.
func TestASnapshotThatWasChangedIsRefusedOrWorks(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	k, yes, keepAlive := platform.Key{AccountID: "acc", AppID: "app"}, true, 60.0
	m, err := s.Platform().CreateMeeting(k, platform.MeetingChange{RecordOnStart: &yes, LiveStreamOnStart: &yes, KeepAlive: &keepAlive})
	assert.NilError(t, err)
	mary := platform.Who{CustomID: "mary"}
	for range 2 {
		_, err = s.Platform().Join(k, m.ID, mary)
		assert.NilError(t, err)
		_, err = s.Platform().Leave(k, m.ID, mary)
		assert.NilError(t, err)
		if _, again := s.Platform().End(k, m.ID); again != nil {
			t.Fatal(again)
		}
	}
	data, err := s.Snapshot()
	assert.NilError(t, err)
	var root any
	assert.NilError(t, json.Unmarshal(data, &root))
	refused, restored := 0, 0
	changeEach(root, func() {
		text, err := json.Marshal(root)
		assert.NilError(t, err)
		to, err := service.ParseSnapshot(text)
		if err == nil {
			err = s.Restore(to)
		}
		if err != nil {
			refused++
			assert.Assert(t, !strings.Contains(err.Error(), "\n"), err)
			return
		}
		restored++
		again, err := s.Snapshot()
		assert.NilError(t, err, "%s", text)
		back, err := service.ParseSnapshot(again)
		assert.NilError(t, err, "%s", text)
		useAll(s.Platform(), back)
		assert.NilError(t, s.Restore(back), "%s", text)
	})
	assert.Assert(t, refused > 100 && restored > 100, "%d refused, %d restored", refused, restored)
}

// useAll looks at everything that a platform has, and goes on with it. It is enough
// that nothing panics.
func useAll(p *platform.Platform, s service.Snapshot) {
	for _, m := range s.Meetings {
		k := m.Key
		_, _ = p.Join(k, m.ID, platform.Who{CustomID: "bob"})
		_, _ = p.StartRecording(k, platform.RecordingStart{MeetingID: m.ID, Multiple: true})
		_, _ = p.Kick(k, m.ID, nil, []string{"mary"})
		_, _ = p.End(k, m.ID)
		sessions, _ := p.Sessions(k, platform.SessionFilter{ByMinutes: true}, platform.Page{})
		for _, one := range sessions {
			_, _, _ = p.SessionParticipants(k, one.ID, platform.ParticipantFilter{PeerEvents: true}, platform.Page{})
		}
		_, _ = p.Recordings(k, platform.RecordingFilter{Search: "x"}, platform.Page{})
		_, _ = p.Livestreams(k, platform.LivestreamFilter{}, platform.Page{})
		_, _, _ = p.Participants(k, m.ID, platform.Page{})
	}
}
