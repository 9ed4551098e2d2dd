package payload

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Statement is what an event says of its meeting. A user may have set any member to
// anything: one of another type counts as missing.
type Statement struct {
	kind rtk.EventType
	body any
}

// Read returns what an event says. Where its type is not known, the body says it.
// Errors match ErrJSON.
func Read(e rtk.Event) (Statement, error) {
	s := Statement{kind: e.Type}
	if err := json.Unmarshal(e.Body, &s.body); err != nil {
		return s, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	s.kind = cmp.Or(s.kind, rtk.EventType(s.text("event")))
	return s, nil
}

// MeetingID returns the id of the meeting, empty if the event names none.
func (s Statement) MeetingID() string { return cmp.Or(s.text("meeting.id"), s.text("meetingId")) }

// text returns a member that is a text, empty for any other.
func (s Statement) text(path string) string {
	value := s.body
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	text, _ := value.(string)
	return text
}

// ofMeeting returns a member of the meeting. meeting.chatSynced has those at its top.
func (s Statement) ofMeeting(name string) string {
	return cmp.Or(s.text("meeting."+name), s.text(name))
}

// time returns a member that is a time, the zero time for any other.
func (s Statement) time(text string) time.Time {
	for _, layout := range []string{time.RFC3339, spacedLayout} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// Told returns a meeting of which nothing is known but what s says. Errors match
// ErrOptions, also if s names no meeting. Of o, what s says is not used.
func Told(o Options, s Statement) (*Meeting, error) {
	if s.MeetingID() == "" {
		return nil, fmt.Errorf("%w: the event names no meeting", ErrOptions)
	}
	o.MeetingID, o.Title = s.MeetingID(), s.ofMeeting("title")
	o.OrganizationID, o.OrganizationName = s.ofMeeting("organizedBy.id"), s.ofMeeting("organizedBy.name")
	if at := s.time(s.ofMeeting("createdAt")); !at.IsZero() {
		o.Start = at
	}
	m, err := New(o)
	if err != nil {
		return nil, err
	}
	_, err = m.Learn(s)
	return m, err
}

// Learn takes over what an event of another model of this meeting says, and returns
// the session that it is about. Events may come late, twice and in any order: what is
// further on stays. Errors match ErrOptions if the event is of another meeting.
func (m *Meeting) Learn(s Statement) (*Session, error) {
	if id := s.MeetingID(); id != m.id {
		return nil, fmt.Errorf("%w: the event is of meeting %.64q, not of %.64q", ErrOptions, id, m.id)
	}
	m.title = cmp.Or(s.ofMeeting("title"), m.title)
	m.SetOrganization(s.ofMeeting("organizedBy.id"), s.ofMeeting("organizedBy.name"))
	session := m.learnSession(s)
	switch s.kind {
	case rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft:
		m.learnStay(session, s)
	case rtk.RecordingStatusUpdate:
		m.learnRecording(session, s)
	case rtk.LivestreamStatusUpdate:
		m.learnLivestream(session, s)
	case rtk.MeetingChatSynced:
		session.Chat = s.download("chatDownloadUrl", session.Chat)
	case rtk.MeetingTranscript:
		session.Transcript = s.download("transcriptDownloadUrl", session.Transcript)
	case rtk.MeetingSummary:
		session.Summary = s.download("summaryDownloadUrl", session.Summary)
	}
	if session.Live() && !m.session.Live() {
		m.session = session // a late event of one that is over leaves it the present one
	}
	return session, nil
}

// learnSession returns the session of an event, which may be new.
func (m *Meeting) learnSession(s Statement) *Session {
	id := s.ofMeeting("sessionId")
	session := m.session // livestreaming.statusUpdate names none
	if i := slices.IndexFunc(m.sessions, func(one *Session) bool { return one.ID == id }); i >= 0 {
		session = m.sessions[i]
	} else if id != "" {
		if m.unnamed == nil && !m.session.StartedAt.IsZero() {
			m.openSession()
		}
		session = cmp.Or(m.unnamed, m.session)
		session.ID, m.unnamed = id, nil
	} else if session.StartedAt.IsZero() {
		m.unnamed = session // the next event that names one means this
	}
	if session.StartedAt.IsZero() {
		session.present = map[string]*Stay{}
		session.StartedAt = m.created
	}
	if at := s.time(s.ofMeeting("startedAt")); !at.IsZero() {
		session.StartedAt = at
	}
	switch s.kind {
	case rtk.MeetingEnded, rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
		session.Ended = true
		session.EndedAt = latest(session.EndedAt, s.time(s.ofMeeting("endedAt")), session.StartedAt)
		session.Reason = cmp.Or(EndReason(s.text("reason")), session.Reason, AllParticipantsLeft)
		for id, stay := range session.present {
			stay.LeftAt = session.EndedAt
			delete(session.present, id)
		}
	}
	return session
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// learnStay takes over who joined or left.
func (m *Meeting) learnStay(session *Session, s Statement) {
	p := Participant{Name: s.text("participant.userDisplayName"), CustomID: s.text("participant.customParticipantId"), PeerID: s.text("participant.peerId")}
	if p.CustomID == "" {
		return
	}
	joined, left := s.time(s.text("participant.joinedAt")), s.time(s.text("participant.leftAt"))
	i := slices.IndexFunc(session.Stays, func(stay *Stay) bool { return stay.PeerID == p.PeerID && stay.CustomID == p.CustomID })
	if i < 0 {
		i = len(session.Stays)
		session.Stays = append(session.Stays, &Stay{Participant: p, JoinedAt: latest(joined, session.StartedAt)})
		if !session.Ended {
			session.present[p.CustomID] = session.Stays[i]
		}
	}
	stay := session.Stays[i]
	stay.Participant = p
	if s.kind == rtk.MeetingParticipantLeft || session.Ended {
		stay.LeftAt = latest(stay.LeftAt, left, stay.JoinedAt)
		if session.present[p.CustomID] == stay {
			delete(session.present, p.CustomID)
		}
	}
}

// learnRecording takes over how far a recording is.
func (m *Meeting) learnRecording(session *Session, s Statement) {
	id := cmp.Or(s.text("recording.id"), s.text("recording.recordingId"))
	status := RecordingStatus(s.text("recording.status"))
	if id == "" {
		return
	}
	i := slices.IndexFunc(session.Recordings, func(r *Recording) bool { return r.ID() == id })
	if i < 0 {
		i = len(session.Recordings)
		session.Recordings = append(session.Recordings, &Recording{meeting: m, session: session, state: RecordingState{ID: id, StartedAt: session.StartedAt}})
		m.recordings++
	}
	r := &session.Recordings[i].state
	if r.Status.progress() <= status.progress() {
		r.Status = status
	}
	r.File = cmp.Or(s.text("recording.outputFileName"), r.File)
	if at := s.time(s.text("recording.startedTime")); !at.IsZero() {
		r.StartedAt = at
	}
	if status.progress() > RecordingRecording.progress() {
		r.StoppedAt = latest(r.StoppedAt, s.time(s.text("recording.stoppedTime")), r.StartedAt)
	}
	if video := s.download("recording.downloadUrl", nil); video != nil {
		audio := s.download("recording.audioDownloadUrl", video)
		audio.Expiry = video.Expiry
		size, _ := strconv.Atoi(s.text("recording.fileSize"))
		r.Upload = &Upload{Video: *video, Audio: *audio, Bytes: cmp.Or(size, m.set.RecordingSize)}
	}
}

// progress orders the statuses of a recording.
func (s RecordingStatus) progress() int {
	switch s {
	case RecordingRecording, RecordingPaused:
		return 1
	case RecordingUploading:
		return 2
	case RecordingUploaded, RecordingErrored:
		return 3
	default:
		return 0
	}
}

// learnLivestream takes over the status of a livestream. Its events have no time, so
// that the last one counts.
func (m *Meeting) learnLivestream(session *Session, s Statement) {
	id := s.text("streamId")
	if id == "" {
		return
	}
	for _, other := range m.sessions {
		if slices.ContainsFunc(other.Livestreams, func(l *Livestream) bool { return l.ID() == id }) {
			session = other
		}
	}
	i := slices.IndexFunc(session.Livestreams, func(l *Livestream) bool { return l.ID() == id })
	if i < 0 {
		i = len(session.Livestreams)
		session.Livestreams = append(session.Livestreams, &Livestream{meeting: m, session: session, state: LivestreamState{ID: id, StartedAt: session.StartedAt}})
	}
	l := &session.Livestreams[i].state
	l.Status = LivestreamStatus(s.text("status"))
	l.Key, l.PlaybackURL, l.IngestServer = s.text("streamKey"), s.text("playbackUrl"), s.text("ingestServer")
	if l.Status != LivestreamLive && l.StoppedAt.IsZero() {
		l.StoppedAt = m.Now()
	}
}

// download returns what a link of the event leads to, or otherwise if there is none.
func (s Statement) download(path string, otherwise *Download) *Download {
	link := s.text(path)
	if link == "" {
		if otherwise == nil {
			return nil
		}
		out := *otherwise
		return &out
	}
	return &Download{link, s.time(s.text(path + "Expiry"))}
}
