//go:build e2e

package service_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

var long = flag.Bool("long", false, "soak for ten minutes instead of one")

// How the soak loads a service.
const (
	soakMeetings = 50
	soakTargets  = 5
	soakPace     = 20 * time.Millisecond // between two emissions
	soakMood     = 2 * time.Second       // how long a target stays as it is, at most
)

// moody is a target that works, fails, hangs or is not there, in turns.
type moody struct {
	addr     string
	mood     atomic.Int32
	mu       sync.Mutex
	accepted map[string]bool // answered 2xx, by rtk-uuid
	server   *http.Server
}

// The moods. A dead one has its port closed.
const (
	working = iota
	failing
	hanging
	dead
	moods
)

func newMoody(t *testing.T) *moody {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	m := &moody{addr: ln.Addr().String(), accepted: map[string]bool{}}
	m.listen(ln)
	return m
}

func (m *moody) listen(ln net.Listener) {
	m.server = &http.Server{Handler: m}
	go m.server.Serve(ln) //nolint:errcheck // it ends with turn
}

// turn changes the mood. It is called by one goroutine.
func (m *moody) turn(t *testing.T, mood int32) {
	if before := m.mood.Swap(mood); before == mood {
		return
	} else if mood == dead {
		_ = m.server.Close()
	} else if before == dead {
		ln, err := net.Listen("tcp", m.addr)
		if err != nil { // somebody else has the port for a moment
			m.mood.Store(dead)
			t.Log(err)
			return
		}
		m.listen(ln)
	}
}

func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	switch m.mood.Load() {
	case failing:
		w.WriteHeader(http.StatusServiceUnavailable)
	case hanging:
		<-r.Context().Done()
	case dead:
		panic(http.ErrAbortHandler)
	default:
		m.mu.Lock()
		m.accepted[r.Header.Get(rtk.HeaderUUID)] = true
		m.mu.Unlock()
	}
}

// In TestE2ESoak meetings go on while their targets die, hang and come back. Then the
// test compares what both sides recorded.
func TestE2ESoak(t *testing.T) {
	length := time.Minute
	if *long {
		length = 10 * time.Minute
	}
	s := newStand(t, func(o *service.Options) {
		o.Store = store.NewMemory(1_000_000, 1<<30)
		o.Sender = mocksender.Options{
			Timeout: 500 * time.Millisecond,
			Retry:   mocksender.Retry{Waits: []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}},
		}
	})
	byHook := map[string]*moody{}
	var targets []*moody
	for range soakTargets {
		m := newMoody(t)
		targets = append(targets, m)
		byHook[s.register("http://"+m.addr+"/", rtk.EventTypes()...).ID] = m
	}
	s.emit(rtk.MeetingStarted)
	s.quiet()
	goroutines, heap := runtime.NumGoroutine(), heapInUse()

	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var moodSwings sync.WaitGroup
	for _, m := range targets {
		moodSwings.Go(func() {
			for ctx.Err() == nil {
				m.turn(t, rand.Int32N(moods))
				wait(ctx, time.Duration(rand.Int64N(int64(soakMood))))
			}
			for m.turn(t, working); m.mood.Load() != working; m.turn(t, working) {
			}
		})
	}
	emitted := 1 + soakEmissions(ctx, t, s)
	moodSwings.Wait()
	s.quiet()

	fates := map[store.State]int{}
	for before := uint64(0); ; {
		page, err := s.Deliveries(store.Filter{Before: before, Limit: store.MaxLimit})
		assert.NilError(t, err)
		for _, d := range page {
			fates[d.State]++
			m := byHook[d.WebhookID]
			if d.State == store.Delivered {
				assert.Assert(t, m.accepted[d.UUID], "delivery %d is said to be delivered, and its target never took it", d.ID)
			}
			before = d.ID
		}
		if len(page) < store.MaxLimit {
			break
		}
	}
	t.Logf("%d events, %v", emitted, fates)
	sum := 0
	for state, n := range fates {
		sum += n
		assert.Assert(t, state != store.Pending && state != store.Abandoned, "%d are %s", n, state)
	}
	assert.Equal(t, sum, emitted*soakTargets)
	assert.Assert(t, fates[store.Delivered] > sum/4 && fates[store.Delivered] < sum, "%v", fates)

	for _, m := range targets {
		_ = m.server.Close()
	}
	assert.NilError(t, s.Reset())
	for deadline := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > goroutines+5 && time.Now().Before(deadline); {
		wait(t.Context(), 50*time.Millisecond)
	}
	assert.Assert(t, runtime.NumGoroutine() <= goroutines+5, "%d goroutines, %d at the beginning", runtime.NumGoroutine(), goroutines)
	for _, m := range targets {
		m.accepted = nil
	}
	now := heapInUse()
	t.Logf("%d bytes are in use, %d were at the beginning", now, heap)
	assert.Assert(t, now < heap+32<<20, "%d bytes are in use, %d were at the beginning", now, heap)
}

// soakEmissions emits events until ctx ends, and returns how many.
func soakEmissions(ctx context.Context, t *testing.T, s *stand) int {
	types := []rtk.EventType{rtk.MeetingParticipantJoined, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate}
	n := 0
	for tick := time.NewTicker(soakPace); ctx.Err() == nil; n++ {
		_, err := s.Emit(service.Emission{Event: types[rand.IntN(len(types))], Meeting: fmt.Sprintf("meeting-%d", rand.IntN(soakMeetings))})
		assert.NilError(t, err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
		}
	}
	return n
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
