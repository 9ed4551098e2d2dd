package service_test

import (
	"net/http"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

func TestAPlayReducesAttemptsAsItsScriptSays(t *testing.T) {
	s := newStand(t, nil)
	a, b := newTarget(t), newTarget(t)
	s.register(a.URL, rtk.EventTypes()...)
	s.register(b.URL, rtk.EventTypes()...)
	is[service.Play](s, 202, http.MethodPost, "/_rtkmock/plays", `{"scenario":"reduced-attempts","seed":1}`)
	s.quiet()
	p := is[service.Play](s, 200, http.MethodGet, "/_rtkmock/plays/1", nil)
	assert.Equal(t, p.State, service.Complete, "%+v", p)
	notTried := 0
	for _, step := range p.Steps {
		assert.Assert(t, step.Status == "met" || step.Status == "not-judged", "%+v", step)
		if step.Expect == "not-tried" {
			notTried += step.Sent
		}
	}
	assert.Equal(t, notTried, 4)
	assert.Equal(t, s.Health().Over[store.NotTried], uint64(2*notTried), "at each webhook")
	assert.Equal(t, len(a.all()), len(b.all()))
	s.emit(rtk.MeetingStarted)
	s.quiet()
	assert.Equal(t, s.Health().Over[store.NotTried], uint64(2*notTried), "the play alone")
}

func TestTheServicesOwnReductionComesBeforeTheScripts(t *testing.T) {
	s := newStand(t, func(o *service.Options) { o.Sender.Health = &mocksender.HealthPolicy{Failures: 100} })
	s.register(newTarget(t).URL, rtk.EventTypes()...)
	is[service.Play](s, 202, http.MethodPost, "/_rtkmock/plays", `{"scenario":"reduced-attempts","seed":1}`)
	s.quiet()
	assert.Equal(t, s.Health().Over[store.NotTried], uint64(0))
}
