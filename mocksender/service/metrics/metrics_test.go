package metrics_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/metrics"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

func page(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	assert.Equal(t, w.Code, http.StatusOK)
	return w.Body.String()
}

func TestThePageShowsDeliveriesAndAttempts(t *testing.T) {
	keys := wellknown.New(rtk.GenerateKeyring())
	m := metrics.New(keys)
	assert.Assert(t, is.Contains(page(t, m), "rtkmock_key_fetches_total 0\n"), "before there is a service")
	s, err := service.New(service.Options{Keys: keys, Options: dispatch.Options{OnAttempt: m.Attempt}})
	assert.NilError(t, err)
	defer s.Close(t.Context()) //nolint:errcheck // it is a test
	m.Watch(s)

	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer target.Close()
	app := store.App{AccountID: "a", AppID: "b"}
	_, err = s.Register(store.Webhook{App: app, Name: "x", URL: target.URL, Events: []rtk.EventType{rtk.MeetingStarted}, Enabled: true})
	assert.NilError(t, err)
	_, err = s.Emit(service.Emission{App: app, Event: rtk.MeetingStarted})
	assert.NilError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	assert.NilError(t, s.WaitQuiet(ctx))

	text := page(t, m)
	for _, want := range []string{
		`rtkmock_attempts_total{event="meeting.started",outcome="418"} 1`,
		`rtkmock_deliveries_total{state="failed"} 1`,
		`rtkmock_deliveries_total{state="delivered"} 0`,
		"rtkmock_attempt_seconds_count 1", "rtkmock_webhooks 1", "rtkmock_deliveries_pending 0", "rtkmock_key_fault 0",
	} {
		assert.Assert(t, is.Contains(text, want+"\n"))
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	assert.NilError(t, err)
	assert.Equal(t, len(problems), 0, "%v", problems)
}
