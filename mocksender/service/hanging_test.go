package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/memnet"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/scenarios"
)

// bubble is a service in virtual time. The targets whose names begin with fine
// answer at once; the others take the connection and are silent.
type bubble struct {
	*service.Service
	t       *testing.T
	net     memnet.Net
	arrived chan string // the hosts that got a delivery

	mu    sync.Mutex
	files int // that may still be opened
}

// inBubble runs test in virtual time, without retries unless o has some.
func inBubble(t *testing.T, o service.Options, files int, test func(*bubble)) {
	signer := wellknown.New(rtk.NewKeyring(key(t)))
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, files: files, arrived: make(chan string, 100)}
		ln, err := b.net.Listen("fine")
		assert.NilError(t, err)
		server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { b.arrived <- r.Host })}
		go server.Serve(ln) //nolint:errcheck // it ends with Close
		o.Keys, o.Sender.Dial = signer, b.dial
		o.AllowRemote = true // the names are known to b alone
		if o.Sender.Retry == nil {
			o.Sender.Retry = mocksender.NoRetry{}
		}
		b.Service, err = service.New(o)
		assert.NilError(t, err)
		defer func() {
			_, err := b.Close(t.Context())
			assert.Check(t, err == nil || errors.Is(err, dispatch.ErrClosed), err)
			assert.Check(t, server.Close())
		}()
		test(b)
	})
}

// file is a connection that counts as long as it is open.
type file struct {
	net.Conn
	once  sync.Once
	close func()
}

func (f *file) Close() error {
	f.once.Do(f.close)
	return f.Conn.Close()
}

func (b *bubble) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.files == 0 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("socket", syscall.EMFILE)}
	}
	b.files--
	f := &file{close: func() {
		b.mu.Lock()
		b.files++
		b.mu.Unlock()
	}}
	if !strings.HasPrefix(addr, "fine") {
		f.Conn, _ = memnet.Pipe("rtkmock", memnet.Addr(addr))
		return f, nil
	}
	var err error
	f.Conn, err = b.net.DialContext(ctx, network, "fine")
	return f, err
}

func (b *bubble) register(names ...string) {
	b.t.Helper()
	for _, name := range names {
		_, err := b.Register(store.Webhook{App: store.App{AccountID: "acc", AppID: "app"}, Name: name,
			URL: "http://" + name + "/", Events: rtk.EventTypes(), Enabled: true})
		assert.NilError(b.t, err)
	}
}

func (b *bubble) registerHanging(n int) {
	b.t.Helper()
	for i := range n {
		b.register(fmt.Sprintf("hangs%d", i))
	}
}

// emit makes an event happen and returns how long those that answer waited for
// it.
func (b *bubble) emit(fine int) time.Duration {
	b.t.Helper()
	began := time.Now()
	_, err := b.Emit(service.Emission{Event: rtk.MeetingStarted})
	assert.NilError(b.t, err)
	for range fine {
		<-b.arrived
	}
	return time.Since(began)
}

const huge = 1 << 20 // files

// Time stands still here while anybody can do something: 0 means that nobody
// waited for the time-out of another.
func TestThousandsThatHangHoldUpNobody(t *testing.T) {
	const hanging = 2000
	inBubble(t, service.Options{Options: dispatch.Options{Queue: 4}}, huge, func(b *bubble) {
		b.registerHanging(hanging)
		b.register("fine1")
		assert.Equal(b.t, b.emit(1), time.Duration(0), "new among new ones")
		for range 3 {
			assert.Equal(b.t, b.emit(1), time.Duration(0), "while the first attempts at all others hang")
		}
		b.register("fine2")
		assert.Equal(b.t, b.emit(2), time.Duration(0), "while all queues are full")
		assert.NilError(b.t, b.WaitQuiet(b.t.Context()))
		b.register("fine3")
		assert.Equal(b.t, b.emit(3), time.Duration(0), "new among those that are known to hang")
		assert.NilError(b.t, b.WaitQuiet(b.t.Context()))

		h := b.Health()
		assert.Equal(b.t, h.Over[store.Delivered], uint64(4+2+3))
		assert.Equal(b.t, h.Over[store.Dropped], uint64(hanging))
		assert.Equal(b.t, h.Over[store.Exhausted], uint64(5*hanging))
		assert.Equal(b.t, h.LastID, uint64(9+6*hanging), "each is accounted for")
	})
}

func TestWhereConnectionsAreFewThoseThatHangLeaveSome(t *testing.T) {
	inBubble(t, service.Options{Options: dispatch.Options{Connections: 40}}, 40, func(b *bubble) {
		b.register("fine1")
		assert.Equal(b.t, b.emit(1), time.Duration(0))
		b.registerHanging(200)
		for range 3 {
			assert.Equal(b.t, b.emit(1), time.Duration(0), "one that answers, while new ones hang")
		}
		assert.NilError(b.t, b.WaitQuiet(b.t.Context()))
		b.register("fine2")
		assert.Equal(b.t, b.emit(2), time.Duration(0), "a new one, while those that are known to hang do")
		assert.NilError(b.t, b.WaitQuiet(b.t.Context()))
		assert.Equal(b.t, b.Health().Over[store.Exhausted], uint64(4*200))
	})
}

// A play waits for the time-outs of each step. Whoever answers does not: it gets
// each step's delivery when the step begins, and everything else in between.
func TestAPlayToManyThatHangReachesTheOneThatAnswersAtOnce(t *testing.T) {
	script, err := scenarios.Parse("script.json", []byte(`{"title":"x","steps":[{"emit":"meeting.started"},{"emit":"meeting.ended"}]}`))
	assert.NilError(t, err)
	for _, c := range []struct {
		name        string
		connections int // 0: the default
		hanging     int
	}{
		{"thousands", 0, 2000},
		{"few connections", 40, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, service.Options{Options: dispatch.Options{Connections: c.connections}}, huge, func(b *bubble) {
				b.register("fine1")
				b.registerHanging(c.hanging)
				_, err := b.Play(script, service.PlayOptions{App: store.App{AccountID: "acc", AppID: "app"}})
				assert.NilError(b.t, err)
				for range script.Steps() {
					<-b.arrived
					assert.Equal(b.t, b.emit(1), time.Duration(0), "an event beside the play")
				}
				assert.NilError(b.t, b.WaitQuiet(b.t.Context()))
				ds, err := b.Deliveries(store.Filter{Play: 1, State: store.Delivered})
				assert.NilError(b.t, err)
				assert.Equal(b.t, len(ds), len(script.Steps()))
				for _, d := range ds {
					assert.Equal(b.t, d.EndedAt.Sub(d.EmittedAt), time.Duration(0))
				}
			})
		})
	}
}

func TestAWantOfFilesIsNoTargetsFault(t *testing.T) {
	var log bytes.Buffer // handlers lock it
	const hanging, files = 400, 50
	inBubble(t, service.Options{Options: dispatch.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}, files, func(b *bubble) {
		b.registerHanging(hanging / 2)
		b.register("fine1")
		b.registerHanging(hanging / 2)
		b.emit(1)
		assert.NilError(b.t, b.WaitQuiet(b.t.Context()))
		assert.Equal(b.t, b.emit(1), time.Duration(0), "it has learned how many connections there are")
		assert.NilError(b.t, b.WaitQuiet(b.t.Context()))
		ds, err := b.Deliveries(store.Filter{Limit: store.MaxLimit})
		assert.NilError(b.t, err)
		assert.Equal(b.t, len(ds), 2*(hanging+1))
		for _, d := range ds {
			if strings.Contains(d.URL, "fine") {
				assert.Equal(b.t, d.State, store.Delivered)
			} else {
				assert.Equal(b.t, d.State, store.Exhausted)
				assert.Equal(b.t, d.Last().Class, mocksender.ClassTimeout)
			}
			assert.Equal(b.t, len(d.Attempts), 1)
			assert.Equal(b.t, d.Last().N, 1)
		}
	})
	assert.Equal(t, strings.Count(log.String(), "\n"), 1, log.String())
	assert.Assert(t, strings.Contains(log.String(), "no more connections can be opened from here"), log.String())
	assert.Assert(t, strings.Contains(log.String(), "too many open files"), log.String())
}

// No step waits for a dead webhook and its retries, but it counts all the same. The
// first step gives it a moment: it could be a slow one.
func TestAPlayIsNotHeldUpByADeadWebhook(t *testing.T) {
	script, err := scenarios.Parse("script.json", []byte(`{"title":"x","steps":[{"emit":"meeting.started"},
		{"emit":"meeting.participantJoined","times":2},{"emit":"meeting.participantJoined","times":2,"together":true},{"emit":"meeting.participantJoined"},{"emit":"meeting.ended"}]}`))
	assert.NilError(t, err)
	const deliveries = 7
	waits := mocksender.Retry{Waits: []time.Duration{time.Second, time.Second, time.Second}}
	inBubble(t, service.Options{Options: dispatch.Options{Sender: mocksender.Options{Retry: waits}}}, huge, func(b *bubble) {
		b.register("fine1", "dead")
		_, err := b.Play(script, service.PlayOptions{App: store.App{AccountID: "acc", AppID: "app"}})
		assert.NilError(b.t, err)
		began := time.Now()
		for range deliveries {
			<-b.arrived
		}
		assert.Equal(b.t, time.Since(began), 250*time.Millisecond)
		assert.NilError(b.t, b.WaitQuiet(b.t.Context()))
		for _, p := range b.Plays() {
			assert.Equal(b.t, p.State, service.Complete)
			for _, step := range p.Steps {
				assert.Equal(b.t, step.Status, scenarios.Unmet, "a webhook that is silent accepts nothing: %s", step.Number)
			}
		}
	})
}

// Who is left behind and accepts in the end has accepted.
func TestAPlayJudgesASlowWebhookByItsOwnAnswer(t *testing.T) {
	quick := newTarget(t)
	late := newTarget(t, 503, 503)
	s := newStand(t, func(o *service.Options) {
		o.Sender.Retry = mocksender.Retry{Waits: []time.Duration{time.Second, time.Second}}
	})
	for _, target := range []*target{quick, late} {
		s.register(target.URL, rtk.MeetingStarted, rtk.MeetingEnded)
	}
	script, err := scenarios.Parse("script.json", []byte(`{"title":"x","steps":[{"emit":"meeting.started"},{"emit":"meeting.ended"}]}`))
	assert.NilError(t, err)
	_, err = s.Play(script, service.PlayOptions{App: store.App{AccountID: "acc", AppID: "app"}})
	assert.NilError(t, err)
	assert.NilError(t, s.WaitQuiet(t.Context()))
	for _, step := range s.Plays()[0].Steps {
		assert.Equal(t, step.Status, scenarios.Met, step.Reason)
	}
	assert.Equal(t, len(late.all()), 4)
}
