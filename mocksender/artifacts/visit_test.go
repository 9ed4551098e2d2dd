package artifacts_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

func TestLogShowsWhoCameForWhat(t *testing.T) {
	s := artifacts.New()
	ts := httptest.NewServer(s)
	defer ts.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ts.URL+artifacts.Transcript.Path(token, "transcript.csv"), nil)
	assert.NilError(t, err)
	r.Header.Set("User-Agent", "receiver/1.0")
	before := time.Now()
	resp, err := ts.Client().Do(r)
	assert.NilError(t, err)
	assert.NilError(t, resp.Body.Close())
	after := time.Now()

	log := s.Log()
	assert.Equal(t, len(log), 1)
	visit := log[0]
	assert.Equal(t, visit.N, 1)
	assert.Assert(t, !visit.At.Before(before) && !visit.At.After(after))
	assert.Equal(t, visit.Method, http.MethodGet)
	assert.Equal(t, visit.Path, "/transcript/"+token+"/transcript.csv")
	assert.Equal(t, visit.Kind, artifacts.Transcript)
	assert.Equal(t, visit.Token, token)
	assert.Equal(t, visit.UserAgent, "receiver/1.0")
	host, _, err := net.SplitHostPort(visit.RemoteAddr)
	assert.NilError(t, err)
	assert.Assert(t, net.ParseIP(host).IsLoopback())

	at, ok := s.FirstVisit(token)
	assert.Assert(t, ok && at.Equal(visit.At))
	_, ok = s.FirstVisit("nobody-came")
	assert.Assert(t, !ok)
	assert.Equal(t, s.Visits("nobody-came"), 0)
}

func TestVisitsAreCountedByTokenInOrderOfTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := artifacts.New()
		began := time.Now()
		for _, token := range []string{"b", "a", "b", "c", "b"} {
			get(t, s, artifacts.Chat.Path(token, "chat.json"))
			<-time.After(time.Second)
		}
		get(t, s, artifacts.Audio.Path("a", "recording.mp3"))
		assert.DeepEqual(t, s.Visited(), []string{"b", "a", "c"})
		assert.Equal(t, s.Visits("a"), 2, "each kind counts")
		assert.Equal(t, s.Visits("b"), 3)
		assert.Equal(t, s.Visits("c"), 1)
		assert.Equal(t, s.Total(), 6)
		assert.Equal(t, s.Dropped(), 0)
		at, _ := s.FirstVisit("b")
		assert.Assert(t, at.Equal(began), "the first, not the last")

		s.Visited()[0], s.Log()[0].Token = "spoilt", "spoilt"
		assert.Equal(t, s.Visited()[0], "b")
		assert.Equal(t, s.Log()[0].Token, "b")
	})
}

func TestLogIsBoundedAndCountersAreNot(t *testing.T) {
	for _, limit := range []int{1, 2, 10, 100} {
		s := artifacts.New()
		s.LogLimit = limit
		const requests = 150
		for n := 1; n <= requests; n++ {
			ask(t, s, http.MethodGet, "/nothing")
			log := s.Log()
			assert.Assert(t, n <= limit && len(log) == n || n > limit && len(log) > limit*8/10 && len(log) <= limit, "%d of %d after %d", len(log), limit, n)
			for i, visit := range log {
				assert.Equal(t, visit.N, n-len(log)+1+i, "the latest, oldest first")
			}
		}
		assert.Equal(t, s.Total(), requests)
	}
}

func TestTokensAreBoundedAndDroppedOnesCounted(t *testing.T) {
	s := artifacts.New()
	s.TokenLimit = 3
	for i := range 5 {
		get(t, s, artifacts.Chat.Path(fmt.Sprint("token-", i), "chat.json"))
	}
	get(t, s, artifacts.Chat.Path("token-1", "chat.json"))
	get(t, s, artifacts.Chat.Path("token-4", "chat.json"))
	assert.DeepEqual(t, s.Visited(), []string{"token-0", "token-1", "token-2"})
	assert.Equal(t, s.Visits("token-1"), 2, "known tokens still count")
	assert.Equal(t, s.Visits("token-4"), 0)
	assert.Equal(t, s.Dropped(), 3)
	assert.Equal(t, s.Total(), 7)
}

func TestLogClipsLongTexts(t *testing.T) {
	s := artifacts.New()
	ask(t, s, strings.Repeat("X", 1000), "/"+strings.Repeat("p", 100_000), "User-Agent", strings.Repeat("u", 100_000))
	visit := s.Log()[0]
	assert.Equal(t, len(visit.Method), 256)
	assert.Equal(t, len(visit.Path), 256)
	assert.Equal(t, len(visit.UserAgent), 256)
}

// waiting is a request that the server has not answered yet.
type waiting struct {
	w     *httptest.ResponseRecorder
	leave context.CancelFunc
	took  <-chan time.Duration
}

func wait(t *testing.T, s *artifacts.Server) waiting {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	took := make(chan time.Duration, 1)
	w := httptest.NewRecorder()
	began := time.Now()
	go func() {
		s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, artifacts.Chat.Path(token, "chat.json"), nil))
		took <- time.Since(began)
	}()
	synctest.Wait()
	return waiting{w, leave, took}
}

func TestDelayHoldsTheAnswerButNotTheCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := artifacts.New()
		s.SetDelay(5 * time.Second)
		assert.Equal(t, s.Delay(), 5*time.Second)
		v := wait(t, s)
		assert.Equal(t, s.Visits(token), 1, "a visit counts on arrival")
		assert.Assert(t, s.Log()[0].Pending)
		assert.Equal(t, s.Log()[0].Status, 0)

		assert.Equal(t, <-v.took, 5*time.Second)
		assert.Equal(t, v.w.Code, http.StatusOK)
		assert.Assert(t, !s.Log()[0].Pending)
		assert.Equal(t, s.Log()[0].Status, http.StatusOK)
		assert.Equal(t, s.Log()[0].Took, 5*time.Second)
	})
}

func TestSetDelayAppliesToWaitingRequests(t *testing.T) {
	tests := []struct {
		name       string
		next, want time.Duration
		reason     string
	}{
		{"lifted", 0, 2 * time.Second, "answered at once"},
		{"negative", -time.Second, 2 * time.Second, "answered at once"},
		{"shorter, and over", time.Second, 2 * time.Second, "counted from arrival"},
		{"shorter", 3 * time.Second, 3 * time.Second, "counted from arrival"},
		{"longer", 9 * time.Second, 9 * time.Second, "counted from arrival"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := artifacts.New()
				s.SetDelay(5 * time.Second)
				v := wait(t, s)
				<-time.After(2 * time.Second)
				s.SetDelay(tt.next)
				assert.Equal(t, <-v.took, tt.want, tt.reason)
				assert.Equal(t, v.w.Code, http.StatusOK)
				assert.Equal(t, s.Delay(), max(tt.next, 0))
			})
		})
	}
}

func TestDelayEndsWhenTheClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := artifacts.New()
		s.SetDelay(time.Hour)
		v := wait(t, s)
		<-time.After(time.Second)
		v.leave()
		assert.Equal(t, <-v.took, time.Second)
		assert.Equal(t, v.w.Body.Len(), 0)
		assert.Equal(t, s.Log()[0].Status, 0)
		assert.Assert(t, !s.Log()[0].Pending)
	})
}
