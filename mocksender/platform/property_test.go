package platform_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

var key = platform.Key{AccountID: "acc", AppID: "app"}

// world is a platform with what its webhooks said.
type world struct {
	*platform.Platform
	t       *testing.T
	rng     *rand.Rand
	records map[string][]byte
	seen    []platform.Change // not yet judged

	ids      map[string]string    // what an id names, whatever was reset or restored since
	mustStop map[string]time.Time // recordings of a certain length
	late     bool                 // events are judged when more has happened
	heard
	kept     heard // at the time of snapshot
	snapshot []byte
}

// heard is what webhooks have said.
type heard struct {
	meetings  []string                     // those that calls made
	inside    map[string]map[string]string // custom ids by peer, by session
	emptyAt   map[string]time.Time         // when the last one left a session
	ended     map[string]bool              // sessions
	said      map[string]string            // the status of recordings and livestreams, as the last event has it
	artifacts map[string]string            // the links of chats, transcripts and summaries
}

func newHeard() heard {
	return heard{
		inside: map[string]map[string]string{}, emptyAt: map[string]time.Time{}, ended: map[string]bool{},
		said: map[string]string{}, artifacts: map[string]string{},
	}
}

func (h heard) clone() heard {
	out := heard{slices.Clone(h.meetings), maps.Clone(h.inside), maps.Clone(h.emptyAt), maps.Clone(h.ended), maps.Clone(h.said), maps.Clone(h.artifacts)}
	for session, peers := range out.inside {
		out.inside[session] = maps.Clone(peers)
	}
	return out
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), records: map[string][]byte{}, ids: map[string]string{}, mustStop: map[string]time.Time{}, heard: newHeard()}
	w.Platform = w.open()
	return w
}

// open returns a platform that keeps its records in w.
func (w *world) open() *platform.Platform {
	return platform.New(platform.Options{BaseURL: "http://localhost/artifacts", Processing: 10 * time.Second, Commit: w.keep})
}

// keep is the platform's Commit.
func (w *world) keep(c platform.Change) func() error {
	for _, r := range c.Records {
		if r.Value == nil {
			delete(w.records, r.Name)
			continue
		}
		data, err := json.Marshal(r.Value)
		assert.NilError(w.t, err)
		w.records[r.Name] = data
	}
	w.seen = append(w.seen, c)
	return func() error { return nil }
}

// body is the part of an event that says what happened.
type body struct {
	Event   string
	Status  string
	Meeting struct {
		ID, SessionID, Title string
		StartedAt, EndedAt   time.Time
		OrganizedBy          struct{ ID string }
	}
	MeetingID, SessionID, StreamID string
	Participant                    struct{ PeerID, CustomParticipantID, UserDisplayName string }
	Recording                      struct {
		ID, Status, MeetingID, FileSize, DownloadURL, OutputFileName string
		RecordingDuration                                            int
	}
	ChatDownloadURL, TranscriptDownloadURL, SummaryDownloadURL string
}

// judge holds what the webhooks said since the last call against the API.
func (w *world) judge() {
	w.t.Helper()
	synctest.Wait() // for what is due by now
	for _, c := range w.seen {
		for _, e := range c.Events {
			_, err := schemas.ValidateEvent(e.Body, schemas.Strict)
			assert.NilError(w.t, err, "%s", e.Body)
			assert.NilError(w.t, schemas.CheckTimes(e.Body), "%s", e.Body)
			var b body
			assert.NilError(w.t, json.Unmarshal(e.Body, &b))
			w.event(e.Type, b)
		}
	}
	w.seen = nil
	w.compare()
}

// names notes what an id names: no id names two things.
func (w *world) names(id, what string) {
	w.t.Helper()
	if before, ok := w.ids[id]; ok {
		assert.Equal(w.t, before, what, "the id %s", id)
	}
	w.ids[id] = what
}

func (w *world) event(t rtk.EventType, b body) {
	w.t.Helper()
	session := cmp.Or(b.Meeting.SessionID, b.SessionID)
	w.agrees(b)
	switch t {
	case rtk.MeetingStarted:
		assert.Assert(w.t, w.inside[session] == nil, "session %s began twice", session)
		w.inside[session] = map[string]string{}
		w.names(session, "session of "+b.Meeting.ID)
	case rtk.MeetingParticipantJoined:
		assert.Assert(w.t, w.inside[session] != nil && !w.ended[session], "a join outside of a session")
		w.names(b.Participant.PeerID, "peer of "+session)
		assert.Equal(w.t, w.inside[session][b.Participant.PeerID], "")
		w.inside[session][b.Participant.PeerID] = b.Participant.CustomParticipantID
	case rtk.MeetingParticipantLeft:
		assert.Equal(w.t, w.inside[session][b.Participant.PeerID], b.Participant.CustomParticipantID, "somebody left who had not joined")
		delete(w.inside[session], b.Participant.PeerID)
		w.emptyAt[session] = w.Now()
	case rtk.MeetingEnded:
		assert.Assert(w.t, w.inside[session] != nil && !w.ended[session], "session %s ended twice", session)
		assert.Equal(w.t, len(w.inside[session]), 0)
		w.ended[session] = true
	case rtk.RecordingStatusUpdate:
		w.names(b.Recording.ID, "recording of "+session)
		assert.Equal(w.t, b.Recording.MeetingID, b.Meeting.ID)
		before := w.said[b.Recording.ID]
		next := map[string][]string{"": {"RECORDING"}, "RECORDING": {"UPLOADING", "ERRORED"}, "UPLOADING": {"UPLOADED", "ERRORED"}}[before]
		assert.Assert(w.t, slices.Contains(next, b.Recording.Status), "%s after %q", b.Recording.Status, before)
		assert.Assert(w.t, before != "" || !w.ended[session], "a recording begins after the end")
		w.said[b.Recording.ID] = b.Recording.Status
	case rtk.LivestreamStatusUpdate:
		w.names(b.StreamID, "livestream of "+b.MeetingID)
		assert.Assert(w.t, w.said[b.StreamID] != b.Status)
		w.said[b.StreamID] = b.Status
	default:
		assert.Assert(w.t, w.ended[session], "%s before the end", t)
		assert.Equal(w.t, w.artifacts[string(t)+session], "", "%s twice", t)
		w.artifacts[string(t)+session] = cmp.Or(b.ChatDownloadURL, b.TranscriptDownloadURL, b.SummaryDownloadURL)
	}
}

// agrees holds what an event says against what the API shows when it is sent.
func (w *world) agrees(b body) {
	w.t.Helper()
	if id := cmp.Or(b.Meeting.ID, b.MeetingID); id != "" {
		m, err := w.Meeting(key, id)
		assert.NilError(w.t, err)
		assert.Equal(w.t, cmp.Or(b.Meeting.Title, m.Title), m.Title)
	}
	s, err := w.Session(key, cmp.Or(b.Meeting.SessionID, b.SessionID))
	if b.Event == string(rtk.LivestreamStatusUpdate) && b.Meeting.SessionID == "" {
		return // it may name no session
	}
	assert.NilError(w.t, err)
	assert.Equal(w.t, cmp.Or(b.Meeting.OrganizedBy.ID, s.OrgID), s.OrgID)
	const layout = "2006-01-02T15:04:05.000Z"
	assert.Assert(w.t, b.Meeting.StartedAt.IsZero() || b.Meeting.StartedAt.Format(layout) == s.StartedAt, "%+v, and %+v", b, s)
	// Who leaves a session that goes on has an end in the event: the guide's sample has it.
	assert.Assert(w.t, w.late || b.Meeting.EndedAt.IsZero() || s.EndedAt == "" || b.Meeting.EndedAt.Format(layout) == s.EndedAt, "%+v, and %+v", b, s)
	if who := b.Participant.CustomParticipantID; who != "" {
		all, _, err := w.SessionParticipants(key, s.ID, platform.ParticipantFilter{PeerEvents: true}, platform.Page{})
		assert.NilError(w.t, err)
		at := slices.IndexFunc(all, func(one platform.SessionParticipant) bool { return one.CustomID == who })
		assert.Assert(w.t, at >= 0, "%s is not shown", who)
		assert.Equal(w.t, all[at].Name, b.Participant.UserDisplayName)
		assert.Assert(w.t, slices.ContainsFunc(all[at].PeerEvents, func(e platform.PeerEvent) bool { return e.PeerID == b.Participant.PeerID }))
	}
	if b.Recording.Status == "UPLOADED" {
		r, err := w.Recording(key, b.Recording.ID)
		assert.NilError(w.t, err)
		assert.Equal(w.t, fmt.Sprint(*r.FileSize, *r.Duration, r.OutputFileName),
			fmt.Sprint(b.Recording.FileSize, " ", b.Recording.RecordingDuration, b.Recording.OutputFileName))
		assert.Assert(w.t, r.Type == "TRACK" || r.DownloadURL == b.Recording.DownloadURL)
	}
}

// compare holds what the API says now against all that webhooks have said.
func (w *world) compare() {
	w.t.Helper()
	sessions, total := w.Sessions(key, platform.SessionFilter{}, platform.Page{})
	assert.Equal(w.t, total, len(w.inside))
	live := map[string]string{} // by meeting
	for _, s := range sessions {
		inside, known := w.inside[s.ID]
		assert.Assert(w.t, known, "a session that nobody heard of")
		assert.Equal(w.t, s.Status == platform.Ended, w.ended[s.ID])
		assert.Equal(w.t, s.Live, len(inside))
		if s.Status == platform.Live {
			assert.Equal(w.t, live[s.MeetingID], "", "two live sessions of a meeting")
			live[s.MeetingID] = s.ID
			m, err := w.Meeting(key, s.MeetingID)
			assert.NilError(w.t, err)
			keep := time.Duration(m.KeepAlive) * time.Second
			assert.Assert(w.t, len(inside) > 0 || w.Now().Before(w.emptyAt[s.ID].Add(keep)), "an empty session goes on")
		}
		w.compareParticipants(s.ID, inside)
		for event, of := range map[rtk.EventType]func(platform.Key, string) (platform.Download, error){
			rtk.MeetingChatSynced: w.Chat, rtk.MeetingTranscript: w.Transcript, rtk.MeetingSummary: w.Summary,
		} {
			d, _ := of(key, s.ID)
			assert.Equal(w.t, d.URL, w.artifacts[string(event)+s.ID], "%s of %s", event, s.ID)
		}
	}
	for _, id := range w.meetings {
		s, _ := w.ActiveSession(key, id)
		assert.Equal(w.t, s.ID, live[id], "the active session of %s", id)
	}
	recordings, _ := w.Recordings(key, platform.RecordingFilter{}, platform.Page{})
	for _, r := range recordings {
		status := r.Status
		if status == "PAUSED" { // needs no announcement
			status = "RECORDING"
		}
		assert.Equal(w.t, w.said[r.ID], status)
		assert.Assert(w.t, status != "RECORDING" || r.Type == "TRACK" || !w.ended[*r.SessionID], "a recording outlives its session")
		assert.Equal(w.t, r.FileSize != nil, status == "UPLOADED")
		end, limited := w.mustStop[r.ID]
		assert.Assert(w.t, !limited || status != "RECORDING" || w.Now().Before(end), "a recording is too long")
	}
	streams, _ := w.Livestreams(key, platform.LivestreamFilter{}, platform.Page{})
	for _, l := range streams {
		assert.Equal(w.t, w.said[l.ID] == "LIVE", l.Status == "LIVE")
		_, err := w.ActiveSession(key, l.MeetingID)
		assert.Assert(w.t, l.Status != "LIVE" || err == nil, "a livestream outlives its session")
	}
}

// compareParticipants holds who is in a session against who joined and did not
// leave.
func (w *world) compareParticipants(session string, inside map[string]string) {
	w.t.Helper()
	all, _, err := w.SessionParticipants(key, session, platform.ParticipantFilter{}, platform.Page{})
	assert.NilError(w.t, err)
	present := []string{}
	for _, one := range all {
		if one.LeftAt == nil {
			present = append(present, one.CustomID)
		}
	}
	slices.Sort(present)
	assert.DeepEqual(w.t, present, append([]string{}, slices.Sorted(maps.Values(inside))...))
}

// step makes a random call or takes a random door. It may be refused, but never
// for another reason than the state.
func (w *world) step() {
	w.t.Helper()
	var err error
	id := "nobody"
	if few := w.meetings[max(0, len(w.meetings)-4):]; len(few) > 0 { // so that much happens in each
		id = few[w.rng.IntN(len(few))]
	}
	who := platform.Who{CustomID: fmt.Sprintf("user-%d", w.rng.IntN(4))}
	yes := func() *bool { b := w.rng.IntN(2) == 0; return &b }
	before := w.shownOf(id)
	switch w.rng.IntN(28) {
	case 0:
		var m platform.Meeting
		keepAlive := float64(w.rng.IntN(2) * 60)
		m, err = w.CreateMeeting(key, platform.MeetingChange{RecordOnStart: yes(), LiveStreamOnStart: yes(), TranscribeOnEnd: yes(), SummarizeOnEnd: yes(), KeepAlive: &keepAlive})
		w.names(m.ID, "meeting")
		w.meetings = append(w.meetings, m.ID)
	case 1:
		custom, preset := fmt.Sprintf("user-%d", w.rng.IntN(4)), "host"
		var one platform.Participant
		if one, err = w.AddParticipant(key, id, platform.ParticipantChange{CustomID: &custom, PresetName: &preset}); err == nil {
			w.names(one.ID, "participant "+custom+" of "+id)
		}
	case 2:
		status := []platform.Status{platform.Active, platform.Active, platform.Inactive}[w.rng.IntN(3)]
		title := fmt.Sprintf("Title %d", w.rng.IntN(1000))
		given := platform.MeetingChange{Status: &status, Title: &title}
		if keepAlive := float64(w.rng.IntN(4) * 40); *yes() {
			given.KeepAlive = &keepAlive
		}
		var m platform.Meeting
		if m, err = w.ChangeMeeting(key, id, given, w.rng.IntN(4) == 0); err == nil {
			assert.Equal(w.t, m.Title, title)
		}
	case 3, 4, 5, 6, 7:
		m, _ := w.Meeting(key, id)
		_, err = w.Join(key, id, who)
		assert.Assert(w.t, m.Status != platform.Inactive || errors.Is(err, platform.ErrConflict), "an inactive meeting keeps new ones out")
	case 8, 9, 10:
		_, err = w.Leave(key, id, who)
	case 11:
		_, err = w.End(key, id)
	case 12:
		_, err = w.Kick(key, id, nil, []string{who.CustomID})
	case 13:
		_, err = w.KickAll(key, id)
	case 14:
		start := platform.RecordingStart{MeetingID: id, Multiple: *yes(), Track: w.rng.IntN(3) == 0, MaxSeconds: float64(w.rng.IntN(2) * 90)}
		var r platform.Recording
		if r, err = w.StartRecording(key, start); err == nil && start.MaxSeconds > 0 {
			w.mustStop[r.ID] = w.Now().Add(90 * time.Second)
		}
	case 15:
		if r, active := w.ActiveRecording(key, id); active == nil {
			_, err = w.ChangeRecording(key, r.ID, []string{"stop", "pause", "resume"}[w.rng.IntN(3)])
		}
	case 16:
		if all, _ := w.Recordings(key, platform.RecordingFilter{}, platform.Page{}); len(all) > 0 {
			to := []payload.RecordingStatus{"", payload.RecordingUploading, payload.RecordingUploaded, payload.RecordingErrored}[w.rng.IntN(4)]
			_, err = w.AdvanceRecording(key, all[w.rng.IntN(len(all))].ID, to)
		}
	case 17:
		_, err = w.StartLivestream(key, id, nil)
	case 18:
		err = w.StopLivestream(key, id)
	case 19, 26, 27:
		err = w.Advance(time.Duration(w.rng.IntN(120)) * time.Second)
	case 20:
		_, err = w.Artifact(key, id, []string{"chat", "transcript", "summary"}[w.rng.IntN(3)], "")
	case 21:
		if all, _ := w.Sessions(key, platform.SessionFilter{}, platform.Page{Limit: 1}); len(all) > 0 {
			_, err = w.Summarize(key, all[0].ID)
		}
	case 22, 23:
		name := fmt.Sprintf("Name %d", w.rng.IntN(1000))
		if all, _, _ := w.Participants(key, id, platform.Page{}); len(all) > 0 {
			_, err = w.EditParticipant(key, id, all[w.rng.IntN(len(all))].ID, platform.ParticipantChange{Name: platform.Nullable{Given: true, Value: &name}})
		}
	case 24:
		if all, _, _ := w.Participants(key, id, platform.Page{}); len(all) > 0 {
			_, err = w.DeleteParticipant(key, id, all[w.rng.IntN(len(all))].ID)
		}
	case 25:
		w.rename(id, who)
	}
	if err != nil {
		assert.Equal(w.t, w.shownOf(id), before) // what is refused changes nothing
	}
	if err != nil && !errors.Is(err, platform.ErrUnknown) && !errors.Is(err, platform.ErrConflict) {
		w.t.Fatal(err)
	}
}

// The order in which changes are handed over is that in which they happened, also
// where many callers and the clock make them at once.
func TestManyCallersAtOnceContradictNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		defer w.Close()
		w.late = true
		yes, keepAlive := true, 20.0
		for range 3 {
			m, err := w.CreateMeeting(key, platform.MeetingChange{RecordOnStart: &yes, TranscribeOnEnd: &yes, KeepAlive: &keepAlive})
			assert.NilError(t, err)
			w.meetings = append(w.meetings, m.ID)
		}
		var callers sync.WaitGroup
		for i := range uint64(4) {
			rng := rand.New(rand.NewPCG(i, 2))
			callers.Go(func() {
				for range 200 {
					w.call(rng, w.meetings[rng.IntN(3)])
				}
			})
		}
		callers.Wait()
		w.judge()
		assert.Assert(t, len(w.inside) > 10 && len(w.artifacts) > 10)
	})
}

// call makes one of the calls that many make at once. What comes of it is judged
// later.
func (w *world) call(rng *rand.Rand, id string) {
	who := platform.Who{CustomID: fmt.Sprintf("user-%d", rng.IntN(4))}
	switch rng.IntN(10) {
	case 0, 1, 2:
		_, _ = w.Join(key, id, who)
	case 3, 4:
		_, _ = w.Leave(key, id, who)
	case 5:
		if _, err := w.Kick(key, id, nil, []string{who.CustomID}); err != nil {
			_, _ = w.KickAll(key, id)
		}
	case 6:
		_, _ = w.StartRecording(key, platform.RecordingStart{MeetingID: id, Multiple: true})
	case 7:
		if r, err := w.ActiveRecording(key, id); err == nil {
			_, _ = w.ChangeRecording(key, r.ID, "stop")
		}
	case 8:
		if _, err := w.StartLivestream(key, id, nil); err != nil {
			_ = w.StopLivestream(key, id)
		}
	case 9:
		_ = w.Advance(time.Duration(rng.IntN(15)) * time.Second)
	}
}

// rename sets names, as an event that a test emits does.
func (w *world) rename(id string, who platform.Who) {
	w.t.Helper()
	err := w.Take(func(c platform.Change) func() error { return w.keep(c) }, func(t *platform.Turn) ([]rtk.Event, error) {
		m := t.Meeting(key, id)
		if m == nil {
			return nil, nil
		}
		to := platform.Names{Title: fmt.Sprintf("Emitted %d", w.rng.IntN(1000))}
		peer := ""
		for _, here := range m.Present() {
			if here.CustomID == who.CustomID {
				to.Participant.Name, peer = fmt.Sprintf("Emitted %d", w.rng.IntN(1000)), here.PeerID
			}
		}
		t.Rename(key, id, to, peer)
		return nil, nil
	})
	assert.NilError(w.t, err)
}

// No webhook contradicts the API when it is sent, ids are unique, nobody leaves who
// has not joined, a session ends once, every status was announced or needs no
// announcement, and what is refused changes nothing: also after a restart from the
// records at any moment, after a reset, and after the restore of an older snapshot.
func TestWebhooksAndTheAPISayTheSameWhateverHappens(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { happenings(newWorld(t, seed)) })
		})
	}
}

func happenings(w *world) {
	defer w.Close()
	for i := range 400 {
		w.step()
		w.judge()
		switch {
		case i%30 == 29:
			w.restart()
		case i%100 == 20:
			w.keepSnapshot()
		case i%100 == 99:
			w.restore()
		case i == 250:
			assert.NilError(w.t, w.Reset())
			w.heard = newHeard()
		}
	}
}

// restart begins again from the records alone, as after a SIGKILL.
func (w *world) restart() {
	w.t.Helper()
	before := w.shown()
	w.Close()
	p := w.open()
	assert.NilError(w.t, p.Load(w.records))
	w.Platform = p
	assert.DeepEqual(w.t, w.shown(), before)
	w.judge()
}

// keepSnapshot takes a snapshot of the platform, and of what was heard until then.
func (w *world) keepSnapshot() {
	w.t.Helper()
	data, err := w.Encode()
	assert.NilError(w.t, err)
	assert.NilError(w.t, schemas.Validate("state", schemas.Open, data), "%s", data)
	w.snapshot, w.kept = data, w.clone()
	w.restore()
}

// restore brings back the snapshot. What was due meanwhile happens then.
func (w *world) restore() {
	w.t.Helper()
	var s platform.State
	assert.NilError(w.t, json.Unmarshal(w.snapshot, &s))
	assert.NilError(w.t, w.Reset())
	_, total := w.Meetings(key, platform.MeetingFilter{}, platform.Page{})
	assert.Equal(w.t, total, 0)
	assert.NilError(w.t, w.Restore(s))
	w.heard = w.kept.clone()
	again, err := w.Encode()
	assert.NilError(w.t, err)
	assert.Equal(w.t, withoutClock(w.t, again), withoutClock(w.t, w.snapshot))
	w.judge()
}

// withoutClock returns a snapshot without what goes on after it was taken.
func withoutClock(t *testing.T, snapshot []byte) string {
	var s map[string]json.RawMessage
	assert.NilError(t, json.Unmarshal(snapshot, &s))
	delete(s, "clock")
	data, err := json.MarshalIndent(s, "", " ")
	assert.NilError(t, err)
	return restored.ReplaceAllString(string(data), "")
}

var restored = regexp.MustCompile(` *"restored": \d+,\n`)

// shownOf is what the API shows of a meeting.
func (w *world) shownOf(id string) string {
	m, _ := w.Meeting(key, id) // nothing, if there is none
	people, _, _ := w.Participants(key, id, platform.Page{})
	sessions, _ := w.Sessions(key, platform.SessionFilter{MeetingID: id}, platform.Page{})
	for i := range sessions {
		sessions[i].Minutes = 0
	}
	recordings, _ := w.Recordings(key, platform.RecordingFilter{MeetingID: id}, platform.Page{})
	data, err := json.MarshalIndent([]any{m, people, sessions, recordings}, "", " ")
	assert.NilError(w.t, err)
	return string(data)
}

// shown is all that lists show, without what depends on the present time.
func (w *world) shown() []string {
	meetings, _ := w.Meetings(key, platform.MeetingFilter{}, platform.Page{})
	sessions, _ := w.Sessions(key, platform.SessionFilter{}, platform.Page{})
	var people []any
	for _, m := range meetings {
		all, _, _ := w.Participants(key, m.ID, platform.Page{})
		people = append(people, all)
	}
	slices.SortFunc(sessions, func(a, b platform.Session) int { return cmp.Compare(a.ID, b.ID) })
	for i := range sessions {
		sessions[i].Minutes = 0
	}
	recordings, _ := w.Recordings(key, platform.RecordingFilter{}, platform.Page{})
	slices.SortFunc(recordings, func(a, b platform.Recording) int { return cmp.Compare(a.ID, b.ID) })
	streams, _ := w.Livestreams(key, platform.LivestreamFilter{}, platform.Page{})
	slices.SortFunc(streams, func(a, b platform.Livestream) int { return cmp.Compare(a.ID, b.ID) })
	var out []string
	for _, part := range []any{meetings, people, sessions, recordings, streams, w.Presets(key), w.Apps(key.AccountID)} {
		data, err := json.MarshalIndent(part, "", " ")
		assert.NilError(w.t, err)
		out = append(out, strings.Split(string(data), "\n")...)
	}
	return out
}
