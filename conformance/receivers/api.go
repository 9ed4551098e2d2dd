package receivers

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// apiPath is that of the app that receivers call the REST API for.
const apiPath = "/client/v4/accounts/rtkmock/realtime/kit/rtkmock"

// callTime limits a call of the REST API by receivers that limit it at all, and
// briefly is the limit of those that answer a sender only then.
const (
	callTime = 30 * time.Second
	briefly  = 100 * time.Millisecond
)

// call calls the REST API and returns the status of the answer. It returns 0 where
// there is none.
func (e *environment) call(ctx context.Context, limit time.Duration, method, path string, body any) int {
	code, _ := e.ask(ctx, limit, method, path, body)
	return code
}

// ask is call that also returns what the answer has.
func (e *environment) ask(ctx context.Context, limit time.Duration, method, path string, body any) (code int, answer []byte) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	content, _ := json.Marshal(body) // a map of texts
	req, err := http.NewRequestWithContext(ctx, method, e.config.apiURL()+apiPath+path, strings.NewReader(string(content)))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("Authorization", "Bearer "+Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := e.client.Do(req)
	if err != nil {
		e.note(err, "a call of the REST API failed")
		return 0, nil
	}
	defer resp.Body.Close()
	answer, _ = io.ReadAll(io.LimitReader(resp.Body, downloadLimit)) // a part is no JSON
	e.note(nil, "%s %s answered %d", method, path, resp.StatusCode)
	return resp.StatusCode, answer
}

// kick takes out of a meeting who has joined.
func (x *exchange) kick(ctx context.Context) {
	x.call(ctx, callTime, http.MethodPost, "/meetings/"+url.PathEscape(x.event.meeting())+"/active-session/kick",
		map[string][]string{"custom_participant_ids": {x.event.text("participant.customParticipantId")}})
}

// stopAll stops the recordings that the REST API lists.
func (x *exchange) stopAll(ctx context.Context) {
	_, answer := x.ask(ctx, callTime, http.MethodGet, "/recordings?per_page=100", nil)
	var list struct{ Data []struct{ ID string } }
	_ = json.Unmarshal(answer, &list) // what is no list has none
	for _, r := range list.Data {
		x.call(ctx, callTime, http.MethodPut, "/recordings/"+url.PathEscape(r.ID), map[string]string{"action": "stop"})
	}
}

// apiURL returns where the REST API is.
func (c Config) apiURL() string {
	if c.APIURL != "" {
		return strings.TrimSuffix(c.APIURL, "/")
	}
	u, err := url.Parse(c.KeyURL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// lookUp asks the REST API for the meeting of an event, and returns the status. It
// returns 200 for an event that names none.
func (x *exchange) lookUp(limit time.Duration) int {
	if x.event.meeting() == "" {
		return http.StatusOK
	}
	return x.call(x.ctx, limit, http.MethodGet, "/meetings/"+url.PathEscape(x.event.meeting()), nil)
}

// stopWhatBegins stops a recording that an event names, and lets everybody leave a
// session that begins.
func (x *exchange) stopWhatBegins(ctx context.Context) {
	switch x.event.kind() {
	case rtk.RecordingStatusUpdate:
		x.call(ctx, callTime, http.MethodPut, "/recordings/"+url.PathEscape(x.event.text("recording.id")), map[string]string{"action": "stop"})
	case rtk.MeetingStarted:
		x.call(ctx, callTime, http.MethodPost, "/meetings/"+url.PathEscape(x.event.meeting())+"/active-session/kick-all", map[string]string{})
	}
}
