package platform_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
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

	meetings []string
	inside   map[string]map[string]bool // peers by session
	ended    map[string]bool            // sessions
	said     map[string]string          // the status of recordings and livestreams, as the last event has it
	ids      map[string]string          // what an id names
	once     map[string]bool            // artifacts
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), records: map[string][]byte{}, inside: map[string]map[string]bool{}, ended: map[string]bool{},
		said: map[string]string{}, ids: map[string]string{}, once: map[string]bool{},
	}
	w.Platform = w.open()
	return w
}

// open returns a platform that keeps its records in w.
func (w *world) open() *platform.Platform {
	return platform.New(platform.Options{BaseURL: "http://localhost/artifacts", Processing: 10 * time.Second, Commit: func(c platform.Change) func() error {
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
	}})
}

// body is the part of an event that says what happened.
type body struct {
	Event   string
	Reason  string
	Status  string
	Meeting struct {
		ID, SessionID, Title string
		EndedAt              *time.Time
		OrganizedBy          struct{ ID string }
	}
	MeetingID, SessionID string
	StreamID             string
	Participant          struct{ PeerID, CustomParticipantID, UserDisplayName string }
	Recording            struct {
		ID, Status, MeetingID string
		FileSize              string
		RecordingDuration     int
		DownloadURL           string
	}
	ChatDownloadURL string
}

// judge holds what the webhooks said since the last call against the API.
func (w *world) judge() {
	w.t.Helper()
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
	session := b.Meeting.SessionID
	switch t {
	case rtk.MeetingStarted:
		assert.Assert(w.t, w.inside[session] == nil, "session %s began twice", session)
		w.inside[session] = map[string]bool{}
		w.names(session, "session")
	case rtk.MeetingParticipantJoined:
		assert.Assert(w.t, w.inside[session] != nil && !w.ended[session], "a join outside of a session")
		w.names(b.Participant.PeerID, "peer of "+session)
		assert.Assert(w.t, !w.inside[session][b.Participant.PeerID])
		w.inside[session][b.Participant.PeerID] = true
	case rtk.MeetingParticipantLeft:
		assert.Assert(w.t, w.inside[session][b.Participant.PeerID], "somebody left who had not joined")
		delete(w.inside[session], b.Participant.PeerID)
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
		w.said[b.Recording.ID] = b.Recording.Status
	case rtk.LivestreamStatusUpdate:
		w.names(b.StreamID, "livestream")
		assert.Assert(w.t, w.said[b.StreamID] != b.Status)
		w.said[b.StreamID] = b.Status
	default:
		if t == rtk.MeetingChatSynced {
			session = b.SessionID
		}
		assert.Assert(w.t, w.ended[session], "%s before the end", t)
		assert.Assert(w.t, !w.once[string(t)+session], "%s twice", t)
		w.once[string(t)+session] = true
	}
}

// compare holds what the API says now against all that webhooks have said.
func (w *world) compare() {
	w.t.Helper()
	sessions, total := w.Sessions(key, platform.SessionFilter{}, platform.Page{})
	assert.Equal(w.t, total, len(w.inside))
	for _, s := range sessions {
		inside, known := w.inside[s.ID]
		assert.Assert(w.t, known, "a session that nobody heard of")
		assert.Equal(w.t, s.Status == platform.Ended, w.ended[s.ID])
		assert.Equal(w.t, s.Live, len(inside))
		for event, of := range map[rtk.EventType]func(platform.Key, string) (platform.Download, error){
			rtk.MeetingChatSynced: w.Chat, rtk.MeetingTranscript: w.Transcript, rtk.MeetingSummary: w.Summary,
		} {
			_, err := of(key, s.ID)
			assert.Equal(w.t, err == nil, w.once[string(event)+s.ID], "%s of %s", event, s.ID)
		}
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
	}
	streams, _ := w.Livestreams(key, platform.LivestreamFilter{}, platform.Page{})
	for _, l := range streams {
		assert.Equal(w.t, w.said[l.ID] == "LIVE", l.Status == "LIVE")
		_, err := w.ActiveSession(key, l.MeetingID)
		assert.Assert(w.t, l.Status != "LIVE" || err == nil, "a livestream outlives its session")
	}
}

// step makes a random call or takes a random door. It may be refused, but never
// for another reason than the state.
func (w *world) step() {
	w.t.Helper()
	var err error
	id := "nobody"
	if len(w.meetings) > 0 {
		id = w.meetings[w.rng.IntN(len(w.meetings))]
	}
	who := platform.Who{CustomID: fmt.Sprintf("user-%d", w.rng.IntN(4))}
	yes := func() *bool { b := w.rng.IntN(2) == 0; return &b }
	switch w.rng.IntN(22) {
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
		_, err = w.ChangeMeeting(key, id, platform.MeetingChange{Status: &status}, w.rng.IntN(4) == 0)
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
		_, err = w.StartRecording(key, platform.RecordingStart{MeetingID: id, Multiple: *yes(), Track: w.rng.IntN(3) == 0, MaxSeconds: float64(w.rng.IntN(2) * 90)})
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
	case 19:
		err = w.Advance(time.Duration(w.rng.IntN(120)) * time.Second)
	case 20:
		_, err = w.Artifact(key, id, []string{"chat", "transcript", "summary"}[w.rng.IntN(3)], "")
	case 21:
		if all, _ := w.Sessions(key, platform.SessionFilter{}, platform.Page{Limit: 1}); len(all) > 0 {
			_, err = w.Summarize(key, all[0].ID)
		}
	}
	if err != nil && !errors.Is(err, platform.ErrUnknown) && !errors.Is(err, platform.ErrConflict) {
		w.t.Fatal(err)
	}
}

// No webhook contradicts the API, ids are unique, nobody leaves who has not joined,
// a session ends once, and every status was announced or needs no announcement:
// also after a restart from the records at any moment, and after a snapshot.
func TestWebhooksAndTheAPISayTheSameWhateverHappens(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			for i := range 300 {
				w.step()
				w.judge()
				switch {
				case i%60 == 59:
					w.restart()
				case i%100 == 99:
					w.restore()
				}
			}
			w.Close()
		})
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

// restore brings back a snapshot.
func (w *world) restore() {
	w.t.Helper()
	before := w.shown()
	data, err := w.Encode()
	assert.NilError(w.t, err)
	assert.NilError(w.t, schemas.Validate("state", schemas.Open, data), "%s", data)
	var s platform.State
	assert.NilError(w.t, json.Unmarshal(data, &s))
	assert.NilError(w.t, w.Reset())
	_, total := w.Meetings(key, platform.MeetingFilter{}, platform.Page{})
	assert.Equal(w.t, total, 0)
	assert.NilError(w.t, w.Restore(s))
	assert.DeepEqual(w.t, w.shown(), before)
	w.judge()
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
	slices.SortFunc(sessions, func(a, b platform.Session) int { return cmpText(a.ID, b.ID) })
	for i := range sessions {
		sessions[i].Minutes = 0
	}
	recordings, _ := w.Recordings(key, platform.RecordingFilter{}, platform.Page{})
	slices.SortFunc(recordings, func(a, b platform.Recording) int { return cmpText(a.ID, b.ID) })
	streams, _ := w.Livestreams(key, platform.LivestreamFilter{}, platform.Page{})
	slices.SortFunc(streams, func(a, b platform.Livestream) int { return cmpText(a.ID, b.ID) })
	var out []string
	for _, part := range []any{meetings, people, sessions, recordings, streams, w.Presets(key), w.Apps(key.AccountID)} {
		data, err := json.MarshalIndent(part, "", " ")
		assert.NilError(w.t, err)
		out = append(out, strings.Split(string(data), "\n")...)
	}
	return out
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
