package service

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/scenarios"
)

func (s *Service) getDeliveries(w http.ResponseWriter, r *http.Request) {
	f, err := filterOf(r.URL.Query())
	var ds []Delivery
	if err == nil {
		ds, err = s.Deliveries(f)
	}
	if err != nil {
		fail(w, err)
		return
	}
	out := make([]*Summary, 0, len(ds))
	for _, d := range ds {
		out = append(out, d.summary())
	}
	answer(w, http.StatusOK, map[string]any{"deliveries": out, "forgotten": s.store.Forgotten()})
}

// checkedAttempt is an attempt and whether its signature verifies with the
// present key.
type checkedAttempt struct {
	Attempt
	Verified bool `json:"verified"`
}

func (s *Service) getDelivery(w http.ResponseWriter, r *http.Request) {
	id, err := number(r)
	var d Delivery
	if err == nil {
		d, err = s.Delivery(id)
	}
	if err != nil {
		fail(w, err)
		return
	}
	attempts := make([]checkedAttempt, 0, len(d.Attempts))
	for _, a := range d.Attempts {
		attempts = append(attempts, checkedAttempt{a, s.verifies(a, d.Body)})
	}
	answer(w, http.StatusOK, struct {
		Delivery
		Attempts []checkedAttempt `json:"attempts"`
	}{d, attempts})
}

// verifies reports whether what went out carries a signature of the present
// key.
func (s *Service) verifies(a Attempt, body []byte) bool {
	if a.Body != nil {
		body = a.Body
	}
	key, err := s.o.Keys.Keys().Key()
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(a.Head)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
		if strings.EqualFold(name, rtk.HeaderSignature) || strings.EqualFold(name, rtk.DyteHeaderSignature) {
			return rtk.Verify(&key.PublicKey, body, value) == nil
		}
	}
	return false
}

func getScenarios(w http.ResponseWriter, _ *http.Request) {
	type entry struct {
		Name       string `json:"name"`
		Title      string `json:"title"`
		Note       string `json:"note,omitempty"`
		Deliveries int    `json:"deliveries"`
	}
	out := []entry{}
	for _, name := range scenarios.Names() {
		script, err := scenarios.Load(name)
		if err != nil {
			fail(w, err)
			return
		}
		out = append(out, entry{script.Name, script.Title, script.Note, script.Deliveries()})
	}
	answer(w, http.StatusOK, map[string]any{"scenarios": out})
}

func (s *Service) getPlays(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"plays": s.Plays()})
}

func (s *Service) getPlay(w http.ResponseWriter, r *http.Request) {
	id, err := number(r)
	if err != nil {
		fail(w, err)
		return
	}
	for _, p := range s.Plays() {
		if p.ID == id {
			answer(w, http.StatusOK, p)
			return
		}
	}
	fail(w, &apiError{http.StatusNotFound, "no such play"})
}

func (s *Service) deletePlay(w http.ResponseWriter, r *http.Request) {
	id, err := number(r)
	var p Play
	if err == nil {
		p, err = s.StopPlay(id)
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, p)
}

func (s *Service) postPlay(w http.ResponseWriter, r *http.Request) {
	var how struct {
		App
		Scenario string          `json:"scenario"`
		Script   json.RawMessage `json:"script"`
		Speed    float64         `json:"speed"`
		Seed     *uint64         `json:"seed"`
	}
	if err := readJSON(w, r, &how, true); err != nil {
		fail(w, err)
		return
	}
	var script *scenarios.Scenario
	var err error
	switch {
	case (how.Scenario == "") == (how.Script == nil):
		err = wrong("want either scenario, a name, or script, a scenario of your own")
	case !(how.Speed >= 0) || math.IsInf(how.Speed, 0):
		err = wrong("speed: found %v, want 0 or more", how.Speed)
	case how.Script != nil:
		script, err = scenarios.Parse("script.json", how.Script)
	default:
		script, err = scenarios.Load(how.Scenario)
	}
	if errors.Is(err, scenarios.ErrScript) || errors.Is(err, scenarios.ErrUnknown) {
		err = wrong("%s", strings.TrimPrefix(err.Error(), "scenarios: "))
	}
	var p Play
	if err == nil {
		o := PlayOptions{App: how.App, Speed: how.Speed, Seed: digest(time.Now().String())}
		if how.Seed != nil {
			o.Seed = *how.Seed
		}
		p, err = s.Play(script, o)
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusAccepted, p)
}

type clock struct {
	Scale float64 `json:"scale"`
}

func (s *Service) getClock(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, clock{s.Health().Scale})
}

func (s *Service) putClock(w http.ResponseWriter, r *http.Request) {
	var how struct {
		Scale *float64 `json:"scale"`
	}
	err := readJSON(w, r, &how, true)
	if err == nil && how.Scale == nil {
		err = wrong("scale: found none, want a number: 1 is as the service waits, 0.1 a tenth of it, 0 not at all")
	}
	if err == nil {
		err = s.SetScale(*how.Scale)
	}
	if err != nil {
		fail(w, err)
		return
	}
	s.getClock(w, r)
}

// maxScale bounds how far waits are stretched.
const maxScale = 1000

// SetScale makes the waits before retries scale times as long as the retry
// policy says, also of those that have begun: 1 leaves them, 0 takes them away.
func (s *Service) SetScale(scale float64) error {
	if !(scale >= 0 && scale <= maxScale) {
		return wrong("scale: found %v, want 0 to %d", scale, maxScale)
	}
	s.mu.Lock()
	before := s.scale
	s.scale = scale
	for _, l := range s.queues {
		for j := range l.jobs {
			if !j.waits || before == scale {
				continue
			}
			left := time.Until(j.due)
			if before > 0 {
				left = time.Duration(float64(left) * scale / before)
			}
			s.wait(j, left)
			if j.timer != nil {
				j.timer.Stop()
				s.arm(j)
			}
		}
	}
	s.mu.Unlock()
	s.bus.tell(func() Update { return Update{Kind: ClockChanged} })
	return nil
}

func (s *Service) postReset(w http.ResponseWriter, _ *http.Request) {
	if err := s.Reset(); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, s.Health())
}

// Reset takes the service back to its beginning: no webhook, no delivery, no
// meeting, no key fault, a scale of 1. The key stays. Plays are stopped; what is
// under way goes on and is forgotten.
func (s *Service) Reset() error {
	s.registry.Lock()
	defer s.registry.Unlock()
	if err := s.store.Clear(); err != nil {
		return err
	}
	s.mu.Lock()
	s.plays.stopAll()
	var gone []*job
	for _, w := range s.webhooks {
		gone = append(gone, s.drop(w.ID, "the service was reset")...)
	}
	s.mu.Unlock()
	s.saveAll(gone) // whoever waits for them learns it
	s.mu.Lock()
	clear(s.counts)
	s.scale = 1
	s.stage = stage{begun: s.stage.begun}
	s.mu.Unlock()
	_ = s.o.Keys.SetFault(wellknown.None) // it is a fault
	s.bus.tell(func() Update { return Update{Kind: WasReset} })
	return nil
}
