package platform_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/platform"
)

// joined returns a platform with a meeting that somebody is in.
func joined(t *testing.T, keepAlive float64) (*platform.Platform, platform.Meeting) {
	t.Helper()
	p := platform.New(platform.Options{})
	t.Cleanup(p.Close)
	m, err := p.CreateMeeting(key, platform.MeetingChange{KeepAlive: &keepAlive})
	assert.NilError(t, err)
	_, err = p.Join(key, m.ID, mary)
	assert.NilError(t, err)
	return p, m
}

var mary = platform.Who{CustomID: "mary"}

func TestAKeepAliveMayChangeWhileItRuns(t *testing.T) {
	for _, c := range []struct {
		reason                string
		before, after, endsAt float64 // seconds; the change comes after 20
	}{
		{"longer", 60, 100, 100},
		{"shorter", 60, 30, 30},
		{"over by now", 60, 10, 20},
		{"the same", 60, 60, 60},
	} {
		t.Run(c.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, m := joined(t, c.before)
				_, err := p.Leave(key, m.ID, mary)
				assert.NilError(t, err)
				assert.NilError(t, p.Advance(20*time.Second))
				_, err = p.ChangeMeeting(key, m.ID, platform.MeetingChange{KeepAlive: &c.after}, false)
				assert.NilError(t, err)
				synctest.Wait()
				if left := c.endsAt - 20; left > 0 {
					assert.NilError(t, p.Advance(time.Duration(left*1000-1)*time.Millisecond))
					_, err = p.ActiveSession(key, m.ID)
					assert.NilError(t, err)
					assert.NilError(t, p.Advance(time.Millisecond))
				}
				_, err = p.ActiveSession(key, m.ID)
				assert.ErrorIs(t, err, platform.ErrUnknown)
			})
		})
	}
}

func TestWhoWasDeletedStaysDeleted(t *testing.T) {
	p, m := joined(t, 0)
	all, _, err := p.Participants(key, m.ID, platform.Page{})
	assert.NilError(t, err)
	_, err = p.DeleteParticipant(key, m.ID, all[0].ID)
	assert.NilError(t, err)
	none := func(when string) {
		t.Helper()
		_, n, err := p.Participants(key, m.ID, platform.Page{})
		assert.NilError(t, err)
		assert.Equal(t, n, 0, when)
	}
	_, err = p.Join(key, m.ID, mary)
	assert.ErrorIs(t, err, platform.ErrConflict)
	none("after a join that was refused, since she is in the room")
	data, err := p.Encode()
	assert.NilError(t, err)
	var s platform.State
	assert.NilError(t, json.Unmarshal(data, &s))
	assert.NilError(t, p.Restore(s))
	none("after a restore")
}

// Tests restore the same snapshot again and again, and their receivers remember ids.
func TestASnapshotThatComesBackTwiceGoesOnWithOtherIDs(t *testing.T) {
	p, m := joined(t, 0)
	data, err := p.Encode()
	assert.NilError(t, err)
	seen := map[string]bool{}
	for range 3 {
		var s platform.State
		assert.NilError(t, json.Unmarshal(data, &s))
		assert.NilError(t, p.Restore(s))
		_, err = p.End(key, m.ID)
		assert.NilError(t, err)
		next, err := p.Join(key, m.ID, mary)
		assert.NilError(t, err)
		assert.Assert(t, !seen[next.SessionID])
		seen[next.SessionID] = true
	}
}

func TestAStateWhoseIDsNameTwoThingsIsRefused(t *testing.T) {
	for _, c := range []struct{ reason, text, want string }{
		{"two meetings", `{"meetings":[{"account_id":"a","app_id":"b","id":"m"},{"account_id":"a","app_id":"b","id":"m"}]}`, `meeting 1: id: found "m"`},
		{
			"two participants of a meeting",
			`{"meetings":[{"account_id":"a","app_id":"b","participants":[{"id":"p","custom_participant_id":"u"},{"id":"p","custom_participant_id":"v"}]}]}`,
			`participants: found the id "p"`,
		},
		{
			"two participants of two meetings",
			`{"meetings":[{"account_id":"a","app_id":"b","participants":[{"id":"p","custom_participant_id":"u"}]},{"account_id":"a","app_id":"b","participants":[{"id":"p","custom_participant_id":"u"}]}]}`,
			`meeting 1: participants: found the id "p"`,
		},
		{
			"two recordings",
			`{"meetings":[` + withRecording("m") + `,` + withRecording("n") + `]}`, `model: found the recording "r"`,
		},
	} {
		t.Run(c.reason, func(t *testing.T) {
			p, m := joined(t, 0)
			var s platform.State
			assert.NilError(t, json.Unmarshal([]byte(c.text), &s))
			err := p.Restore(s)
			assert.ErrorIs(t, err, platform.ErrInvalid)
			assert.ErrorContains(t, err, c.want)
			_, err = p.ActiveSession(key, m.ID)
			assert.NilError(t, err, "what was there is still there")
		})
	}
}

func withRecording(meeting string) string {
	return `{"account_id":"a","app_id":"b","id":"` + meeting + `","model":{"id":"` + meeting + `","created_at":"2026-06-03T10:00:00Z","sessions":[{"id":"s-` + meeting +
		`","started_at":"2026-06-03T10:00:00Z","stays":[],"recordings":[{"id":"r","status":"UPLOADED","file":"f","started_at":"2026-06-03T10:00:00Z"}]}]}}`
}
