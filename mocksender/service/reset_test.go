package service_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/scenarios"
)

// longScript is one that goes on for an hour after its first event.
func longScript(t testing.TB) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("long.json", []byte(`{"title":"x","steps":[{"emit":"meeting.started"},{"after":"1h","emit":"meeting.ended"}]}`))
	assert.NilError(t, err)
	return s
}

func TestARefusedRestoreChangesNothing(t *testing.T) {
	const hook = `{"account_id":"acc","app_id":"app","name":"w","url":"http://localhost:1/","events":["meeting.started"]}`
	s := waiting(t, func(o *service.Options) { o.ConflictOnURL = true })
	arrived := make(chan struct{}, 2)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(target.Close)
	s.register(target.URL, rtk.MeetingStarted)
	s.emit(rtk.MeetingStarted)
	_, err := s.Play(longScript(t), service.PlayOptions{App: store.App{AccountID: "acc", AppID: "app"}, Speed: 1})
	assert.NilError(t, err)
	for id := range uint64(2) {
		<-arrived
		s.await(id+1, func(d store.Delivery) bool { return len(d.Attempts) == 1 })
	}
	before, err := s.Snapshot()
	assert.NilError(t, err)
	for _, c := range []struct{ reason, state, want string }{
		{"a meeting without an app", `{"meetings":[{"account_id":"","app_id":"b"}]}`, "account_id"},
		{"the same id twice", `{"webhooks":[` + hook + `],"meetings":[` + strings.Repeat(`{"account_id":"a","app_id":"b","id":"m"},`, 2) + `{"account_id":"a","app_id":"b"}]}`, "another meeting"},
		{"an event that is none", `{"webhooks":[` + strings.Replace(hook, "meeting.started", "meeting.begun", 1) + `]}`, "meeting.begun"},
		{"the same URL twice", `{"webhooks":[` + hook + `,` + hook + `]}`, "registered already"},
		{"too many webhooks", `{"webhooks":[` + strings.Repeat(hook+",", dispatch.MaxWebhooks) + hook + `]}`, "too many webhooks"},
	} {
		status, answer := s.call(http.MethodPost, "/_rtkmock/restore", c.state)
		assert.Assert(t, status/100 == 4 && strings.Contains(answer, c.want), "%s: %d %s", c.reason, status, answer)
		after, err := s.Snapshot()
		assert.NilError(t, err)
		assert.Equal(t, string(after), string(before), c.reason)
		assert.Equal(t, s.Plays()[0].State, service.Playing, c.reason)
		ds, err := s.Deliveries(store.Filter{State: store.Pending})
		assert.NilError(t, err)
		assert.Equal(t, len(ds), 2, c.reason)
	}
	is[service.Health](s, 200, http.MethodPost, "/_rtkmock/restore", string(before))
	assert.Equal(t, s.Plays()[0].State, service.Stopped)
	s.quiet()
}

// Each target gets a delivery that is under way when reset is asked for: one that
// waits in the fault of an attempt reaches its target before the answer, or never.
func TestNothingOfBeforeIsUnderWayAfterAReset(t *testing.T) {
	for _, c := range []struct {
		reason, target, fault string
		arrives               bool
		takes                 time.Duration
	}{
		{"an attempt that ends soon", "fine", "delay 900ms", true, 900 * time.Millisecond},
		{"an attempt that begins later", "fine", "delay 1h", false, time.Second},
		{"a target that is silent", "hangs", "", false, time.Second},
		{"a retry that is due later", "fine", "respond 503", false, 0},
	} {
		for name, reset := range map[string]func(*bubble) error{
			"reset":   func(b *bubble) error { return b.Reset() },
			"restore": func(b *bubble) error { return b.Restore(service.Snapshot{}) },
		} {
			t.Run(c.reason+", "+name, func(t *testing.T) {
				o := service.Options{Options: dispatch.Options{Sender: mocksender.Options{Retry: mocksender.Retry{Waits: []time.Duration{time.Minute}}}}}
				inBubble(t, o, huge, func(b *bubble) {
					b.register(c.target)
					e := service.Emission{Event: rtk.MeetingStarted}
					if c.fault != "" {
						e.Faults = []store.Fault{{Fault: c.fault, Attempt: 1}}
					}
					_, err := b.Emit(e)
					assert.NilError(b.t, err)
					synctest.Wait()
					began := time.Now()
					assert.NilError(b.t, reset(b))
					assert.Equal(b.t, time.Since(began), c.takes)
					assert.Equal(b.t, len(b.arrived) == 1, c.arrives)
					b.register(c.target)
					time.Sleep(2 * time.Hour) // of virtual time
					assert.Equal(b.t, len(b.arrived) == 1, c.arrives, "nothing comes later")
					ds, err := b.Deliveries(store.Filter{})
					assert.NilError(b.t, err)
					assert.Equal(b.t, len(ds), 0)
					h := b.Health()
					assert.Assert(b.t, h.Quiet, "%+v", h)
					for state, n := range h.Over {
						assert.Equal(b.t, n, uint64(0), string(state))
					}
				})
			})
		}
	}
}

// A client registers its webhook again after a reset: a play of before may not reach
// that one.
func TestPlaysAreOverAfterAReset(t *testing.T) {
	const plays = 8
	s := newStand(t, nil)
	for round := range 5 {
		old := newTarget(t)
		s.register(old.URL, rtk.EventTypes()...)
		script, err := scenarios.Parse("busy.json", []byte(`{"title":"x","steps":[{"emit":"meeting.participantJoined","times":300}]}`))
		assert.NilError(t, err)
		for i := range uint64(plays) {
			_, err := s.Play(script, service.PlayOptions{App: store.App{AccountID: "acc", AppID: "app"}, Seed: i})
			assert.NilError(t, err)
		}
		is[service.Health](s, 200, http.MethodPost, "/_rtkmock/reset", nil)
		got, fresh := len(old.all()), newTarget(t)
		s.register(fresh.URL, rtk.EventTypes()...)
		s.quiet()
		for _, p := range s.Plays() {
			assert.Assert(t, p.State == service.Stopped, "%+v", p)
		}
		assert.Equal(t, len(old.all()), got)
		assert.Equal(t, len(fresh.all()), 0, "round %d", round)
		assert.NilError(t, s.Reset())
	}
}
