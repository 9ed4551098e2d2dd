package rest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

const base = "/client/v4/accounts/any/realtime/kit/any"

// follow returns an API that knows one recorded meeting, and the ids there.
func follow(t *testing.T) (s *rest.Server, meeting, recording string) {
	t.Helper()
	m, err := payload.New(payload.Options{Start: time.Now().Add(-time.Minute)})
	assert.NilError(t, err)
	joined, err := m.Join(m.NewParticipant())
	assert.NilError(t, err)
	r, recorded, err := m.StartRecording()
	assert.NilError(t, err)
	s = rest.Follow(nil, func() string { return "" })
	s.Learn(append(joined, recorded...)...)
	return s, m.ID(), r.ID()
}

func call(s http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer sesame-open")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// All apps are one, and so is the predecessor's.
func TestAnyAppHasWhatTheEventsSay(t *testing.T) {
	t.Parallel()
	s, meeting, recording := follow(t)
	for _, path := range []string{
		base + "/meetings/" + meeting, base + "/recordings/" + recording, base + "/meetings/" + meeting + "/active-session",
		strings.ReplaceAll(base, "any", "other") + "/recordings/active-recording/" + meeting,
	} {
		w := call(s, http.MethodGet, path, "")
		assert.Equal(t, w.Code, http.StatusOK, "%s: %s", path, w.Body)
	}
	r := httptest.NewRequest(http.MethodGet, "/v2/meetings/"+meeting, http.NoBody)
	r.SetBasicAuth("org", "key")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	assert.Equal(t, w.Code, http.StatusOK, w.Body)
	assert.Equal(t, call(s, http.MethodGet, base+"/meetings/nobody-has-it", "").Code, http.StatusNotFound)
}

func TestTheLogHasOperationsAndNoToken(t *testing.T) {
	t.Parallel()
	s, meeting, recording := follow(t)
	call(s, http.MethodGet, base+"/meetings/"+meeting, "")
	call(s, http.MethodPut, base+"/recordings/"+recording, `{"action":"stop"}`)
	call(s, http.MethodGet, base+"/no/such/thing", "")
	log := s.Log()
	assert.Equal(t, len(log), 3)
	assert.Equal(t, log[0].Operation.ID, "meetings.getMeetingByID")
	assert.Assert(t, !log[0].Changes() && log[0].Named == nil, "looking something up names nothing")
	assert.Equal(t, log[1].Operation.ID, "recordings.pauseResumeStopRecording")
	assert.Assert(t, log[1].Changes())
	assert.Equal(t, log[2].Operation.ID, "")
	assert.Equal(t, log[2].Status, http.StatusNotFound)
	for _, v := range log {
		for _, text := range append(v.Named, v.Path, v.UserAgent) {
			assert.Assert(t, !strings.Contains(text, "sesame"), text)
		}
	}
}

// Who acts on a list meets ids there that no event told it.
func TestAChangeNamesWhatNoOtherAnswerHasShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason, before string
		named          bool
	}{
		{"the caller had the id from an event", "", true},
		{"asking for the id itself tells nothing new", "/recordings/ID", true},
		{"a list has told the caller the id", "/recordings", false},
		{"and so has another answer", "/recordings/active-recording/MEETING", false},
	} {
		s, meeting, recording := follow(t)
		if c.before != "" {
			path := strings.NewReplacer("ID", recording, "MEETING", meeting).Replace(c.before)
			assert.Equal(t, call(s, http.MethodGet, base+path, "").Code, http.StatusOK, path)
		}
		call(s, http.MethodPut, base+"/recordings/"+recording, `{"action":"stop"}`)
		log := s.Log()
		named := strings.Contains(strings.Join(log[len(log)-1].Named, " "), recording)
		assert.Equal(t, named, c.named, c.reason)
	}
}

func TestFaultsAnswerEachCall(t *testing.T) {
	t.Parallel()
	s, meeting, recording := follow(t)
	for fault, status := range map[rest.Fault]int{
		rest.Status401: 401, rest.Status404: 404, rest.Status429: 429, rest.Status500: 500, rest.HTML: 200,
	} {
		assert.NilError(t, s.SetFault(fault))
		w := call(s, http.MethodGet, base+"/meetings/"+meeting, "")
		assert.Equal(t, w.Code, status, "%s", fault)
		assert.Equal(t, w.Header().Get("Retry-After") != "", fault == rest.Status429, "%s", fault)
		assert.Assert(t, fault.Doc() != "")
		call(s, http.MethodPut, base+"/recordings/"+recording, `{"action":"stop"}`)
	}
	assert.NilError(t, s.SetFault(rest.NoFault))
	w := call(s, http.MethodGet, base+"/recordings/"+recording, "")
	assert.Assert(t, strings.Contains(w.Body.String(), `"RECORDING"`), "a call that failed has changed it: %s", w.Body)
	assert.ErrorIs(t, s.SetFault("no-such"), rest.ErrFault)
	for _, f := range append(rest.Faults(), rest.NoFault) {
		again, err := rest.ParseFault(f.String())
		assert.NilError(t, err)
		assert.Equal(t, again, f)
	}
}

// A call that is held back is answered when the fault changes, and Down cuts it.
func TestSlowAndHangHoldCallsBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault rest.Fault
		took  time.Duration
		cut   bool
	}{
		{rest.Slow, rest.DefaultSlowBy, false}, {rest.Hang, rest.DefaultLimit, true}, {rest.Down, 0, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, meeting, _ := follow(t)
			assert.NilError(t, s.SetFault(c.fault))
			began := time.Now()
			code, cut := get(s, base+"/meetings/"+meeting)
			assert.Equal(t, cut, c.cut, "%s", c.fault)
			assert.Assert(t, cut || code == http.StatusOK)
			assert.Equal(t, time.Since(began), c.took, "%s", c.fault)
			if c.fault == rest.Down {
				return
			}
			time.AfterFunc(time.Second, func() { _ = s.SetFault(rest.NoFault) })
			began = time.Now()
			code, cut = get(s, base+"/meetings/"+meeting)
			assert.Assert(t, !cut && code == http.StatusOK && time.Since(began) == time.Second, "%s", c.fault)
		})
	}
}

// get reports the status of an answer, or that the connection was cut.
func get(s http.Handler, path string) (code int, cut bool) {
	defer func() {
		if v := recover(); v != nil {
			cut = v == http.ErrAbortHandler //nolint:errorlint // net/http compares it so
		}
	}()
	return call(s, http.MethodGet, path, "").Code, false
}

func TestAHangingCallEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	s, meeting, _ := follow(t)
	assert.NilError(t, s.SetFault(rest.Hang))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest(http.MethodGet, base+"/meetings/"+meeting, http.NoBody).WithContext(ctx)
	s.ServeHTTP(httptest.NewRecorder(), r) // it returns
	assert.Equal(t, s.Log()[0].Status, 0)
}

// The operations of webhooks are those of a service, where there is one.
func TestWebhooksAreAnsweredByWhoHasThem(t *testing.T) {
	t.Parallel()
	s, _, _ := follow(t)
	assert.Equal(t, call(s, http.MethodGet, base+"/webhooks", "").Code, http.StatusNotImplemented)
	s, _, _ = follow(t)
	s.Webhooks = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"success":true,"data":[]}`) })
	assert.Equal(t, call(s, http.MethodGet, base+"/webhooks", "").Code, http.StatusOK)
	assert.Equal(t, s.Log()[0].Operation.ID, "webhooks.getWebhooks")
}

func TestAServerThatFollowsNobodyKeepsNoLog(t *testing.T) {
	t.Parallel()
	p := platform.New(platform.Options{})
	t.Cleanup(p.Close)
	s := rest.NewServer(rest.Options{Platform: p})
	assert.Equal(t, call(s, http.MethodPost, base+"/meetings", `{"title":"Standup"}`).Code, http.StatusCreated)
	assert.Equal(t, s.Calls(), 0)
	assert.Equal(t, len(p.Keys()), 1, "no app but the caller's")
	assert.NilError(t, s.SetFault(rest.Status500))
	assert.Equal(t, call(s, http.MethodPost, base+"/meetings", `{}`).Code, http.StatusInternalServerError)
}

// Events that nobody calls because of cost no more than their bytes, up to a bound.
func TestManyEventsAreLearned(t *testing.T) {
	t.Parallel()
	s, _, _ := follow(t)
	var last rtk.Event
	for seed := range uint64(15_000) {
		m, err := payload.New(payload.Options{Seed: seed})
		assert.NilError(t, err)
		events, err := m.Join(m.NewParticipant())
		assert.NilError(t, err)
		last = events[0]
		s.Learn(events...)
	}
	told, err := payload.Read(last)
	assert.NilError(t, err)
	assert.Equal(t, call(s, http.MethodGet, base+"/meetings/"+told.MeetingID(), "").Code, http.StatusOK)
}
