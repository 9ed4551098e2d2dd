package service_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// testKey is a stored key: making one takes longer than most tests.
var testKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rtk.ParsePrivateKey(fixtures.PrivateKey()) })

func key(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	k, err := testKey()
	assert.NilError(t, err)
	return k
}

// stand is a service that answers on a port of its own.
type stand struct {
	*service.Service
	url string
	t   testing.TB
}

// newStand starts a service. By default it does not wait before retries.
func newStand(t testing.TB, change func(*service.Options)) *stand {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	o := service.Options{
		Keys:    wellknown.New(rtk.NewKeyring(key(t))),
		BaseURL: server.URL,
		Options: dispatch.Options{
			Seed:   1,
			Sender: mocksender.Options{Retry: mocksender.Retry{Waits: make([]time.Duration, 2)}},
		},
	}
	if change != nil {
		change(&o)
	}
	s, err := service.New(o)
	assert.NilError(t, err)
	handler = s.Handler()
	t.Cleanup(func() {
		_, _ = s.Close(t.Context())
		server.Close()
	})
	return &stand{s, server.URL, t}
}

const app = "/client/v4/accounts/acc/realtime/kit/app/webhooks"

// call makes a request with a token and returns the answer. A body that is no
// string goes out as JSON.
func (s *stand) call(method, path string, body any) (int, string) {
	s.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		assert.NilError(s.t, err)
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, in)
	assert.NilError(s.t, err)
	req.Header.Set("Authorization", "Bearer some-token")
	return s.do(req)
}

func (s *stand) do(req *http.Request) (int, string) {
	s.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	assert.NilError(s.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	assert.NilError(s.t, err)
	return resp.StatusCode, string(data)
}

// is makes a call that answers status, and reads the answer.
func is[T any](s *stand, status int, method, path string, body any) T {
	s.t.Helper()
	got, text := s.call(method, path, body)
	assert.Equal(s.t, got, status, "%s %s: %s", method, path, text)
	var v T
	assert.NilError(s.t, json.Unmarshal([]byte(text), &v), "%s", text)
	return v
}

type published struct {
	ID, Name, URL          string
	Events                 []string
	Enabled                bool
	Created_at, Updated_at string
}

type hookAnswer struct {
	Success bool
	Data    published
}

// register registers a webhook for events.
func (s *stand) register(url string, events ...rtk.EventType) published {
	s.t.Helper()
	return is[hookAnswer](s, http.StatusCreated, http.MethodPost, app, map[string]any{"name": "test", "url": url, "events": events}).Data
}

// emit makes an event happen.
func (s *stand) emit(event rtk.EventType) service.Emitted {
	s.t.Helper()
	return is[service.Emitted](s, http.StatusAccepted, http.MethodPost, "/_rtkmock/emit", map[string]any{"event": event})
}

func (s *stand) quiet() {
	s.t.Helper()
	is[service.Health](s, http.StatusOK, http.MethodPost, "/_rtkmock/wait", nil)
}

// got is a delivery that arrived.
type got struct {
	event   string
	uuid    string
	webhook string
	body    string
	valid   bool
}

// target takes deliveries and answers with the statuses in turn, then 200.
type target struct {
	*httptest.Server
	mu  sync.Mutex
	got []got
}

func newTarget(t testing.TB, statuses ...int) *target {
	tg := &target{}
	public := &key(t).PublicKey
	tg.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.Check(t, err)
		var event struct{ Event string }
		assert.Check(t, json.Unmarshal(body, &event))
		tg.mu.Lock()
		status := http.StatusOK
		if n := len(tg.got); n < len(statuses) {
			status = statuses[n]
		}
		tg.got = append(tg.got, got{
			event.Event, r.Header.Get(rtk.HeaderUUID), r.Header.Get(rtk.HeaderWebhookID), string(body),
			rtk.Verify(public, body, r.Header.Get(rtk.HeaderSignature)) == nil,
		})
		tg.mu.Unlock()
		w.WriteHeader(status)
	}))
	t.Cleanup(tg.Close)
	return tg
}

func (t *target) all() []got {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]got(nil), t.got...)
}
