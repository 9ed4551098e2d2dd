package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// scriptMeeting is a meeting that causes the events that a script asks for. One
// step of a meeting may cause several events. Those that nobody has asked for
// yet are pending.
type scriptMeeting struct {
	options     payload.Options
	host        Host // nil: the meeting is its own
	happened    func(...rtk.Event)
	shared      bool             // others take steps of the meeting, too
	meeting     *payload.Meeting // made when it is first needed
	session     int              // how many sessions there were before
	people      map[string]payload.Participant
	recordings  map[string]*payload.Recording // by the script's name for it
	livestreams map[string]livestream         // likewise
	pending     []pendingEvent
	dropped     int // events that nobody asked for in their session
}

// livestream is a livestream and the session in which it began.
type livestream struct {
	*payload.Livestream
	session int
}

// pendingEvent is an event that the meeting has caused.
type pendingEvent struct {
	event  rtk.Event
	who    string // CustomID of who joined or left
	which  string // the script's name of the recording or livestream
	status string // its status, or the reason of an end

	session *payload.Session // the present one, when the meeting caused the event
}

// eventRequest is the event that a step asks for.
type eventRequest struct {
	event  rtk.EventType
	who    string
	which  string
	status string // where the script sets one
}

func newScriptMeeting(o payload.Options, host Host) *scriptMeeting {
	return &scriptMeeting{
		happened:    func(...rtk.Event) {},
		options:     o,
		host:        host,
		people:      map[string]payload.Participant{},
		recordings:  map[string]*payload.Recording{},
		livestreams: map[string]livestream{},
	}
}

// Host is where the meetings of scripts are, if others have to see them.
type Host interface {
	// Turn calls f, which returns the meeting that it used. Nothing else uses the
	// meetings meanwhile.
	Turn(f func() *payload.Meeting)
	// Begin returns the meeting that a script goes on with: a new one as o says, or
	// one that is there. It is called in a turn.
	Begin(o payload.Options) (*payload.Meeting, error)
}

// turn calls f while the meeting is its own.
func (m *scriptMeeting) turn(f func()) {
	if m.host == nil {
		f()
		return
	}
	m.host.Turn(func() *payload.Meeting {
		f()
		return m.meeting
	})
}

// open makes the meeting, if there is none yet.
func (m *scriptMeeting) open() error {
	if m.meeting != nil {
		return nil
	}
	begin := payload.New
	if m.host != nil {
		begin = m.host.Begin
	}
	var err error
	if m.meeting, err = begin(m.options); err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	return nil
}

// over reports whether the present session has ended.
func (m *scriptMeeting) over() bool { return m.meeting != nil && m.meeting.Session().Ended }

// now returns the meeting's time.
func (m *scriptMeeting) now() (at time.Time) {
	at = m.options.Start
	if m.meeting != nil {
		m.turn(func() { at = m.meeting.Now() })
	}
	return at
}

// advance lets the meeting's time pass.
func (m *scriptMeeting) advance(d time.Duration) (err error) {
	m.turn(func() {
		if err = m.open(); err == nil && d > 0 {
			err = m.meeting.Advance(d)
		}
	})
	if errors.Is(err, payload.ErrClock) {
		return &Problem{
			Field: "after", Found: shortDuration(d) + ", which reaches the session's end as a participantLeft has stated it",
			Want: "less, or a longer duration in meeting",
		}
	}
	return err
}

// add makes events pending, with what like says about them.
func (m *scriptMeeting) add(events []rtk.Event, like pendingEvent) {
	m.happened(events...)
	for _, e := range events {
		p := like
		p.event, p.session = e, m.meeting.Session()
		if path := statusPath(e.Type); path != "" {
			value, _ := payload.Get(e.Body, path) // the meeting has just made it
			p.status = plainText(value)
		}
		if e.Type == rtk.MeetingEnded {
			p.who = ""
		}
		m.pending = append(m.pending, p)
	}
}

// take removes the first pending event that r asks for.
func (m *scriptMeeting) take(r eventRequest) (rtk.Event, bool) {
	who := m.people[r.who].CustomID
	i := slices.IndexFunc(m.pending, func(e pendingEvent) bool {
		return e.event.Type == r.event &&
			(r.who == "" || e.who == who) &&
			e.which == r.which &&
			(r.target() == "" || e.status == r.target()) &&
			!m.isPast(e)
	})
	if i < 0 {
		return rtk.Event{}, false
	}
	e := m.pending[i].event
	m.pending = slices.Delete(m.pending, i, i+1)
	return e, true
}

// isPast reports whether an event belongs to a session that others have ended and
// followed by another: nobody joins or leaves there any more.
func (m *scriptMeeting) isPast(e pendingEvent) bool {
	switch e.event.Type {
	case rtk.MeetingStarted, rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft, rtk.MeetingEnded:
		return m.shared && e.session != m.meeting.Session()
	}
	return false
}

// target returns the status or the reason that the meeting itself can go to, or
// "". Other values of the script are only written into the body.
func (r eventRequest) target() string {
	known := false
	switch r.event {
	case rtk.RecordingStatusUpdate:
		s := payload.RecordingStatus(r.status)
		known = s == payload.RecordingInvoked || slices.Contains(payload.RecordingStatuses(), s)
	case rtk.LivestreamStatusUpdate:
		known = slices.Contains(payload.LivestreamStatuses(), payload.LivestreamStatus(r.status))
	case rtk.MeetingEnded:
		known = slices.Contains(payload.EndReasons(), payload.EndReason(r.status))
	}
	if !known {
		return ""
	}
	return r.status
}

func (r eventRequest) describe() string {
	text := string(r.event)
	for _, word := range []string{r.who, r.which, r.status} {
		if word != "" {
			text += " " + word
		}
	}
	return text
}

// statusPath returns the path of the member that says where the meeting is to
// go, or "".
func statusPath(t rtk.EventType) string {
	switch t {
	case rtk.RecordingStatusUpdate:
		return "recording.status"
	case rtk.LivestreamStatusUpdate:
		return "status"
	case rtk.MeetingEnded:
		return "reason"
	default:
		return ""
	}
}

// nextSession makes the meeting ready for another session. Pending events can
// no longer be asked for.
func (m *scriptMeeting) nextSession() (err error) {
	m.turn(func() {
		if err = m.open(); err == nil {
			err = m.meeting.NextSession()
		}
	})
	switch {
	case errors.Is(err, payload.ErrNotEnded):
		return &Problem{Field: "session", Found: "it before the session has ended", Want: "meeting.ended before it"}
	case err != nil:
		return err
	}
	m.forgetPending()
	m.session++
	return nil
}

func (m *scriptMeeting) forgetPending() {
	m.dropped += len(m.pending)
	m.pending = nil
}

// unsent returns how many events nobody has asked for.
func (m *scriptMeeting) unsent() int { return m.dropped + len(m.pending) }

// emit returns the event that r asks for: a pending one, or one that the meeting
// now causes.
func (m *scriptMeeting) emit(r eventRequest) (e rtk.Event, err error) {
	m.turn(func() { e, err = m.emitInTurn(r) })
	return e, err
}

func (m *scriptMeeting) emitInTurn(r eventRequest) (rtk.Event, error) {
	if err := m.open(); err != nil {
		return rtk.Event{}, err
	}
	if e, ok := m.take(r); ok {
		return e, nil
	}
	if err := m.cause(r); err != nil {
		return rtk.Event{}, err
	}
	e, ok := m.take(r)
	if !ok {
		return rtk.Event{}, &Problem{Field: "emit", Found: r.describe(), Want: "an event that the meeting can cause here"}
	}
	return e, nil
}

// cause takes the meeting through the steps that lead to the event.
func (m *scriptMeeting) cause(r eventRequest) error {
	switch r.event {
	case rtk.MeetingStarted:
		if m.meeting.Live() || m.over() {
			return &Problem{Field: "emit", Found: "meeting.started in a session that has started already", Want: `{"session": "next"} before it, once the session has ended`}
		}
		return m.join(r.who)
	case rtk.MeetingParticipantJoined:
		return m.join(r.who)
	case rtk.MeetingParticipantLeft:
		return m.leave(r.who)
	case rtk.MeetingEnded:
		return m.end(payload.EndReason(r.status))
	case rtk.RecordingStatusUpdate:
		return m.record(r)
	case rtk.LivestreamStatusUpdate:
		return m.stream(r)
	case rtk.MeetingChatSynced:
		return m.artifact(r.event, m.meeting.ChatSynced)
	case rtk.MeetingTranscript:
		return m.artifact(r.event, m.meeting.Transcript)
	default:
		return m.artifact(r.event, m.meeting.Summary)
	}
}

func (m *scriptMeeting) join(name string) error {
	if m.over() {
		return &Problem{Field: "emit", Found: "a join after the session has ended", Want: `{"session": "next"} before it`}
	}
	who := m.person(name)
	events, err := m.meeting.Join(who)
	switch {
	case errors.Is(err, payload.ErrPresent):
		return &Problem{Field: "who", Found: schemas.Quote(name) + ", who is in the meeting", Want: "somebody who is not"}
	case err != nil:
		return fmt.Errorf("scenarios: %w", err)
	}
	m.add(events, pendingEvent{who: who.CustomID})
	return nil
}

// person returns the participant that a name stands for. Without a name it is a
// new one.
func (m *scriptMeeting) person(name string) payload.Participant {
	if p, ok := m.people[name]; ok && name != "" {
		return p
	}
	p := m.meeting.NewParticipant()
	if name != "" {
		m.people[name] = p
	}
	return p
}

// leave makes the named participant leave or, without a name, the last who came.
func (m *scriptMeeting) leave(name string) error {
	who, known := m.people[name]
	if name == "" {
		present := m.meeting.Present()
		if len(present) == 0 {
			return &Problem{Field: "emit", Found: "a leave with nobody in the meeting", Want: "a join before it"}
		}
		who, known = present[len(present)-1], true
	}
	if !known {
		return m.absent(name)
	}
	events, err := m.meeting.Leave(who)
	switch {
	case errors.Is(err, payload.ErrAbsent):
		return m.absent(name)
	case err != nil:
		return fmt.Errorf("scenarios: %w", err)
	}
	m.add(events, pendingEvent{who: who.CustomID})
	return nil
}

// absent is the problem of a leave by somebody who is not there.
func (m *scriptMeeting) absent(name string) error {
	var here []string
	for _, p := range m.meeting.Present() {
		for other, known := range m.people {
			if known.CustomID == p.CustomID {
				here = append(here, other)
			}
		}
	}
	slices.Sort(here)
	return &Problem{Field: "who", Found: schemas.Quote(name) + ", who is not in the meeting", Want: "somebody who is", Hint: hint(name, here)}
}

func (m *scriptMeeting) end(reason payload.EndReason) error {
	if m.over() {
		return &Problem{Field: "emit", Found: "meeting.ended in a session that has ended already", Want: "it once a session, with the reason that its end has"}
	}
	if err := m.ensureLive(); err != nil {
		return err
	}
	present := m.meeting.Present()
	if reason == payload.HostEndedMeeting {
		events, err := m.meeting.End()
		if err != nil {
			return fmt.Errorf("scenarios: %w", err)
		}
		for i, who := range present {
			m.add(events[i:i+1], pendingEvent{who: who.CustomID})
		}
		m.add(events[len(present):], pendingEvent{})
		return nil
	}
	for _, who := range present {
		events, err := m.meeting.Leave(who)
		if err != nil {
			return fmt.Errorf("scenarios: %w", err)
		}
		m.add(events, pendingEvent{who: who.CustomID})
	}
	return nil
}

// ensureLive makes somebody join a session that nobody has joined yet.
func (m *scriptMeeting) ensureLive() error {
	if m.meeting.Live() || m.over() {
		return nil
	}
	return m.join("")
}

func (m *scriptMeeting) artifact(t rtk.EventType, announce func() ([]rtk.Event, error)) error {
	events, err := announce()
	switch {
	case errors.Is(err, payload.ErrNotEnded):
		return &Problem{Field: "emit", Found: string(t) + " before the session has ended", Want: `meeting.ended before it, with "later": true if it is to arrive later`}
	case errors.Is(err, payload.ErrRepeated):
		return &Problem{Field: "emit", Found: string(t) + " for the second time in a session", Want: "it once; repeat delivers it again"}
	case err != nil:
		return fmt.Errorf("scenarios: %w", err)
	}
	m.add(events, pendingEvent{})
	return nil
}

// record moves the recording that r names. It begins if there is none, or if the
// last one is over.
func (m *scriptMeeting) record(r eventRequest) error {
	want := payload.RecordingStatus(r.target())
	rec := m.recording(r.which)
	over := rec != nil && (rec.Status() == payload.RecordingUploaded || rec.Status() == payload.RecordingErrored)
	begins := want == "" || want == payload.RecordingRecording || want == payload.RecordingInvoked
	if rec == nil || over && begins {
		if err := m.startRecording(r.which); err != nil {
			return err
		}
		if rec = m.recordings[r.which]; begins {
			return nil
		}
	}
	want = cmp.Or(want, nextStatus(rec.Status()))
	for now := rec.Status(); now != want; now = rec.Status() {
		to := want
		if want != payload.RecordingErrored {
			to = nextStatus(now)
		}
		events, err := rec.Update(to)
		if err != nil {
			return noTransition("recording", string(now), string(want))
		}
		m.add(events, pendingEvent{which: r.which})
		if to == want {
			return nil
		}
	}
	return noTransition("recording", string(rec.Status()), string(want))
}

// recording returns the recording that a script's name stands for, or nil. In a
// shared meeting the name may be an id, and the last recording needs none.
func (m *scriptMeeting) recording(which string) *payload.Recording {
	if rec := m.recordings[which]; rec != nil || !m.shared {
		return rec
	}
	for _, rec := range slices.Backward(m.meeting.Session().Recordings) {
		if which == "" || which == rec.ID() {
			return rec
		}
	}
	return nil
}

// nextStatus returns what follows s when all goes well, and "" at the end.
func nextStatus(s payload.RecordingStatus) payload.RecordingStatus {
	return map[payload.RecordingStatus]payload.RecordingStatus{
		payload.RecordingRecording: payload.RecordingUploading,
		payload.RecordingUploading: payload.RecordingUploaded,
	}[s]
}

func (m *scriptMeeting) startRecording(which string) error {
	if err := m.ensureLive(); err != nil {
		return err
	}
	if m.over() {
		return &Problem{Field: "emit", Found: "a recording that would begin after the session has ended", Want: "one that began before, or which to name it"}
	}
	r, events, err := m.meeting.StartRecording()
	if err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	m.recordings[which] = r
	m.add(events, pendingEvent{which: which})
	return nil
}

// stream moves the livestream that r names. It begins if there is none, or if it
// is to be live and the last one belongs to a session before.
func (m *scriptMeeting) stream(r eventRequest) error {
	want := payload.LivestreamStatus(r.target())
	l, ok := m.livestreams[r.which]
	if all := m.meeting.Session().Livestreams; !ok && m.shared { // as with recordings
		for _, one := range all {
			if r.which == "" || r.which == one.ID() {
				l, ok = livestream{one, m.session}, true
			}
		}
	}
	begins := want == "" || want == payload.LivestreamLive
	if !ok || l.session != m.session && begins {
		if err := m.startLivestream(r.which); err != nil {
			return err
		}
		if l = m.livestreams[r.which]; begins {
			return nil
		}
	}
	now := l.Status()
	if want == "" {
		want = map[payload.LivestreamStatus]payload.LivestreamStatus{
			payload.LivestreamLive:    payload.LivestreamOffline,
			payload.LivestreamOffline: payload.LivestreamIdle,
			payload.LivestreamIdle:    payload.LivestreamLive,
		}[now]
	}
	events, err := l.Update(want)
	if err != nil {
		return noTransition("livestream", string(now), string(want))
	}
	m.add(events, pendingEvent{which: r.which})
	return nil
}

func (m *scriptMeeting) startLivestream(which string) error {
	if err := m.ensureLive(); err != nil {
		return err
	}
	if m.over() {
		return &Problem{Field: "emit", Found: "a livestream that would begin after the session has ended", Want: "one that began before, or which to name it"}
	}
	l, events, err := m.meeting.StartLivestream()
	if err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	m.livestreams[which] = livestream{l, m.session}
	m.add(events, pendingEvent{which: which})
	return nil
}

// noTransition is the problem of a status that cannot follow the present one.
func noTransition(what, now, want string) error {
	p := &Problem{Field: "emit", Found: fmt.Sprintf("%s for a %s that is %s", want, what, now), Want: "a status that can follow, or which to name another " + what}
	switch want {
	case now:
		p.Found, p.Want = p.Found+" already", "another status, or which to name another "+what
	case "":
		p.Found, p.Want = fmt.Sprintf("a change of a %s that is %s, its last status", what, now), "which to name another "+what
	}
	return p
}
