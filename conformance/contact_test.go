package conformance

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// pipes is a listener whose connections are made by its own Dial, in memory,
// so that time can be virtual.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

func (p *pipes) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestTargetThatWakesUpAfterFiveSecondsIsWaitedFor judges targets that are still
// starting when the run begins, with the defaults of a run, in virtual time.
func TestTargetThatWakesUpAfterFiveSecondsIsWaitedFor(t *testing.T) {
	const wakes = 5 * time.Second
	key, err := testKey()
	assert.NilError(t, err)
	for _, tc := range []struct {
		reason string
		asleep func(w http.ResponseWriter, left time.Duration) bool // false: it is taken after all
		dial   error                                                // what connecting ends in meanwhile
		after  time.Duration
		want   Outcome
	}{
		{"it holds what comes", func(_ http.ResponseWriter, left time.Duration) bool { <-time.After(left); return false }, nil, wakes, Conformant},
		{"a proxy answers 503 for it", func(w http.ResponseWriter, _ time.Duration) bool { w.WriteHeader(503); return true }, nil, wakes, Conformant},
		{"nobody listens", nil, syscall.ECONNREFUSED, wakes, Conformant},
		{"it wakes up too late", nil, syscall.ECONNREFUSED, DefaultWarmUp + 2*time.Second, Undecided},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				left := func() time.Duration { return tc.after - time.Since(began) }
				ln := newPipes()
				server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if l := left(); l > 0 && tc.asleep(w, l) {
						return
					}
					w.WriteHeader(http.StatusOK)
				})}
				var wg sync.WaitGroup
				wg.Go(func() { _ = server.Serve(ln) })
				keys := rtk.NewKeyring(key)
				o := Options{
					Endpoints: NewEndpointsWithAttacker(keys, keys, "http://endpoints.test"),
					Target:    Target{URL: "http://target.test/"},
					Checks: []*Check{
						{ID: "ctl/gate", Level: Gate, Phase: First, Run: func(p *Probe) {
							if s := p.FirstContact(); !s.Accepted() {
								p.On().Inconclusive("%s", s.Answered())
							}
						}},
						must("evt/x", func(p *Probe) { p.Accept("an event", p.FreshAny()) }),
					},
				}
				o.Sender.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					if tc.dial != nil && left() > 0 {
						return nil, &net.OpError{Op: "dial", Net: network, Err: tc.dial}
					}
					return ln.Dial(ctx, network, addr)
				}
				report := conclude(t, o)
				assert.Check(t, report.Outcome == tc.want, "%s", report.Headline)
				assert.NilError(t, server.Close())
				wg.Wait()
			})
		})
	}
}
