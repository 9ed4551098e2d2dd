package platform

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// The doors stand for what happens in browsers: no call of the API does it.

// Who names a participant: by id, by custom id, or by a name alone.
type Who struct {
	ParticipantID string `json:"participant_id,omitempty"`
	CustomID      string `json:"custom_participant_id,omitempty"`
	Name          string `json:"name,omitempty"`
}

// Happened is what came of a door.
type Happened struct {
	MeetingID   string          `json:"meeting_id"`
	SessionID   string          `json:"session_id"`
	Participant *Participant    `json:"participant,omitempty"`
	Recording   *Recording      `json:"recording,omitempty"`
	Livestream  *Livestream     `json:"livestream,omitempty"`
	Events      []rtk.EventType `json:"events"` // in their order
	Caused      []rtk.Event     `json:"-"`      // these events
	// Made says that no call had made the meeting, so it was made now.
	Made bool `json:"made,omitempty"`
}

// Find returns the app that has a meeting with this id: k, if it has one, else
// the first.
func (p *Platform) Find(k Key, meetingID string) (Key, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.find(k, meetingID)
}

func (p *Platform) find(k Key, meetingID string) (Key, bool) {
	if p.known(k).byID[meetingID] != nil {
		return k, true
	}
	for _, a := range p.order {
		if a.byID[meetingID] != nil && (k.AppID == "" || k.AppID == a.AppID) && (k.AccountID == "" || k.AccountID == a.AccountID) {
			return a.Key, true
		}
	}
	return Key{}, false
}

// Join lets somebody join a meeting, in a new session if none is live. Whom no
// call of the API added is added. The first join of a session also starts what
// the meeting has on start. Errors match ErrUnknown for a participant's id or a
// meeting, ErrConflict if the meeting is inactive or who it is has joined, or
// ErrInvalid.
func (p *Platform) Join(k Key, meetingID string, who Who) (Happened, error) {
	return p.door(k, meetingID, func(m *meeting, h *Happened) ([]rtk.Event, error) {
		if m.settings.Status == Inactive {
			return nil, fmt.Errorf("%w: the meeting is inactive, so nobody can join", ErrConflict)
		}
		one, err := p.who(m, who)
		if err != nil {
			return nil, err
		}
		first := !m.model.Live()
		if m.model.Session().Ended {
			if err := m.model.NextSession(); err != nil {
				return nil, err
			}
		}
		events, err := m.model.Join(one)
		if err != nil {
			return nil, err
		}
		p.index(m) // which adds whom nobody knew
		m.noteWhetherEmpty()
		h.Participant = ptr(m.byCustom[one.CustomID].view())
		if first {
			events = append(events, p.onStart(m)...)
		}
		return events, nil
	})
}

func ptr[T any](v T) *T { return &v }

// onStart starts what the meeting has on start. p.mu is held.
func (p *Platform) onStart(m *meeting) (events []rtk.Event) {
	if m.settings.RecordOnStart {
		_, more, _ := p.startRecording(m, RecordingStart{}, started{Reason: "RECORD_ON_START"}) // the session is live
		events = append(events, more...)
	}
	if m.settings.LiveStreamOnStart {
		_, more, _ := p.startLivestream(m, nil) // likewise
		events = append(events, more...)
	}
	return events
}

// who returns the participant that a door names. Who is not known by custom id or
// name is made up, and not added yet. p.mu is held.
func (p *Platform) who(m *meeting, w Who) (payload.Participant, error) {
	one := m.byCustom[w.CustomID]
	switch {
	case w.ParticipantID != "":
		var err error
		if one, err = p.participant(m, w.ParticipantID); err != nil {
			return payload.Participant{}, err
		}
	case w.CustomID == "" && w.Name != "":
		if i := slices.IndexFunc(m.people, func(one *participant) bool { return one.displayName() == w.Name }); i >= 0 {
			one = m.people[i]
		}
	}
	if one != nil {
		return payload.Participant{Name: one.displayName(), CustomID: one.CustomID}, nil
	}
	if len(p.people) >= MaxParticipants {
		return payload.Participant{}, fmt.Errorf("%w: there are %d participants", ErrFull, MaxParticipants)
	}
	invented := m.model.NewParticipant()
	for m.byCustom[invented.CustomID] != nil {
		invented = m.model.NewParticipant()
	}
	return payload.Participant{Name: cmp.Or(w.Name, w.CustomID, invented.Name), CustomID: cmp.Or(w.CustomID, invented.CustomID)}, nil
}

// Leave lets somebody leave. Without any name, it is who came last. The last leave
// ends the session, after the meeting's keep-alive. Errors match ErrUnknown or
// ErrConflict.
func (p *Platform) Leave(k Key, meetingID string, who Who) (Happened, error) {
	return p.door(k, meetingID, func(m *meeting, h *Happened) ([]rtk.Event, error) {
		one, err := p.inside(m, who)
		if err != nil {
			return nil, err
		}
		h.Participant = ptr(one.view())
		return p.depart(m, one.CustomID)
	})
}

// inside finds who is to leave. p.mu is held.
func (p *Platform) inside(m *meeting, w Who) (*participant, error) {
	present := m.model.Present()
	if len(present) == 0 {
		return nil, fmt.Errorf("%w: nobody is in the meeting", ErrConflict)
	}
	if w == (Who{}) {
		w.CustomID = present[len(present)-1].CustomID
	}
	if w.ParticipantID != "" {
		return p.participant(m, w.ParticipantID)
	}
	for _, here := range present {
		if w.CustomID == here.CustomID || w.CustomID == "" && w.Name == here.Name {
			// Who was deleted meanwhile has no entry any more.
			return cmp.Or(m.byCustom[here.CustomID], &participant{participantData{CustomID: here.CustomID, Name: &here.Name}, m}), nil
		}
	}
	return nil, fmt.Errorf("%w: %.100q is not in the meeting", ErrConflict, cmp.Or(w.CustomID, w.Name))
}

// depart lets somebody leave, and ends the session if nobody is left. p.mu is
// held.
func (p *Platform) depart(m *meeting, customID string) ([]rtk.Event, error) {
	s := m.model.Session()
	events, err := m.model.Depart(payload.Participant{CustomID: customID}, m.keepAlive())
	if err != nil || s.Present() > 0 {
		return events, err
	}
	if after := m.keepAlive(); after > 0 {
		m.emptyAt = p.now()
		p.plan(m, dueEnd, after, s.ID, "")
		return events, nil
	}
	ended, err := m.model.Finish()
	return append(append(events, ended...), p.afterEnd(m)...), err
}

// End ends the session as its host does. The error matches ErrUnknown, or
// ErrConflict if no session is live.
func (p *Platform) End(k Key, meetingID string) (Happened, error) {
	return p.door(k, meetingID, func(m *meeting, _ *Happened) ([]rtk.Event, error) { return p.end(m) })
}

func (p *Platform) end(m *meeting) ([]rtk.Event, error) {
	events, err := m.model.End()
	if err != nil {
		return nil, err
	}
	return append(events, p.afterEnd(m)...), nil
}

// Artifact announces the chat, the transcript or the summary of a session that has
// ended: the last one, unless sessionID names another. Errors match ErrUnknown,
// ErrInvalid or ErrConflict.
func (p *Platform) Artifact(k Key, meetingID, kind, sessionID string) (Happened, error) {
	return p.door(k, meetingID, func(m *meeting, h *Happened) ([]rtk.Event, error) {
		if k := dueKind(kind); k != dueChat && k != dueTranscript && k != dueSummary {
			return nil, fmt.Errorf("%w: artifact: found %.40q, want chat, transcript or summary", ErrInvalid, kind)
		}
		s := m.session(sessionID)
		if sessionID == "" {
			s = m.lastEnded()
		}
		if s == nil {
			return nil, fmt.Errorf("%w: a session that has ended", ErrUnknown)
		}
		h.SessionID = s.ID
		return m.model.Announce(announced(dueKind(kind)), s)
	})
}

// AdvanceRecording moves a recording to a status, or to the next one if that is
// empty. Errors match ErrUnknown, or ErrConflict if the status cannot follow.
func (p *Platform) AdvanceRecording(k Key, id string, to payload.RecordingStatus) (Happened, error) {
	p.mu.Lock()
	r, err := p.recording(k, id)
	p.mu.Unlock()
	if err != nil {
		return Happened{}, err
	}
	return p.door(k, r.meeting.model.ID(), func(m *meeting, h *Happened) (events []rtk.Event, err error) {
		next := map[payload.RecordingStatus]payload.RecordingStatus{
			payload.RecordingUploading: payload.RecordingUploaded, payload.RecordingUploaded: payload.RecordingUploaded,
		}[r.Status()]
		to := cmp.Or(to, next, payload.RecordingUploading)
		if to == payload.RecordingUploading {
			events = p.stopRecording(r, stopped{Reason: "API_CALL", Caller: caller(m)}, to)
			if events == nil {
				err = fmt.Errorf("%w: a recording is %s and cannot be %s next", ErrConflict, r.Status(), to)
			}
		} else {
			if to == payload.RecordingUploaded && (r.Status() == payload.RecordingRecording || r.Status() == payload.RecordingPaused) {
				events = p.stopRecording(r, stopped{Reason: "API_CALL", Caller: caller(m)}, payload.RecordingUploading)
			}
			var more []rtk.Event
			more, err = r.Update(to)
			events = append(events, more...)
		}
		h.Recording, h.SessionID = ptr(r.view(true)), r.Session().ID
		return events, err
	})
}

// FindRecording returns the app that has a recording with this id.
func (p *Platform) FindRecording(k Key, id string) (Key, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range append([]*app{p.known(k)}, p.order...) {
		if a.recordings[id] != nil {
			return a.Key, true
		}
	}
	return Key{}, false
}

// door takes a step and says what it caused.
func (p *Platform) door(k Key, meetingID string, step func(*meeting, *Happened) ([]rtk.Event, error)) (Happened, error) {
	return withMeeting(p, k, meetingID, func(m *meeting) (Happened, []rtk.Event, error) {
		h := Happened{MeetingID: meetingID, Events: []rtk.EventType{}}
		events, err := step(m, &h)
		h.SessionID = cmp.Or(h.SessionID, m.model.SessionID())
		for _, e := range events {
			h.Events = append(h.Events, e.Type)
		}
		h.Caused = events
		return h, events, err
	})
}
