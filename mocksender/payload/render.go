package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Layouts of timestamps: the samples' and FormSpacedTimestamps's.
const (
	stampLayout  = "2006-01-02T15:04:05.000Z"
	spacedLayout = "2006-01-02 15:04:05.000000Z"
)

// linkLife is how long a download link lives. In all of the guide's samples it
// expires seven days after the session ended or the recording stopped.
const linkLife = 7 * 24 * time.Hour

// stopReason is a string that looks like an object but is no JSON, as
// receivers of older events have seen it.
const stopReason = "{'reason': 'ALL_PEERS_LEFT', 'caller': {'type': 'SYSTEM'}}"

func (m *Meeting) stamp(t time.Time) string {
	if m.set.forms.spacedTimestamps {
		return t.UTC().Format(spacedLayout)
	}
	return t.UTC().Format(stampLayout)
}

// link returns a download URL that no other event has.
func (m *Meeting) link(kind, file string) string {
	return m.set.BaseURL + "/" + kind + "/" + m.ids.links.Next() + "/" + file
}

// linkExpiry returns when a link to what was complete at since expires. A link
// that comes late is not dead on arrival: it lives as long from now.
func (m *Meeting) linkExpiry(since time.Time) string {
	expiry := since.Add(linkLife)
	if now := m.Now(); !expiry.After(now) {
		expiry = now.Add(linkLife)
	}
	return m.stamp(expiry)
}

func (m *Meeting) roomName() string {
	if m.set.forms.roomName {
		return m.id
	}
	return ""
}

// endedAt returns the session's end, or what stands for it before there is
// one: a missing member, or null.
func (m *Meeting) endedAt(s *session) any {
	switch {
	case s.ended:
		return m.stamp(s.endedAt)
	case m.set.forms.endedAtNull:
		return json.RawMessage("null")
	default:
		return nil
	}
}

// render makes the bytes of an event. They are made once: from here on they
// are the truth.
func (m *Meeting) render(t rtk.EventType, body any) (rtk.Event, error) {
	m.buf.Reset()
	enc := json.NewEncoder(&m.buf)
	enc.SetEscapeHTML(false)
	// Strings, numbers and booleans always encode; the error is for whoever
	// gives a body another kind of member.
	if err := enc.Encode(body); err != nil {
		return rtk.Event{}, fmt.Errorf("payload: render %s: %w", t, err)
	}
	return rtk.Event{Type: t, Body: bytes.Clone(bytes.TrimSuffix(m.buf.Bytes(), []byte("\n")))}, nil
}

// batch collects the events of one step.
type batch struct {
	events []rtk.Event
	err    error
}

func (b *batch) add(e rtk.Event, err error) {
	if err != nil {
		b.err = errors.Join(b.err, err)
		return
	}
	b.events = append(b.events, e)
}

func (b *batch) all() ([]rtk.Event, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.events, nil
}

// one returns a step's only event.
func one(e rtk.Event, err error) ([]rtk.Event, error) {
	var b batch
	b.add(e, err)
	return b.all()
}

func (m *Meeting) renderStarted(s *session) (rtk.Event, error) {
	return m.render(rtk.MeetingStarted, startedBody{
		Event:   rtk.MeetingStarted,
		Meeting: m.statusFirst(s, m.endedAt(s)),
	})
}

func (m *Meeting) renderEnded(s *session, reason EndReason) (rtk.Event, error) {
	return m.render(rtk.MeetingEnded, endedBody{
		Event:   rtk.MeetingEnded,
		Meeting: m.sessionFirst(s),
		Reason:  reason,
	})
}

func (m *Meeting) renderJoined(s *session, stay *presence) (rtk.Event, error) {
	return m.render(rtk.MeetingParticipantJoined, joinedBody{
		Event:       rtk.MeetingParticipantJoined,
		Meeting:     m.sessionFirst(s),
		Participant: m.participant(stay),
	})
}

func (m *Meeting) renderLeft(s *session, stay *presence) (rtk.Event, error) {
	who := m.participant(stay)
	who.LeftAt = m.stamp(m.Now())
	return m.render(rtk.MeetingParticipantLeft, leftBody{
		Event: rtk.MeetingParticipantLeft,
		// The sample states the end although the session goes on.
		Meeting:     m.statusFirst(s, m.stamp(s.endedAt)),
		Participant: who,
	})
}

func (m *Meeting) participant(stay *presence) participantMember {
	who := participantMember{
		PeerID:   stay.PeerID,
		Name:     stay.Name,
		CustomID: stay.CustomID,
		JoinedAt: m.stamp(stay.joinedAt),
	}
	if m.set.forms.clientSpecificID {
		who.ClientSpecificID = stay.CustomID
	}
	return who
}

func (m *Meeting) renderChatSynced(s *session) (rtk.Event, error) {
	return m.render(rtk.MeetingChatSynced, chatSyncedBody{
		Event:       rtk.MeetingChatSynced,
		Title:       m.title,
		EndedAt:     m.stamp(s.endedAt),
		CreatedAt:   m.stamp(m.set.Start),
		MeetingID:   m.id,
		SessionID:   s.id,
		StartedAt:   m.stamp(s.startedAt),
		URL:         m.link("chat", "chat.json"),
		URLExpiry:   m.linkExpiry(s.endedAt),
		OrganizedBy: m.org,
	})
}

func (m *Meeting) renderTranscript(s *session) (rtk.Event, error) {
	return m.render(rtk.MeetingTranscript, transcriptBody{
		Event: rtk.MeetingTranscript,
		Meeting: meetingEndFirst{
			ID:          m.id,
			RoomName:    m.roomName(),
			Title:       m.title,
			EndedAt:     m.stamp(s.endedAt),
			CreatedAt:   m.stamp(m.set.Start),
			SessionID:   s.id,
			StartedAt:   m.stamp(s.startedAt),
			Status:      meetingStatus,
			OrganizedBy: m.org,
		},
		URL:       m.link("transcript", "transcript.csv"),
		URLExpiry: m.linkExpiry(s.endedAt),
	})
}

func (m *Meeting) renderSummary(s *session) (rtk.Event, error) {
	return m.render(rtk.MeetingSummary, summaryBody{
		Event:     rtk.MeetingSummary,
		Meeting:   meetingSmall{ID: m.id, RoomName: m.roomName(), SessionID: s.id, OrganizedBy: m.org},
		URL:       m.link("summary", "summary.txt"),
		URLExpiry: m.linkExpiry(s.endedAt),
	})
}

func (m *Meeting) renderLivestream(l *Livestream) (rtk.Event, error) {
	body := livestreamBody{
		Event:        rtk.LivestreamStatusUpdate,
		StreamID:     l.id,
		Status:       l.status,
		PlaybackURL:  l.playbackURL,
		IngestServer: l.ingestServer,
		StreamKey:    l.key,
	}
	if !m.set.forms.livestreamWithoutMeeting {
		body.Meeting = &meetingTimeless{
			ID:          m.id,
			RoomName:    m.roomName(),
			Title:       m.title,
			CreatedAt:   m.stamp(m.set.Start),
			Status:      meetingStatus,
			OrganizedBy: m.org,
		}
	}
	return m.render(rtk.LivestreamStatusUpdate, body)
}

func (m *Meeting) renderRecording(r *Recording) (rtk.Event, error) {
	rec := recordingMember{
		ID:             r.id,
		RecordingID:    r.id,
		Status:         r.status,
		StartedTime:    m.stamp(r.startedAt),
		OutputFileName: r.file,
		MeetingID:      m.id,
		OrganizationID: m.org.ID,
		RoomUUID:       r.session.id,
	}
	if m.set.forms.recordingMeetingID {
		rec.MeetingID = m.otherID
	}
	if m.set.forms.stopReason && !r.stoppedAt.IsZero() {
		rec.StopReason = stopReason
	}
	if r.status == RecordingUploaded {
		m.addUpload(&rec, r)
	}
	return m.render(rtk.RecordingStatusUpdate, recordingBody{
		Event:     rtk.RecordingStatusUpdate,
		Recording: rec,
		Meeting:   m.sessionFirst(r.session),
	})
}

// addUpload adds the members that only UPLOADED has.
func (m *Meeting) addUpload(rec *recordingMember, r *Recording) {
	seconds := r.seconds()
	// The sample has some 1136 bytes a second; livelier pictures have more.
	size := 1024 + seconds*(1000+m.sizes.IntN(99_000))
	rec.FileSize = strconv.Itoa(size)
	if m.set.forms.numericFileSize {
		rec.FileSize = size
	}
	if m.set.forms.zeroDuration {
		seconds = 0
	}
	rec.Duration = &seconds
	rec.URL = m.link("recording", "recording.mp4")
	rec.AudioURL = m.link("audio", "recording.mp3")
	rec.URLExpiry = m.linkExpiry(r.stoppedAt)
	rec.StoppedTime = m.stamp(r.stoppedAt)
}

// Escaped returns s as a JSON string in which all but ASCII is written as \u
// escapes, beyond the first plane as pairs of surrogates. s must hold nothing
// that JSON itself wants escaped.
func Escaped(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range s {
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		} else if r >= utf8.RuneSelf {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}
