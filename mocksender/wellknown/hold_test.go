package wellknown_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// pass lets d of the bubble's time go by, in no time.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// watched is a recorder that can be looked at while it is written to.
type watched struct {
	mu sync.Mutex
	httptest.ResponseRecorder
	left int // bytes that were flushed
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ResponseRecorder.Write(p)
}

func (w *watched) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ResponseRecorder.Flush()
	w.left = w.Body.Len()
}

func (w *watched) flushed() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.left
}

// held is a request whose handler runs in the bubble of its test.
type held struct {
	w       *watched
	leave   context.CancelFunc
	done    chan struct{}
	aborted bool
	took    time.Duration
}

// hold sends s a request under fault and returns once it is being held.
func hold(t *testing.T, s *wellknown.Server, fault wellknown.Fault) *held {
	t.Helper()
	setFault(t, s, fault)
	ctx, leave := context.WithCancel(t.Context())
	h := &held{w: &watched{ResponseRecorder: *httptest.NewRecorder()}, leave: leave, done: make(chan struct{})}
	began := time.Now()
	go func() {
		defer close(h.done)
		defer func() {
			h.took = time.Since(began)
			h.aborted = recover() == http.ErrAbortHandler
		}()
		s.ServeHTTP(h.w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	}()
	synctest.Wait()
	assert.Assert(t, s.Log()[0].Pending, "not held")
	return h
}

func (h *held) over() bool {
	select {
	case <-h.done:
		return true
	default:
		return false
	}
}

func TestHangLastsUntilTheFaultChanges(t *testing.T) {
	tests := []struct {
		next   wellknown.Fault
		status int
		reason string
	}{
		{wellknown.None, http.StatusOK, "the outage is over"},
		{wellknown.Status500, http.StatusInternalServerError, "the outage goes on in another way"},
		{wellknown.RedirectTo(elsewhere), http.StatusFound, "the outage goes on in another way"},
	}
	for _, tt := range tests {
		t.Run(tt.next.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := wellknown.New(newKeyring(t))
				h := hold(t, s, wellknown.Hang)
				pass(30 * time.Second)
				setFault(t, s, wellknown.Hang) // again: changes nothing
				synctest.Wait()
				assert.Assert(t, !h.over(), "answered while the fault was in force")

				setFault(t, s, tt.next)
				<-h.done
				assert.Equal(t, h.w.Code, tt.status, tt.reason)
				assert.Assert(t, !h.aborted)
				fetch := s.Log()[0]
				assert.Equal(t, fetch.Fault, wellknown.Hang, "what it met on arrival")
				assert.Equal(t, fetch.Status, tt.status)
				assert.Equal(t, fetch.Took, 30*time.Second)
			})
		})
	}
}

func TestHangLastsUntilTheClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		h := hold(t, s, wellknown.Hang)
		pass(5 * time.Second)
		h.leave()
		<-h.done
		assert.Equal(t, h.w.Body.Len(), 0)
		fetch := s.Log()[0]
		assert.Equal(t, fetch.Status, 0)
		assert.Equal(t, fetch.Took, 5*time.Second)
		assert.Assert(t, !fetch.Pending)
	})
}

func TestHangIsCutAtTheLimit(t *testing.T) {
	for _, limit := range []time.Duration{0, 7 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := wellknown.New(newKeyring(t))
			s.Limit = limit
			h := hold(t, s, wellknown.Hang)
			<-h.done
			assert.Assert(t, h.aborted)
			if limit == 0 {
				limit = wellknown.DefaultLimit
			}
			assert.Equal(t, h.took, limit)
			assert.Equal(t, s.Log()[0].Status, 0)
		})
	}
}

func TestHangReleasesEveryRequestAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		var all []*held
		for range 10 {
			all = append(all, hold(t, s, wellknown.Hang))
		}
		setFault(t, s, wellknown.None)
		for _, h := range all {
			<-h.done
			assert.Equal(t, h.w.Code, http.StatusOK)
		}
	})
}

func TestDripSendsAByteAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		s.DripEvery = 10 * time.Millisecond
		want, err := s.Keys().Document()
		assert.NilError(t, err)
		h := hold(t, s, wellknown.Drip)
		assert.Equal(t, h.w.flushed(), 1)
		pass(95 * time.Millisecond)
		setFault(t, s, wellknown.Drip) // again: changes nothing
		synctest.Wait()
		assert.Equal(t, h.w.flushed(), 10)

		<-h.done
		assert.Equal(t, h.w.Body.String(), string(want))
		assert.Equal(t, h.w.Header().Get("Content-Type"), "application/json")
		assert.Equal(t, h.took, time.Duration(len(want))*s.DripEvery)
	})
}

func TestHeadIsNotHeldForABodyThatItDoesNotGet(t *testing.T) {
	for _, fault := range []wellknown.Fault{wellknown.Drip, wellknown.Oversize} {
		synctest.Test(t, func(t *testing.T) {
			s := wellknown.New(newKeyring(t))
			setFault(t, s, fault)
			w := httptest.NewRecorder()
			began := time.Now()
			s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/", nil))
			assert.Equal(t, time.Since(began), time.Duration(0), fault.String())
			assert.Equal(t, w.Code, http.StatusOK)
			// A recorder keeps what net/http drops: the one write of a document.
			assert.Assert(t, w.Body.Len() < 1000, "%s wrote %d bytes", fault, w.Body.Len())
		})
	}
}

// A patient client gets the whole document under the defaults: Drip is a
// variant, not a fault.
func TestDripOfADocumentFitsIntoTheDefaultLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		want, err := s.Keys().Document()
		assert.NilError(t, err)
		h := hold(t, s, wellknown.Drip)
		<-h.done
		assert.Assert(t, !h.aborted)
		assert.Equal(t, h.w.Body.String(), string(want))
	})
}

func TestDripSendsTheRestWhenTheFaultChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		want, err := s.Keys().Document()
		assert.NilError(t, err)
		h := hold(t, s, wellknown.Drip)
		pass(time.Second)
		setFault(t, s, wellknown.Status500)
		<-h.done
		assert.Equal(t, h.took, time.Second)
		assert.Equal(t, h.w.Body.String(), string(want), "an answer once begun is finished")
		assert.Equal(t, s.Log()[0].Bytes, int64(len(want)))
	})
}

func TestDripEndsWithTheClientOrTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		h := hold(t, s, wellknown.Drip)
		pass(950 * time.Millisecond)
		h.leave()
		<-h.done
		assert.Assert(t, !h.aborted)
		assert.Equal(t, s.Log()[0].Bytes, int64(10))
	})
	synctest.Test(t, func(t *testing.T) {
		s := wellknown.New(newKeyring(t))
		s.Limit = 950 * time.Millisecond
		h := hold(t, s, wellknown.Drip)
		<-h.done
		assert.Assert(t, h.aborted)
		assert.Equal(t, h.took, s.Limit)
		assert.Equal(t, s.Log()[0].Bytes, int64(10))
	})
}
