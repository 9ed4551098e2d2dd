package platform

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Recording is a recording as the API shows it.
type Recording struct {
	ID               string          `json:"id"`
	Type             string          `json:"type,omitempty"` // of a recording of tracks
	Status           string          `json:"status"`
	OutputFileName   string          `json:"output_file_name"`
	InvokedTime      string          `json:"invoked_time"`
	StartedTime      *string         `json:"started_time"`
	StoppedTime      *string         `json:"stopped_time"`
	SessionID        *string         `json:"session_id"`
	FileSize         *int            `json:"file_size"` // a number; in webhooks it is a string
	DownloadURL      any             `json:"download_url"`
	AudioDownloadURL *string         `json:"audio_download_url"`
	URLExpiry        *string         `json:"download_url_expiry"`
	Duration         *int            `json:"recording_duration,omitempty"`
	StorageConfig    json.RawMessage `json:"storage_config"`
	StartReason      *started        `json:"start_reason,omitempty"`
	StopReason       *stopped        `json:"stop_reason,omitempty"`
	Meeting          *Meeting        `json:"meeting,omitempty"` // in lists
}

// started and stopped say why a recording began and ended.
type (
	started struct {
		Reason string       `json:"reason"`
		Caller *callerOfAPI `json:"caller,omitempty"`
	}
	stopped struct {
		Reason string       `json:"reason"`
		Caller *callerOfAPI `json:"caller,omitempty"`
	}
	callerOfAPI struct {
		Type   string `json:"type"`
		Name   string `json:"name"`
		UserID string `json:"user_Id"`
	}
)

func caller(m *meeting) *callerOfAPI {
	return &callerOfAPI{"ORGANIZATION", m.app.name, m.app.orgID}
}

// trackType is Recording.Type of a recording of tracks.
const trackType = "TRACK"

// RecordingStart is how a recording is to be.
type RecordingStart struct {
	MeetingID     string          `json:"meeting_id"`
	Multiple      bool            `json:"allow_multiple_recordings"`
	MaxSeconds    float64         `json:"max_seconds"`
	FilePrefix    string          `json:"file_name_prefix"`
	StorageConfig json.RawMessage `json:"storage_config"`
	// Layers are those of a recording of tracks.
	Layers map[string]struct {
		FilePrefix string `json:"file_name_prefix"`
	} `json:"layers"`
	Track bool `json:"-"`
}

// recordingData is what is kept of a recording apart from the model.
type recordingData struct {
	ID      string          `json:"id"`
	Type    string          `json:"type,omitempty"`
	Layers  []string        `json:"layers,omitempty"`
	Storage json.RawMessage `json:"storage_config,omitempty"`
	Started *started        `json:"start_reason,omitempty"`
	Stopped *stopped        `json:"stop_reason,omitempty"`
}

type recording struct {
	*payload.Recording
	data    recordingData
	meeting *meeting
}

func (r *recording) view(detailed bool) Recording {
	s := r.State()
	out := Recording{
		ID: s.ID, Type: r.data.Type, Status: string(s.Status), OutputFileName: s.File, InvokedTime: stamp(s.StartedAt),
		StartedTime: stampOrNull(s.StartedAt), StoppedTime: stampOrNull(s.StoppedAt), SessionID: ptr(r.Session().ID),
		StorageConfig: r.data.Storage,
	}
	if len(out.StorageConfig) == 0 {
		out.StorageConfig = json.RawMessage("null")
	}
	if !s.StoppedAt.IsZero() {
		out.Duration = ptr(s.Seconds())
	}
	if u := s.Upload; u != nil {
		out.FileSize, out.DownloadURL, out.URLExpiry = ptr(u.Bytes), u.Video.URL, ptr(stamp(u.Video.Expiry))
		out.AudioDownloadURL = ptr(u.Audio.URL)
		if r.data.Type == trackType {
			out.DownloadURL = r.layerURLs(u.Video.URL)
		}
	}
	if detailed {
		out.StartReason, out.StopReason = r.data.Started, r.data.Stopped
	}
	return out
}

// layerURLs is the form of the downloads of tracks: a list of the layers.
func (r *recording) layerURLs(url string) any {
	type layer struct {
		Name string                       `json:"layer_name"`
		URLs map[string]map[string]string `json:"download_urls"`
	}
	out := []layer{}
	for _, name := range r.data.Layers {
		out = append(out, layer{name, map[string]map[string]string{r.State().File: {"download_url": url}}})
	}
	return out
}

// StartRecording starts a recording of a live session. Errors match ErrUnknown,
// also if no session is live, or ErrConflict if one is recorded already and
// Multiple is not set.
func (p *Platform) StartRecording(k Key, start RecordingStart) (Recording, error) {
	return withMeeting(p, k, start.MeetingID, func(m *meeting) (Recording, []rtk.Event, error) {
		if _, err := p.active(k, start.MeetingID); err != nil {
			return Recording{}, nil, err
		}
		if !start.Multiple && !start.Track && slices.ContainsFunc(m.model.Session().Recordings, isActive) {
			return Recording{}, nil, fmt.Errorf("%w: the meeting is being recorded already, want allow_multiple_recordings for another one", ErrConflict)
		}
		r, events, err := p.startRecording(m, start, started{"API_CALL", caller(m)})
		if err != nil {
			return Recording{}, nil, err
		}
		return r.view(true), events, nil
	})
}

func isActive(r *payload.Recording) bool {
	return r.Status() == payload.RecordingRecording || r.Status() == payload.RecordingPaused
}

// startRecording starts a recording in a live session. p.mu is held; the caller
// arms.
func (p *Platform) startRecording(m *meeting, start RecordingStart, why started) (*recording, []rtk.Event, error) {
	config := m.recordingConfig()
	if prefix := cmp.Or(start.FilePrefix, config.FilePrefix); prefix != "" {
		start.FilePrefix = fmt.Sprintf("%s_%d.mp4", prefix, p.now().UnixMilli())
	}
	begin := m.model.StartRecording
	if start.FilePrefix != "" {
		begin = func() (*payload.Recording, []rtk.Event, error) { return m.model.StartRecordingAs(start.FilePrefix) }
	}
	one, events, err := begin()
	if err != nil {
		return nil, nil, err
	}
	p.index(m)
	r := m.app.recordings[one.ID()]
	r.data.Started = &why
	if r.data.Storage = start.StorageConfig; len(r.data.Storage) == 0 {
		r.data.Storage = config.Storage
	}
	if start.Track {
		r.data.Type, r.data.Layers = trackType, slices.Sorted(maps.Keys(start.Layers))
		if len(r.data.Layers) == 0 {
			r.data.Layers = []string{"default"}
		}
	}
	if most := cmp.Or(start.MaxSeconds, config.MaxSeconds); most > 0 {
		p.plan(m, dueStop, time.Duration(most*float64(time.Second)), m.model.SessionID(), r.ID())
	}
	return r, events, nil
}

// recordingConfig is the part of Settings.RecordingConfig that has an effect here.
type recordingConfig struct {
	MaxSeconds float64         `json:"max_seconds"`
	FilePrefix string          `json:"file_name_prefix"`
	Storage    json.RawMessage `json:"storage_config"`
}

func (m *meeting) recordingConfig() (c recordingConfig) {
	_ = json.Unmarshal(m.settings.RecordingConfig, &c) // what does not fit counts as missing
	return c
}

// noteRecording adds a recording of the model, unless it is known. p.mu is held.
func (p *Platform) noteRecording(m *meeting, one *payload.Recording) *recording {
	if known := m.app.recordings[one.ID()]; known != nil {
		return known
	}
	r := &recording{Recording: one, data: recordingData{ID: one.ID()}, meeting: m}
	m.app.recordings[one.ID()] = r
	m.app.recordOrder = append(m.app.recordOrder, r)
	return r
}

// stopRecording ends a recording, if it is still active, and plans its upload.
// p.mu is held; the caller arms.
func (p *Platform) stopRecording(r *recording, why stopped, to payload.RecordingStatus) []rtk.Event {
	if r == nil {
		return nil
	}
	events, err := r.Update(to)
	if err != nil {
		return nil
	}
	r.data.Stopped = &why
	p.plan(r.meeting, dueUpload, p.o.Processing, r.Session().ID, r.ID())
	return events
}

// ChangeRecording stops, pauses or resumes a recording, as action says. Errors
// match ErrUnknown, ErrInvalid, or ErrConflict if it is in no state for that.
func (p *Platform) ChangeRecording(k Key, id, action string) (Recording, error) {
	p.mu.Lock()
	r, err := p.recording(k, id)
	p.mu.Unlock()
	if err != nil {
		return Recording{}, err
	}
	return withMeeting(p, k, r.meeting.model.ID(), func(m *meeting) (Recording, []rtk.Event, error) {
		var events []rtk.Event
		var err error
		switch action {
		case "pause", "resume":
			err = r.Pause(action == "pause")
		case "stop":
			if events = p.stopRecording(r, stopped{"API_CALL", caller(m)}, payload.RecordingUploading); events == nil {
				err = fmt.Errorf("%w: the recording is %s, so it cannot be stopped", ErrConflict, r.Status())
			}
		default:
			err = fmt.Errorf("%w: action: found %.40q, want stop, pause or resume", ErrInvalid, action)
		}
		return r.view(true), events, err
	})
}

// RecordingFilter selects and sorts recordings. Zero fields select all, the newest
// first.
type RecordingFilter struct {
	MeetingID, Search string
	Statuses          []string
	Start, End        time.Time // of the start
	Expired           *bool     // whether the links have expired
	Ascending         bool
}

func (f RecordingFilter) matches(r *recording, now time.Time) bool {
	s := r.State()
	return (f.MeetingID == "" || f.MeetingID == r.meeting.model.ID()) && (len(f.Statuses) == 0 || slices.Contains(f.Statuses, string(s.Status))) &&
		(f.Start.IsZero() || !s.StartedAt.Before(f.Start)) && (f.End.IsZero() || !s.StartedAt.After(f.End)) &&
		(f.Search == "" || contains(s.ID, f.Search) || contains(r.meeting.model.ID(), f.Search) || contains(r.meeting.model.Title(), f.Search) || contains(s.File, f.Search)) &&
		(f.Expired == nil || *f.Expired == (s.Upload != nil && !now.Before(s.Upload.Video.Expiry)))
}

// Recordings returns a page of the recordings that f selects, and how many there
// are.
func (p *Platform) Recordings(k Key, f RecordingFilter, page Page) ([]Recording, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	all := slices.DeleteFunc(slices.Clone(p.known(k).recordOrder), func(r *recording) bool { return !f.matches(r, now) })
	slices.SortStableFunc(all, func(a, b *recording) int { return a.State().StartedAt.Compare(b.State().StartedAt) })
	return cut(all, page, !f.Ascending, func(r *recording) Recording {
		out := r.view(false)
		out.Meeting = ptr(r.meeting.view())
		return out
	}), len(all)
}

// Recording returns a recording. The error matches ErrUnknown.
func (p *Platform) Recording(k Key, id string) (Recording, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.recording(k, id)
	if err != nil {
		return Recording{}, err
	}
	return r.view(true), nil
}

func (p *Platform) recording(k Key, id string) (*recording, error) {
	if r := p.known(k).recordings[id]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("%w: recording %.64q", ErrUnknown, id)
}

// ActiveRecording returns the recording of a meeting that began last and is not
// stopped. The error matches ErrUnknown, also if there is none.
func (p *Platform) ActiveRecording(k Key, meetingID string) (Recording, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := p.meeting(k, meetingID)
	if err != nil {
		return Recording{}, err
	}
	for _, s := range slices.Backward(m.model.Sessions()) {
		for _, one := range slices.Backward(s.Recordings) {
			if isActive(one) {
				return m.app.recordings[one.ID()].view(false), nil
			}
		}
	}
	return Recording{}, fmt.Errorf("%w: an active recording of meeting %.64q", ErrUnknown, meetingID)
}
