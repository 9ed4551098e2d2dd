package mocksendertest

import (
	"bytes"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// app is the app of the fake's meetings.
var app = platform.Key{AccountID: "account", AppID: "app"}

// APIURL is the base URL of the fake's REST API, as an SDK takes it. Its account
// is "account", and its app "app"; any token will do. With Options.REST it is that
// handler's.
func (f *Fake) APIURL() string { return f.base + "/client/v4" }

// Platform is what the REST API shows: meetings and all that they have.
func (f *Fake) Platform() *platform.Platform { return f.platform }

// processing is how long uploads and the like take. Advance goes there at once.
const processing = time.Minute

// openPlatform makes the platform. Tokens and links are those of the fake.
func (f *Fake) openPlatform() {
	f.platform = platform.New(platform.Options{
		Seed: f.o.Payload.Seed, BaseURL: f.base + "/artifacts", Processing: processing, Keys: f.o.Keys,
		Commit: func(c platform.Change) func() error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.caused = append(f.caused, c.Events...)
			return func() error { return nil }
		},
	})
	f.t.Cleanup(f.platform.Close)
	f.api = rest.NewServer(rest.Options{Platform: f.platform})
}

// Caused returns the events, in their order, that calls of the REST API, steps of
// Platform and the clock have caused since the last call. Those that a method has
// returned are not among them.
func (f *Fake) Caused() []rtk.Event { return f.take(func(rtk.Event) bool { return true }) }

// take removes the events that match from those that were caused.
func (f *Fake) take(match func(rtk.Event) bool) (out []rtk.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.caused = slices.DeleteFunc(f.caused, func(e rtk.Event) bool {
		if match(e) {
			out = append(out, e)
			return true
		}
		return false
	})
	return out
}

// Advance moves the time in the meetings forward, and returns the events that this
// causes: sessions end that are kept alive, and after a minute uploads, chats,
// transcripts and summaries are there.
func (f *Fake) Advance(d time.Duration) []rtk.Event {
	f.t.Helper()
	before := f.Caused()
	f.must(f.platform.Advance(d))
	after := f.Caused()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.caused = append(before, f.caused...)
	return after
}

// MeetingOptions say how a meeting is. The zero value is a useful one.
type MeetingOptions struct {
	ID, Title         string // without them, they are made up
	RecordOnStart     bool
	LiveStreamOnStart bool
	TranscribeOnEnd   bool
	SummarizeOnEnd    bool
	KeepAlive         time.Duration // of a session, after the last participant has left
}

// Meeting is a meeting of the fake. The REST API shows what happens in it. Its
// methods return the events that they cause, for Send, in their order. They fail
// the test where the meeting is in no state for them.
type Meeting struct {
	f *Fake
	// ID is what the REST API and the events call the meeting.
	ID string
}

// Meeting makes a meeting that nobody has joined.
func (f *Fake) Meeting(o MeetingOptions) *Meeting {
	f.t.Helper()
	keepAlive := o.KeepAlive.Seconds()
	given := platform.MeetingChange{
		RecordOnStart: &o.RecordOnStart, LiveStreamOnStart: &o.LiveStreamOnStart,
		TranscribeOnEnd: &o.TranscribeOnEnd, SummarizeOnEnd: &o.SummarizeOnEnd, KeepAlive: &keepAlive,
	}
	if o.Title != "" {
		given.Title = &o.Title
	}
	m, err := f.platform.CreateMeetingAs(app, o.ID, given)
	f.must(err)
	return &Meeting{f, m.ID}
}

// MeetingByID returns a meeting that a call of the REST API has made.
func (f *Fake) MeetingByID(id string) *Meeting {
	f.t.Helper()
	_, err := f.platform.Meeting(app, id)
	f.must(err)
	return &Meeting{f, id}
}

func (m *Meeting) caused(h platform.Happened, err error) []rtk.Event {
	m.f.t.Helper()
	m.f.must(err)
	return m.f.take(func(e rtk.Event) bool {
		return slices.ContainsFunc(h.Caused, func(own rtk.Event) bool { return &own.Body[0] == &e.Body[0] })
	})
}

// Join lets somebody join, in a new session if none is live. who is the custom id
// or the name of a participant; whom nobody knows is added. The first join of a
// session causes meeting.started, too, and what the meeting has on start.
func (m *Meeting) Join(who string) []rtk.Event {
	m.f.t.Helper()
	return m.caused(m.f.platform.Join(app, m.ID, m.who(who)))
}

// Leave lets somebody leave. The last leave causes meeting.ended, too.
func (m *Meeting) Leave(who string) []rtk.Event {
	m.f.t.Helper()
	return m.caused(m.f.platform.Leave(app, m.ID, m.who(who)))
}

// who names a participant by what fits: a custom id, or else a name.
func (m *Meeting) who(text string) platform.Who {
	all, _, _ := m.f.platform.Participants(app, m.ID, platform.Page{}) // an unknown meeting fails in the door
	for _, p := range all {
		if p.CustomID == text {
			return platform.Who{CustomID: text}
		}
	}
	return platform.Who{Name: text}
}

// End ends the session as its host does.
func (m *Meeting) End() []rtk.Event {
	m.f.t.Helper()
	return m.caused(m.f.platform.End(app, m.ID))
}

// Record starts a recording of the session.
func (m *Meeting) Record() (platform.Recording, []rtk.Event) {
	m.f.t.Helper()
	r, err := m.f.platform.StartRecording(app, platform.RecordingStart{MeetingID: m.ID, Multiple: true})
	m.f.must(err)
	return r, m.f.about(rtk.RecordingStatusUpdate, r.ID)
}

// StopRecording stops the active recording. Its upload takes a minute; see
// Fake.Advance.
func (m *Meeting) StopRecording() (platform.Recording, []rtk.Event) {
	m.f.t.Helper()
	active, err := m.f.platform.ActiveRecording(app, m.ID)
	m.f.must(err)
	r, err := m.f.platform.ChangeRecording(app, active.ID, "stop")
	m.f.must(err)
	return r, m.f.about(rtk.RecordingStatusUpdate, r.ID)
}

// Stream starts a livestream of the session.
func (m *Meeting) Stream() (platform.Livestream, []rtk.Event) {
	m.f.t.Helper()
	l, err := m.f.platform.StartLivestream(app, m.ID, nil)
	m.f.must(err)
	return l, m.f.about(rtk.LivestreamStatusUpdate, l.ID)
}

// StopStream stops the livestream.
func (m *Meeting) StopStream() []rtk.Event {
	m.f.t.Helper()
	l, err := m.f.platform.ActiveLivestream(app, m.ID)
	m.f.must(err)
	m.f.must(m.f.platform.StopLivestream(app, m.ID))
	return m.f.about(rtk.LivestreamStatusUpdate, l.ID)
}

// about takes the events about a recording or a livestream.
func (f *Fake) about(t rtk.EventType, id string) []rtk.Event {
	return f.take(func(e rtk.Event) bool { return e.Type == t && bytes.Contains(e.Body, []byte(id)) })
}
