package artifacts_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

func at(minute, second int) time.Time {
	return time.Date(2027, time.March, 4, 9, minute, second, 0, time.UTC)
}

// weekly is a meeting. Its second person joins late, leaves and joins again.
func weekly() artifacts.Meeting {
	return artifacts.Meeting{
		ID: "meeting-id", SessionID: "session-id", Title: "Weekly sync",
		Start: at(0, 0), End: at(30, 0),
		People: []artifacts.Person{
			{PeerID: "peer-1", UserID: "uid-1", CustomID: "user-1", Name: "Mary Sue", JoinedAt: at(0, 0)},
			{PeerID: "peer-2", CustomID: "user-2", Name: "李明", JoinedAt: at(5, 0), LeftAt: at(10, 0)},
			{PeerID: "peer-3", CustomID: "user-2", Name: "李明", JoinedAt: at(20, 0)},
		},
	}
}

func describe(t testing.TB, m artifacts.Meeting, tokens ...string) *artifacts.Server {
	t.Helper()
	s := artifacts.New()
	for _, token := range tokens {
		assert.NilError(t, s.Describe(token, m))
	}
	return s
}

func TestArtifactsAgreeWithTheDescription(t *testing.T) {
	m := weekly()
	slices.Reverse(m.People) // they may come in any order
	s := describe(t, m, token)
	people := map[string]artifacts.Person{}
	for _, p := range weekly().People {
		people[p.PeerID] = p
	}
	spoke := map[string]bool{}
	for _, l := range jsonTranscript(t, s, token) {
		p := people[l.PeerData.ID]
		spoke[l.PeerData.ID] = true
		assert.Equal(t, l.PeerData.DisplayName, p.Name)
		assert.Equal(t, l.PeerData.CPI, p.CustomID)
		assert.Equal(t, l.PeerData.JoinedAt, p.JoinedAt.Format("2006-01-02T15:04:05.000Z"))
		left := p.LeftAt
		if left.IsZero() {
			left = weekly().End
		}
		assert.Equal(t, l.PeerData.LeftAt, left.Format("2006-01-02T15:04:05.000Z"))
		assert.Assert(t, l.PeerData.ID != "peer-1" || l.PeerData.UserID == "uid-1")
	}
	assert.DeepEqual(t, spoke, map[string]bool{"peer-1": true, "peer-2": true, "peer-3": true})

	for _, m := range jsonChat(t, s, token) {
		assert.Equal(t, m.MeetingID, "meeting-id")
		assert.Equal(t, m.SessionID, "session-id")
		assert.Equal(t, m.DisplayName, people[m.ParticipantID].Name)
		assert.Assert(t, strings.HasPrefix(m.CreatedAt, "2027-03-04T09:"))
	}
	assert.Assert(t, strings.HasPrefix(get(t, s, artifacts.Summary.Path(token, "s.md")), "# Weekly sync\n\n## Participants\n\n* Mary Sue\n* 李明\n\n"))
	assert.Assert(t, strings.HasPrefix(get(t, s, artifacts.Summary.Path(token, "s.txt")), "Weekly sync\n\nParticipants\n\n- Mary Sue\n- 李明\n\n"))
	assert.Assert(t, strings.Contains(get(t, s, artifacts.Chat.Path(token, "agenda.txt")), "session-id"))
}

func TestNobodySpeaksBeforeJoiningOrAfterLeaving(t *testing.T) {
	for n := range 200 {
		m := weekly()
		m.SessionID = fmt.Sprint("session-", n)
		m.People[1].LeftAt = at(5, n%60)
		s := describe(t, m, token)
		last := int64(0)
		for _, l := range jsonTranscript(t, s, token) {
			assert.Assert(t, l.StartTime > last && l.EndTime > l.StartTime, "one after the other")
			last = l.EndTime
			joined, err := time.Parse(time.RFC3339, l.PeerData.JoinedAt)
			assert.NilError(t, err)
			left, err := time.Parse(time.RFC3339, l.PeerData.LeftAt)
			assert.NilError(t, err)
			assert.Assert(t, m.Start.Add(time.Duration(l.StartTime)*time.Millisecond).After(joined))
			assert.Assert(t, m.Start.Add(time.Duration(l.EndTime)*time.Millisecond).Before(left))
		}
		for _, m := range jsonChat(t, s, token) {
			sent, err := time.Parse(time.RFC3339, m.CreatedAt)
			assert.NilError(t, err)
			assert.Assert(t, sent.Before(at(30, 0)))
		}
	}
}

func TestOthersKeepTalkingWhenSomebodyLeaves(t *testing.T) {
	for n := range 50 {
		m := artifacts.Meeting{SessionID: fmt.Sprint("session-", n), Start: at(0, 0), People: []artifacts.Person{
			{PeerID: "stays"}, {PeerID: "leaves", LeftAt: at(0, 2)}, {PeerID: "leaves too", LeftAt: at(0, 2)},
		}}
		lines := jsonTranscript(t, describe(t, m, token), token)
		assert.Assert(t, len(lines) >= 4, "at least six lines, and two of them have no speaker")
		for _, l := range lines {
			assert.Equal(t, l.PeerData.ID, "stays")
		}
	}
}

func TestVeryShortMeetingHasNoLines(t *testing.T) {
	m := weekly()
	m.End = at(0, 1)
	m.People = m.People[:1]
	s := describe(t, m, token)
	assert.Equal(t, len(jsonTranscript(t, s, token)), 0)
	assert.Equal(t, get(t, s, artifacts.Transcript.Path(token, "t.json")), "[]\n")
	assert.Equal(t, get(t, s, artifacts.Chat.Path(token, "c.json")), "[]\n")
	assert.Equal(t, len(csvChat(t, s, token)), 0)
	for _, path := range everyPath(token) {
		get(t, s, path)
	}
}

// The chat, the transcript and the summary of a session have different tokens.
func TestLinksOfASessionShowOneConversation(t *testing.T) {
	s := describe(t, weekly(), "a", "b")
	for i, path := range everyPath("a") {
		switch {
		case strings.HasPrefix(path, "/transcript/"), strings.HasPrefix(path, "/summary/"):
			assert.Equal(t, get(t, s, path), get(t, s, everyPath("b")[i]), path)
		}
	}
	other := weekly()
	other.SessionID = "another"
	assert.NilError(t, s.Describe("b", other))
	assert.Assert(t, get(t, s, artifacts.Transcript.Path("a", "t.csv")) != get(t, s, artifacts.Transcript.Path("b", "t.csv")))
}

func TestMissingDetailsAreInvented(t *testing.T) {
	plain := artifacts.New()
	s := describe(t, artifacts.Meeting{}, token)
	for _, path := range everyPath(token) {
		assert.Equal(t, get(t, s, path), get(t, plain, path), "an empty description changes nothing: %s", path)
	}

	s = describe(t, artifacts.Meeting{People: make([]artifacts.Person, 3)}, token)
	ids := map[string]bool{}
	for _, l := range jsonTranscript(t, s, token) {
		p := l.PeerData
		assert.Assert(t, p.ID != "" && p.UserID != "" && p.CPI != "" && p.DisplayName != "")
		ids[p.ID] = true
	}
	assert.Equal(t, len(ids), 3)
}

func TestSomebodyWhoComesBackIsTheSameUser(t *testing.T) {
	users := map[string]map[string]bool{}
	for _, l := range jsonTranscript(t, describe(t, weekly(), token), token) {
		if users[l.PeerData.CPI] == nil {
			users[l.PeerData.CPI] = map[string]bool{}
		}
		users[l.PeerData.CPI][l.PeerData.UserID] = true
	}
	assert.Equal(t, len(users), 2)
	assert.Equal(t, len(users["user-2"]), 1, "two stays, one user")
}

func TestNamesCannotBreakTheFormats(t *testing.T) {
	m := weekly()
	m.Title = "a\n\n## b"
	m.People[0].Name = "A\n\n7\n00:00:01,000 --> 00:00:02,000\r\n<b>\"x\"</b>,\u2028\x00&"
	s := describe(t, m, token)
	want := len(jsonTranscript(t, s, token))
	assert.Equal(t, jsonTranscript(t, s, token)[0].PeerData.DisplayName, m.People[0].Name, "JSON holds anything")
	assert.Equal(t, len(readSRT(t, get(t, s, artifacts.Transcript.Path(token, "t.srt")))), want)
	assert.Equal(t, len(readVTT(t, get(t, s, artifacts.Transcript.Path(token, "t.vtt")))), want)
	assert.Equal(t, len(readCSV(t, get(t, s, artifacts.Transcript.Path(token, "t.csv")))), want)
	assert.DeepEqual(t, csvChat(t, s, token)[0].CreatedAt, jsonChat(t, s, token)[0].CreatedAt)
	markdown := get(t, s, artifacts.Summary.Path(token, "s.md"))
	assert.Equal(t, strings.Count(markdown, "\n## "), 3, "three headings, whatever the title: %s", markdown)
}

func TestInvalidDescriptionsAreRefused(t *testing.T) {
	long := strings.Repeat("x", 257)
	tests := []struct {
		name   string
		token  string
		change func(*artifacts.Meeting)
		want   error
	}{
		{"empty token", "", func(*artifacts.Meeting) {}, artifacts.ErrToken},
		{"path as a token", "../x", func(*artifacts.Meeting) {}, artifacts.ErrToken},
		{"very long token", strings.Repeat("x", 129), func(*artifacts.Meeting) {}, artifacts.ErrToken},
		{"long id", token, func(m *artifacts.Meeting) { m.ID = long }, artifacts.ErrMeeting},
		{"long session id", token, func(m *artifacts.Meeting) { m.SessionID = long }, artifacts.ErrMeeting},
		{"long title", token, func(m *artifacts.Meeting) { m.Title = long }, artifacts.ErrMeeting},
		{"long peer id", token, func(m *artifacts.Meeting) { m.People[2].PeerID = long }, artifacts.ErrMeeting},
		{"long user id", token, func(m *artifacts.Meeting) { m.People[2].UserID = long }, artifacts.ErrMeeting},
		{"long custom id", token, func(m *artifacts.Meeting) { m.People[2].CustomID = long }, artifacts.ErrMeeting},
		{"long name", token, func(m *artifacts.Meeting) { m.People[2].Name = long }, artifacts.ErrMeeting},
		{"name not UTF-8", token, func(m *artifacts.Meeting) { m.People[2].Name = "\xff" }, artifacts.ErrMeeting},
		{"ended before it started", token, func(m *artifacts.Meeting) { m.End = m.Start.Add(-1) }, artifacts.ErrMeeting},
		{"left before joining", token, func(m *artifacts.Meeting) { m.People[1].LeftAt = m.People[1].JoinedAt.Add(-1) }, artifacts.ErrMeeting},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := weekly()
			tt.change(&m)
			s := artifacts.New()
			err := s.Describe(tt.token, m)
			assert.Assert(t, errors.Is(err, tt.want), "%v", err)
			assert.Assert(t, len(err.Error()) < 200)
			assert.Equal(t, get(t, s, artifacts.Summary.Path(token, "s.md")), get(t, artifacts.New(), artifacts.Summary.Path(token, "s.md")))
		})
	}
}

func TestDescriptionIsACopyAndTheLastOneCounts(t *testing.T) {
	s := artifacts.New()
	m := weekly()
	assert.NilError(t, s.Describe(token, m))
	m.People[0].Name = "changed afterwards"
	assert.Assert(t, !strings.Contains(get(t, s, artifacts.Summary.Path(token, "s.md")), "changed afterwards"))
	assert.NilError(t, s.Describe(token, m))
	assert.Assert(t, strings.Contains(get(t, s, artifacts.Summary.Path(token, "s.md")), "changed afterwards"))
	assert.Equal(t, s.Evicted(), 0)
}

func TestOnlyTheFirstPeopleAreKept(t *testing.T) {
	m := artifacts.Meeting{SessionID: "crowd"}
	for i := range 1000 {
		m.People = append(m.People, artifacts.Person{Name: fmt.Sprintf("Person %03d", i)})
	}
	summary := get(t, describe(t, m, token), artifacts.Summary.Path(token, "s.txt"))
	assert.Assert(t, strings.Contains(summary, "Person 015\n") && !strings.Contains(summary, "Person 016"))
}

func TestRegistrationsAreBoundedAndEvictionsCounted(t *testing.T) {
	s := artifacts.New()
	s.RegistrationLimit = 3
	past := time.Now().Add(-time.Hour)
	for i := range 5 {
		token := fmt.Sprint("token-", i)
		assert.NilError(t, s.Describe(token, weekly()))
		assert.NilError(t, s.Expire(token, past))
	}
	assert.NilError(t, s.Expire("token-4", past))
	assert.Equal(t, s.Evicted(), 2, "Describe and Expire share a registration")
	for i, want := range []int{200, 200, 403, 403, 403} {
		assert.Equal(t, status(t, s, fmt.Sprint("token-", i)), want, "the oldest are evicted")
	}
	assert.Assert(t, !strings.Contains(get(t, s, artifacts.Summary.Path("token-0", "s.md")), "Weekly sync"))
}
