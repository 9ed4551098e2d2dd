package service_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is_ "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

func TestAnEventGoesToTheEnabledWebhooksThatAreSubscribed(t *testing.T) {
	s := newStand(t, nil)
	subscribed, other, disabled, elsewhere := newTarget(t), newTarget(t), newTarget(t), newTarget(t)
	hook := s.register(subscribed.URL, rtk.MeetingStarted, rtk.MeetingEnded)
	s.register(other.URL, rtk.MeetingEnded)
	off := s.register(disabled.URL, rtk.MeetingStarted)
	is[hookAnswer](s, 200, http.MethodPatch, app+"/"+off.ID, map[string]any{"enabled": false})
	is[hookAnswer](s, 201, http.MethodPost, "/client/v4/accounts/acc/realtime/kit/other/webhooks",
		map[string]any{"name": "x", "url": elsewhere.URL, "events": []string{"meeting.started"}})

	out := is[service.Emitted](s, 202, http.MethodPost, "/_rtkmock/emit", map[string]any{"event": "meeting.started", "account_id": "acc", "app_id": "app"})
	assert.Equal(t, len(out.Deliveries), 1)
	assert.Equal(t, out.Unsubscribed, 2)
	s.quiet()
	all := subscribed.all()
	assert.Equal(t, len(all), 1)
	assert.Assert(t, all[0].valid)
	assert.Equal(t, all[0].webhook, hook.ID)
	assert.Equal(t, all[0].uuid, out.Deliveries[0].UUID)
	assert.Equal(t, all[0].body, string(out.Body))
	for _, silent := range []*target{other, disabled, elsewhere} {
		assert.Equal(t, len(silent.all()), 0)
	}
}

func TestEachWebhookHasItsOwnUUIDAndTheSameSignedBytes(t *testing.T) {
	s := newStand(t, nil)
	tg := newTarget(t)
	for range 5 {
		s.register(tg.URL, rtk.MeetingStarted)
	}
	s.emit(rtk.MeetingStarted)
	s.quiet()
	uuids, hooks := map[string]bool{}, map[string]bool{}
	for _, g := range tg.all() {
		uuids[g.uuid], hooks[g.webhook] = true, true
		assert.Assert(t, g.valid)
		assert.Equal(t, g.body, tg.all()[0].body)
	}
	assert.Equal(t, len(uuids), 5)
	assert.Equal(t, len(hooks), 5)
}

func TestRetriesAreTheWebhooksOwn(t *testing.T) {
	s := newStand(t, nil)
	flaky, final, dead := newTarget(t, 503, 500), newTarget(t, 404), newTarget(t, 500, 500, 500)
	s.register(flaky.URL, rtk.MeetingStarted)
	s.register(final.URL, rtk.MeetingStarted)
	s.register(dead.URL, rtk.MeetingStarted)
	out := s.emit(rtk.MeetingStarted)
	s.quiet()
	for i, want := range []struct {
		state    store.State
		attempts int
	}{{store.Delivered, 3}, {store.Failed, 1}, {store.Exhausted, 3}} {
		d, err := s.Delivery(out.Deliveries[i].ID)
		assert.NilError(t, err)
		assert.Equal(t, d.State, want.state)
		assert.Equal(t, len(d.Attempts), want.attempts)
		assert.Assert(t, !d.EndedAt.IsZero())
		assert.Equal(t, d.Last().N, want.attempts)
	}
	for _, g := range flaky.all() {
		assert.Equal(t, g.uuid, out.Deliveries[0].UUID)
	}
}

// waiting is a service whose retries are an hour away.
func waiting(t *testing.T, change func(*service.Options)) *stand {
	return newStand(t, func(o *service.Options) {
		o.Sender.Retry = mocksender.Retry{Waits: []time.Duration{time.Hour}}
		if change != nil {
			change(o)
		}
	})
}

// await waits until the delivery is as ok says.
func (s *stand) await(id uint64, ok func(store.Delivery) bool) store.Delivery {
	s.t.Helper()
	w := s.Watch()
	defer w.Close()
	for {
		d, err := s.Delivery(id)
		assert.NilError(s.t, err)
		if ok(d) {
			return d
		}
		select {
		case <-w.C:
		case <-s.t.Context().Done():
			s.t.Fatalf("delivery %d stays %+v", id, d)
		}
	}
}

func TestDeletingAbandonsWhatWaitsAndSaysSo(t *testing.T) {
	s := waiting(t, nil)
	tg := newTarget(t, 503)
	hook := s.register(tg.URL, rtk.MeetingStarted)
	id := s.emit(rtk.MeetingStarted).Deliveries[0].ID
	s.await(id, func(d store.Delivery) bool { return !d.NextAt.IsZero() })
	is[hookAnswer](s, 200, http.MethodDelete, app+"/"+hook.ID, nil)
	s.quiet()
	d, err := s.Delivery(id)
	assert.NilError(t, err)
	assert.Equal(t, d.State, store.Abandoned)
	assert.Equal(t, d.Reason, "the webhook was deleted")
	assert.Equal(t, len(tg.all()), 1)
}

func TestAnEditTakesEffectOnWhatWaits(t *testing.T) {
	for _, c := range []struct {
		name   string
		edit   map[string]any
		reason string
	}{
		{"disabled", map[string]any{"enabled": false}, "the webhook was disabled"},
		{"unsubscribed", map[string]any{"events": []string{"meeting.ended"}}, "the webhook is no longer subscribed to meeting.started"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := waiting(t, nil)
			hook := s.register(newTarget(t, 503).URL, rtk.MeetingStarted)
			id := s.emit(rtk.MeetingStarted).Deliveries[0].ID
			s.await(id, func(d store.Delivery) bool { return !d.NextAt.IsZero() })
			is[hookAnswer](s, 200, http.MethodPatch, app+"/"+hook.ID, c.edit)
			s.quiet()
			d, err := s.Delivery(id)
			assert.NilError(t, err)
			assert.Equal(t, d.State, store.Abandoned)
			assert.Equal(t, d.Reason, c.reason)
		})
	}
}

// slowStore holds the first Update until end is closed.
type slowStore struct {
	store.Store
	began, end chan struct{}
	met        atomic.Bool
}

func (s *slowStore) Update(d store.Delivery) error {
	if !s.met.Swap(true) {
		close(s.began)
		<-s.end
	}
	return s.Store.Update(d)
}

func TestAnEditTakesEffectOnWhatIsJustBeingStored(t *testing.T) {
	slow := &slowStore{Store: store.NewMemory(0, 0), began: make(chan struct{}), end: make(chan struct{})}
	s := waiting(t, func(o *service.Options) { o.Store = slow })
	hook := s.register(newTarget(t, 503).URL, rtk.MeetingStarted)
	id := s.emit(rtk.MeetingStarted).Deliveries[0].ID
	<-slow.began
	is[hookAnswer](s, 200, http.MethodDelete, app+"/"+hook.ID, nil)
	close(slow.end)
	d := s.await(id, store.Delivery.Over)
	assert.Equal(t, d.State, store.Abandoned)
	s.quiet()
	_, err := s.Close(t.Context())
	assert.NilError(t, err)
	d, err = s.Delivery(id)
	assert.NilError(t, err)
	assert.Equal(t, d.State, store.Abandoned, "what is stored last is the latest")
}

func TestANewScaleAppliesToWhatIsJustBeingStored(t *testing.T) {
	slow := &slowStore{Store: store.NewMemory(0, 0), began: make(chan struct{}), end: make(chan struct{})}
	s := waiting(t, func(o *service.Options) { o.Store = slow })
	s.register(newTarget(t, 503).URL, rtk.MeetingStarted)
	id := s.emit(rtk.MeetingStarted).Deliveries[0].ID
	<-slow.began
	assert.NilError(t, s.SetScale(0))
	close(slow.end)
	s.await(id, func(d store.Delivery) bool { return d.State == store.Delivered })
}

func TestARetryGoesToTheNewURL(t *testing.T) {
	s := waiting(t, nil)
	before, after := newTarget(t, 503), newTarget(t)
	hook := s.register(before.URL, rtk.MeetingStarted)
	out := s.emit(rtk.MeetingStarted)
	id := out.Deliveries[0].ID
	s.await(id, func(d store.Delivery) bool { return !d.NextAt.IsZero() })
	is[hookAnswer](s, 200, http.MethodPatch, app+"/"+hook.ID, map[string]any{"url": after.URL})
	is[map[string]any](s, 200, http.MethodPut, "/_rtkmock/clock", map[string]any{"scale": 0})
	s.quiet()
	d, err := s.Delivery(id)
	assert.NilError(t, err)
	assert.Equal(t, d.State, store.Delivered)
	assert.Equal(t, d.URL, after.URL)
	assert.Equal(t, after.all()[0].uuid, out.Deliveries[0].UUID)
	assert.Equal(t, after.all()[0].body, before.all()[0].body)
}

// A hanging target has as many deliveries under way as it may have, and others
// still get theirs.
func TestASlowTargetHoldsUpNobody(t *testing.T) {
	let := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-let }))
	defer hanging.Close()
	defer close(let)
	s := newStand(t, func(o *service.Options) { o.Sender.Timeout = time.Hour })
	s.register(hanging.URL, rtk.MeetingStarted)
	tg := newTarget(t)
	s.register(tg.URL, rtk.MeetingStarted)
	for range 3 * dispatch.DefaultPerWebhook {
		out := s.emit(rtk.MeetingStarted)
		s.await(out.Deliveries[1].ID, func(d store.Delivery) bool { return d.State == store.Delivered })
	}
	// The last delivery is reported before it is counted.
	for s.Health().Pending > 3*dispatch.DefaultPerWebhook && t.Context().Err() == nil {
		runtime.Gosched()
	}
	assert.Equal(t, s.Health().Pending, 3*dispatch.DefaultPerWebhook)
}

func TestAFullQueueDropsAndSaysSo(t *testing.T) {
	s := waiting(t, func(o *service.Options) { o.Queue = 2 })
	s.register(newTarget(t, 503, 503).URL, rtk.MeetingStarted)
	s.emit(rtk.MeetingStarted)
	s.emit(rtk.MeetingStarted)
	d := s.emit(rtk.MeetingStarted).Deliveries[0]
	assert.Equal(t, d.State, store.Dropped)
	assert.Equal(t, d.Reason, "the webhook's queue was full: deliveries pending: 2")
	assert.Equal(t, s.Health().Over[store.Dropped], uint64(1))
	kept, err := s.Delivery(d.ID)
	assert.NilError(t, err)
	assert.Equal(t, kept.State, store.Dropped)
}

func TestARemoteTargetIsRegisteredAndNotTried(t *testing.T) {
	s := newStand(t, nil)
	s.register("http://192.0.2.1/webhook", rtk.MeetingStarted) // TEST-NET-1
	id := s.emit(rtk.MeetingStarted).Deliveries[0].ID
	s.quiet()
	d, err := s.Delivery(id)
	assert.NilError(t, err)
	assert.Equal(t, d.State, store.NotTried)
	assert.Assert(t, is_.Contains(d.Reason, "neither this machine nor in a private network"))
	assert.Equal(t, len(d.Attempts), 0)
}

func TestHealthIsTheWebhooksOwn(t *testing.T) {
	s := newStand(t, func(o *service.Options) {
		o.Sender.Health = &mocksender.HealthPolicy{Failures: 1, ProbeEvery: 2}
		o.Sender.Retry = mocksender.NoRetry{}
	})
	tg := newTarget(t, 500, 200)
	s.register(tg.URL, rtk.MeetingStarted)
	fine := newTarget(t)
	s.register(fine.URL, rtk.MeetingStarted)
	var states []store.State
	for range 4 {
		out := s.emit(rtk.MeetingStarted)
		s.quiet()
		d, err := s.Delivery(out.Deliveries[0].ID)
		assert.NilError(t, err)
		states = append(states, d.State)
	}
	assert.DeepEqual(t, states, []store.State{store.Exhausted, store.NotTried, store.Delivered, store.Delivered})
	assert.Equal(t, len(fine.all()), 4)
}

func TestAResendCarriesTheSameBytes(t *testing.T) {
	s := newStand(t, nil)
	tg := newTarget(t)
	s.register(tg.URL, rtk.MeetingStarted)
	first := s.emit(rtk.MeetingStarted).Deliveries[0]
	s.quiet()
	path := "/_rtkmock/deliveries/1/resend"
	again := is[store.Summary](s, 202, http.MethodPost, path, nil)
	assert.Equal(t, again.ResendOf, first.ID)
	s.quiet()
	is[store.Summary](s, 202, http.MethodPost, path, map[string]any{"new_uuid": true})
	s.quiet()
	all := tg.all()
	assert.Equal(t, all[1].uuid, all[0].uuid)
	assert.Assert(t, all[2].uuid != all[0].uuid)
	for _, g := range all {
		assert.Equal(t, g.body, all[0].body)
		assert.Assert(t, g.valid)
	}
}
