package service

import (
	"net/http"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// The doors: what people do in browsers, for tests. openapi.json describes them.

func getRESTDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(rest.OpenAPI())
}

// getMeetings returns a page of the meetings of all apps, or of those that the
// query selects.
func (s *Service) getMeetings(r *http.Request) (any, error) {
	q := r.URL.Query()
	f := platform.MeetingFilter{Search: q.Get("search"), Live: q.Get("live") == "true"}
	if live := q.Get("live"); live != "" && live != "true" && live != "false" {
		return nil, jsonapi.Invalid("live: found %.40q, want true or false", live)
	}
	offset, limit := uint64(0), uint64(listedMeetings)
	if err := parseNumbers(q, map[string]*uint64{"offset": &offset, "limit": &limit}); err != nil {
		return nil, err
	}
	if limit == 0 || limit > listedMeetings || offset > platform.MaxMeetings {
		return nil, jsonapi.Invalid("limit, offset: found %d and %d, want 1 to %d and at most %d", limit, offset, listedMeetings, platform.MaxMeetings)
	}
	all, total := s.platform.Overviews(platform.Key(queriedApp(r)), f, platform.Page{Offset: int(offset), Limit: int(limit)})
	return map[string]any{"meetings": all, "total": total}, nil
}

// listedMeetings is how many meetings a list has at most.
const listedMeetings = 100

func queriedApp(r *http.Request) store.App {
	q := r.URL.Query()
	return store.App{AccountID: q.Get("account_id"), AppID: q.Get("app_id")}
}

type meetingRequest struct {
	store.App
	ID string `json:"id"`
	platform.MeetingChange
}

// postMeeting makes a meeting, like the REST API. It may also choose the id.
func (s *Service) postMeeting(_ *http.Request, how meetingRequest) (any, error) {
	app, err := s.findApp(how.App)
	if err != nil {
		return nil, err
	}
	k := platform.Key(app)
	var m platform.Meeting
	switch {
	case len(how.ID) > maxWord:
		return nil, jsonapi.Invalid("id: it is longer than %d bytes", maxWord)
	case how.KeepAlive != nil && !(*how.KeepAlive >= 0 && *how.KeepAlive <= 86400):
		return nil, jsonapi.Invalid("session_keep_alive_time_in_secs: found %v, want 0 to 86400", *how.KeepAlive)
	case how.ID == "":
		m, err = s.platform.CreateMeeting(k, how.MeetingChange)
	default:
		m, err = s.platform.CreateMeetingAs(k, how.ID, how.MeetingChange)
	}
	if err != nil {
		return nil, err
	}
	return s.platform.Overview(k, m.ID)
}

func (s *Service) getMeeting(r *http.Request) (any, error) {
	k, err := s.appOf(r, queriedApp(r))
	if err != nil {
		return nil, err
	}
	return s.platform.Overview(k, r.PathValue("id"))
}

// appOf returns the app that has the meeting in the path.
func (s *Service) appOf(r *http.Request, given store.App) (platform.Key, error) {
	if k, ok := s.platform.Find(platform.Key(given), r.PathValue("id")); ok {
		return k, nil
	}
	return platform.Key{}, jsonapi.Errorf(http.StatusNotFound, "not there: meeting %.64q", r.PathValue("id"))
}

type doorRequest struct {
	store.App
	platform.Who
}

// postJoin lets somebody join. A meeting that nobody knows is made, and the answer
// says so.
func (s *Service) postJoin(r *http.Request, how doorRequest) (any, error) {
	id := r.PathValue("id")
	k, err := s.appOf(r, how.App)
	made := false
	if err != nil {
		app, err := s.findApp(how.App)
		if err != nil {
			return nil, err
		}
		if len(id) > maxWord {
			return nil, jsonapi.Invalid("the id of the meeting is longer than %d bytes", maxWord)
		}
		k, made = platform.Key(app), true
		if _, err := s.platform.CreateMeetingAs(k, id, platform.MeetingChange{}); err != nil {
			return nil, err
		}
	}
	h, err := s.platform.Join(k, id, how.Who)
	h.Made = made
	return s.noted(k, h), err
}

func (s *Service) postLeave(r *http.Request, how doorRequest) (any, error) {
	k, err := s.appOf(r, how.App)
	if err != nil {
		return nil, err
	}
	h, err := s.platform.Leave(k, r.PathValue("id"), how.Who)
	return s.noted(k, h), err
}

func (s *Service) postEnd(r *http.Request, how store.App) (any, error) {
	k, err := s.appOf(r, how)
	if err != nil {
		return nil, err
	}
	h, err := s.platform.End(k, r.PathValue("id"))
	return s.noted(k, h), err
}

// door is what came of a door, with a note if nobody gets the events.
type door struct {
	platform.Happened
	Note string `json:"note,omitempty"`
}

func (s *Service) noted(k platform.Key, h platform.Happened) door {
	out := door{Happened: h}
	for _, event := range h.Events {
		wanted := false
		for _, w := range s.WebhooksOf(store.App(k)) {
			wanted = wanted || w.Wants(event)
		}
		if !wanted {
			out.Note = s.nobody(store.App(k), event)
			s.o.Log.Warn("nobody gets the event", "event", string(event), "meeting", h.MeetingID, "reason", out.Note)
			break
		}
	}
	return out
}

type recordRequest struct {
	store.App
	Action string `json:"action"` // start, if it is empty, stop, pause or resume
}

// postRecord starts a recording of a meeting, or changes the active one.
func (s *Service) postRecord(r *http.Request, how recordRequest) (any, error) {
	k, err := s.appOf(r, how.App)
	if err != nil {
		return nil, err
	}
	h := platform.Happened{MeetingID: r.PathValue("id"), Events: []rtk.EventType{rtk.RecordingStatusUpdate}}
	var out platform.Recording
	if how.Action == "" || how.Action == "start" {
		out, err = s.platform.StartRecording(k, platform.RecordingStart{MeetingID: h.MeetingID})
	} else if out, err = s.platform.ActiveRecording(k, h.MeetingID); err == nil {
		out, err = s.platform.ChangeRecording(k, out.ID, how.Action)
	}
	if err != nil {
		return nil, err
	}
	if how.Action == "pause" || how.Action == "resume" {
		h.Events = []rtk.EventType{} // nothing is sent
	}
	return struct {
		platform.Recording
		door
	}{out, s.noted(k, h)}, nil
}

// postLivestream starts or stops the livestream of a meeting.
func (s *Service) postLivestream(r *http.Request, how recordRequest) (any, error) {
	k, err := s.appOf(r, how.App)
	if err != nil {
		return nil, err
	}
	h := platform.Happened{MeetingID: r.PathValue("id"), Events: []rtk.EventType{rtk.LivestreamStatusUpdate}}
	var out platform.Livestream
	switch how.Action {
	case "", "start":
		out, err = s.platform.StartLivestream(k, h.MeetingID, nil)
	case "stop":
		if out, err = s.platform.ActiveLivestream(k, h.MeetingID); err == nil {
			err = s.platform.StopLivestream(k, h.MeetingID)
		}
		out.Status = "IDLE"
	default:
		err = jsonapi.Invalid("action: found %.40q, want start or stop", how.Action)
	}
	if err != nil {
		return nil, err
	}
	return struct {
		platform.Livestream
		door
	}{out, s.noted(k, h)}, nil
}

type artifactRequest struct {
	store.App
	SessionID string `json:"session_id"`
}

func (s *Service) postArtifact(r *http.Request, how artifactRequest) (any, error) {
	k, err := s.appOf(r, how.App)
	if err != nil {
		return nil, err
	}
	h, err := s.platform.Artifact(k, r.PathValue("id"), r.PathValue("kind"), how.SessionID)
	return s.noted(k, h), err
}

type advanceRequest struct {
	store.App
	Status payload.RecordingStatus `json:"status"` // the next one, if it is empty
}

func (s *Service) postAdvance(r *http.Request, how advanceRequest) (any, error) {
	k, ok := s.platform.FindRecording(platform.Key(how.App), r.PathValue("id"))
	if !ok {
		return nil, jsonapi.Errorf(http.StatusNotFound, "not there: recording %.64q", r.PathValue("id"))
	}
	if next := payload.RecordingStatuses()[1:]; how.Status != "" && !slices.Contains(next, how.Status) {
		return nil, jsonapi.Invalid("status: found %.40q, want one of %v", string(how.Status), next)
	}
	h, err := s.platform.AdvanceRecording(k, r.PathValue("id"), how.Status)
	return s.noted(k, h), err
}
