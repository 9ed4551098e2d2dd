package service

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

//go:embed openapi.json
var openAPI []byte

// OpenAPI returns the OpenAPI document of the control API. The caller owns the
// bytes.
func OpenAPI() []byte { return slices.Clone(openAPI) }

func getOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
}

// Health is how the service stands.
type Health struct {
	Status    string           `json:"status"` // "ok"
	Quiet     bool             `json:"quiet"`
	Webhooks  int              `json:"webhooks"`
	Pending   int              `json:"pending"`
	Playing   int              `json:"playing"`
	Over      map[State]uint64 `json:"over"` // deliveries, by their state
	Forgotten uint64           `json:"forgotten"`
	LastID    uint64           `json:"last_id"`
	Scale     float64          `json:"scale"`
	KeyFault  string           `json:"key_fault"`
	UptimeMS  int64            `json:"uptime_ms"`
}

// Health returns how the service stands.
func (s *Service) Health() Health {
	forgotten := s.store.Forgotten()
	s.mu.Lock()
	defer s.mu.Unlock()
	h := Health{
		Status: "ok", Quiet: s.isQuiet(), Webhooks: len(s.webhooks), Pending: s.pending, Playing: s.plays.running,
		Over: map[State]uint64{}, Forgotten: forgotten, LastID: s.lastID, Scale: s.scale,
		KeyFault: s.o.Keys.Fault().String(), UptimeMS: time.Since(s.began).Milliseconds(),
	}
	for _, state := range States() {
		if state != Pending {
			h.Over[state] = s.counts[state]
		}
	}
	return h
}

func (s *Service) getHealth(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.Health())
}

// Standing is a webhook and how it fares.
type Standing struct {
	Webhook
	Health  mocksender.HealthState `json:"health"`
	Pending int                    `json:"pending"`
}

// Standings returns all webhooks of all apps and how they fare.
func (s *Service) Standings() []Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Standing, 0, len(s.webhooks))
	for _, w := range s.webhooks {
		out = append(out, Standing{w, s.health.State(w.ID), len(s.queues[w.ID].jobs)})
	}
	return out
}

func (s *Service) getStandings(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"webhooks": s.Standings()})
}

func (s *Service) postEmit(w http.ResponseWriter, r *http.Request) {
	var e Emission
	if err := readJSON(w, r, &e, true); err != nil {
		fail(w, err)
		return
	}
	out, err := s.Emit(e)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusAccepted, out)
}

func (s *Service) postResend(w http.ResponseWriter, r *http.Request) {
	var how struct {
		NewUUID bool `json:"new_uuid"`
	}
	id, err := number(r)
	if err == nil && r.ContentLength != 0 {
		err = readJSON(w, r, &how, true)
	}
	var d Delivery
	if err == nil {
		d, err = s.Resend(id, how.NewUUID)
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusAccepted, d.summary())
}

// number returns the id in the path. What is none names nothing.
func number(r *http.Request) (uint64, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, &apiError{http.StatusNotFound, "an id is a whole number"}
	}
	return id, nil
}

// Bounds of a wait.
const (
	defaultWait = 30 * time.Second
	maxWait     = 10 * time.Minute
)

func (s *Service) postWait(w http.ResponseWriter, r *http.Request) {
	var how struct {
		TimeoutMS *float64 `json:"timeout_ms"`
	}
	if r.ContentLength != 0 {
		if err := readJSON(w, r, &how, true); err != nil {
			fail(w, err)
			return
		}
	}
	limit := defaultWait
	if how.TimeoutMS != nil {
		if ms := *how.TimeoutMS; !(ms >= 0 && ms <= float64(maxWait.Milliseconds())) {
			fail(w, wrong("timeout_ms: found %v, want 0 to %d", ms, maxWait.Milliseconds()))
			return
		}
		limit = time.Duration(*how.TimeoutMS * float64(time.Millisecond))
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	err := s.WaitQuiet(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = &apiError{http.StatusGatewayTimeout, plain(err)}
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, s.Health())
}

// KeyStanding is the signing key and its endpoint.
type KeyStanding struct {
	Fingerprint string `json:"fingerprint"`
	PublicKey   string `json:"public_key"`
	Fault       string `json:"fault"`
	Fetches     int    `json:"fetches"`
}

// Key returns how the signing key and its endpoint stand.
func (s *Service) Key() (KeyStanding, error) {
	key, err := s.o.Keys.Keys().Key()
	if err != nil {
		return KeyStanding{}, err
	}
	out := KeyStanding{Fault: s.o.Keys.Fault().String(), Fetches: s.o.Keys.Fetches()}
	if out.Fingerprint, err = rtk.Fingerprint(&key.PublicKey); err != nil {
		return out, err
	}
	out.PublicKey, err = rtk.PublicPEM(&key.PublicKey)
	return out, err
}

func (s *Service) getKey(w http.ResponseWriter, _ *http.Request) {
	k, err := s.Key()
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, k)
}

// SetKeyFault makes the key endpoint fail. The error matches
// wellknown.ErrFault.
func (s *Service) SetKeyFault(f wellknown.Fault) error {
	if err := s.o.Keys.SetFault(f); err != nil {
		return err
	}
	s.bus.tell(func() Update { return Update{Kind: KeyChanged} })
	return nil
}

func (s *Service) putKey(w http.ResponseWriter, r *http.Request) {
	var how struct {
		Fault *string `json:"fault"`
	}
	err := readJSON(w, r, &how, true)
	if err == nil && how.Fault == nil {
		err = wrong(`fault: found none, want its name, or "none"`)
	}
	if err == nil {
		var f wellknown.Fault
		if f, err = wellknown.ParseFault(*how.Fault); err != nil {
			err = wrong("fault: %s", err)
		} else {
			err = s.SetKeyFault(f)
		}
	}
	if err != nil {
		fail(w, err)
		return
	}
	s.getKey(w, r)
}

// Rotate makes a fresh key the signing key. What waits for its next attempt is
// signed by it.
func (s *Service) Rotate() error {
	key, err := rtk.GenerateKey()
	if err != nil {
		return err
	}
	pem, err := rtk.PrivatePEM(key)
	if err != nil {
		return err
	}
	if err := s.store.PutKey(pem); err != nil {
		return err
	}
	s.o.Keys.Keys().Rotate(key)
	s.bus.tell(func() Update { return Update{Kind: KeyChanged} })
	return nil
}

func (s *Service) postRotate(w http.ResponseWriter, r *http.Request) {
	if err := s.Rotate(); err != nil {
		fail(w, err)
		return
	}
	s.getKey(w, r)
}

// filterOf reads the query of a listing.
func filterOf(q url.Values) (Filter, error) {
	f := Filter{
		App:       App{q.Get("account_id"), q.Get("app_id")},
		WebhookID: q.Get("webhook_id"), UUID: q.Get("uuid"),
		Event: rtk.EventType(q.Get("event")), State: State(q.Get("state")),
	}
	if f.Event != "" && !f.Event.Known() {
		return f, wrong("event: found %.100q, want one of %s", string(f.Event), listing(rtk.EventTypes()))
	}
	if f.State != "" && !slices.Contains(States(), f.State) {
		return f, wrong("state: found %.100q, want one of %v", string(f.State), States())
	}
	limit := uint64(0)
	for _, n := range []struct {
		name string
		to   *uint64
	}{{"before", &f.Before}, {"after", &f.After}, {"play", &f.Play}, {"limit", &limit}} {
		text := q.Get(n.name)
		if text == "" {
			continue
		}
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return f, wrong("%s: found %.40q, want a whole number", n.name, text)
		}
		*n.to = v
	}
	if limit > MaxLimit {
		return f, wrong("limit: found %d, want at most %d", limit, MaxLimit)
	}
	f.Limit = int(limit)
	return f, nil
}
