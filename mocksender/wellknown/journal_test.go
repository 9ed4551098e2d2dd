package wellknown_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

func fetchOnce(t testing.TB, s *wellknown.Server, method string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
	r.Header.Set("User-Agent", "receiver/1.0")
	s.ServeHTTP(httptest.NewRecorder(), r)
}

func TestLogTellsWhoFetchedWhenAndWhatTheyGot(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	client, url := start(t, s)
	before := time.Now()
	got := do(t, client, http.MethodGet, url)
	after := time.Now()

	log := s.Log()
	assert.Equal(t, len(log), 1)
	fetch := log[0]
	assert.Equal(t, fetch.N, 1)
	assert.Assert(t, !fetch.At.Before(before) && !fetch.At.After(after))
	assert.Equal(t, fetch.Method, http.MethodGet)
	assert.Equal(t, fetch.UserAgent, "receiver/1.0")
	host, port, err := net.SplitHostPort(fetch.RemoteAddr)
	assert.NilError(t, err)
	assert.Assert(t, net.ParseIP(host).IsLoopback() && port != "")
	assert.Equal(t, fetch.Fault, wellknown.None)
	assert.Equal(t, fetch.Status, http.StatusOK)
	assert.Equal(t, fetch.Bytes, int64(len(got.body)))
	assert.Assert(t, !fetch.Pending)
	assert.Assert(t, fetch.Took >= 0 && fetch.Took <= after.Sub(before))
}

func TestLogIsBoundedAndCountersAreNot(t *testing.T) {
	for _, limit := range []int{1, 2, 10, 100} {
		s := wellknown.New(newKeyring(t))
		s.LogLimit = limit
		const requests = 250
		for n := 1; n <= requests; n++ {
			fetchOnce(t, s, http.MethodGet)
			log := s.Log()
			assert.Assert(t, len(log) <= limit, "%d entries, limit %d", len(log), limit)
			assert.Assert(t, n <= limit && len(log) == n || n > limit && len(log) > limit*8/10, "%d of %d after %d", len(log), limit, n)
			for i, fetch := range log {
				assert.Equal(t, fetch.N, n-len(log)+1+i, "the latest, oldest first")
			}
		}
		assert.Equal(t, s.Fetches(), requests)
	}
}

func TestLogKeepsNoMoreTextThanItNeeds(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	r := httptest.NewRequest(strings.Repeat("X", 1000), "/", nil)
	r.Header.Set("User-Agent", strings.Repeat("u", 100_000))
	s.ServeHTTP(httptest.NewRecorder(), r)
	fetch := s.Log()[0]
	assert.Equal(t, len(fetch.UserAgent), 256)
	assert.Equal(t, len(fetch.Method), 256)
}

func TestLogIsACopy(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	fetchOnce(t, s, http.MethodGet)
	s.Log()[0].Status = 999
	assert.Equal(t, s.Log()[0].Status, http.StatusOK)
}

func TestMarkDividesBeforeFromAfter(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	fetchOnce(t, s, http.MethodGet)
	fetchOnce(t, s, http.MethodPost)
	mark := s.Mark()
	assert.Equal(t, s.FetchesSince(mark), 0)
	assert.Equal(t, len(s.Since(mark)), 0)

	fetchOnce(t, s, http.MethodPost)
	fetchOnce(t, s, http.MethodHead)
	fetchOnce(t, s, http.MethodGet)
	assert.Equal(t, s.FetchesSince(mark), 2, "GET and HEAD count")
	var methods []string
	for _, fetch := range s.Since(mark) {
		methods = append(methods, fetch.Method)
	}
	assert.DeepEqual(t, methods, []string{"POST", "HEAD", "GET"})
	assert.Equal(t, s.Fetches(), 3)
	assert.Equal(t, s.FetchesSince(wellknown.Mark{}), 3)
}

func TestWaitFetchReturnsWhenAFetchArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		fetchOnce(t, s, http.MethodGet)
		assert.NilError(t, s.WaitFetch(t.Context(), wellknown.Mark{}), "it has been")

		mark := s.Mark()
		result := make(chan error, 1)
		go func() { result <- s.WaitFetch(t.Context(), mark) }()
		synctest.Wait()
		fetchOnce(t, s, http.MethodPost)
		synctest.Wait()
		select {
		case <-result:
			t.Fatal("a POST is no fetch")
		default:
		}
		fetchOnce(t, s, http.MethodGet)
		assert.NilError(t, <-result)
	})
}

// A fetch counts on arrival: that is how a receiver shows itself while the
// endpoint hangs.
func TestWaitFetchSeesAHungRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		h := hold(t, s, wellknown.Hang)
		assert.NilError(t, s.WaitFetch(t.Context(), wellknown.Mark{}))
		h.leave()
		<-h.done
	})
}

func TestWaitFetchEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, s.WaitFetch(ctx, s.Mark()), context.DeadlineExceeded)

		why := errors.New("the run is over")
		ctx, stop := context.WithCancelCause(t.Context())
		stop(why)
		assert.ErrorIs(t, s.WaitFetch(ctx, s.Mark()), why)
	})
}
