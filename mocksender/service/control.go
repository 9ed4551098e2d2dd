package service

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/scenarios"
	"github.com/rtkmock/rtkmock/schemas"
)

//go:embed openapi.json
var openAPI []byte

// OpenAPI returns the OpenAPI document of the control API. The caller owns the
// bytes.
func OpenAPI() []byte { return slices.Clone(openAPI) }

// controlRoutes returns the routes of the control API by their paths below
// controlPath, as openapi.json has them.
func (s *Service) controlRoutes() map[string]jsonapi.Methods {
	get := func(f func(*http.Request) (any, error)) jsonapi.Methods {
		return jsonapi.Methods{http.MethodGet: endpoint(http.StatusOK, f)}
	}
	post := func(h http.HandlerFunc) jsonapi.Methods { return jsonapi.Methods{http.MethodPost: h} }
	const ok, accepted = http.StatusOK, http.StatusAccepted
	return map[string]jsonapi.Methods{
		"health":       get(s.getHealth),
		"openapi.json": {http.MethodGet: getOpenAPI},
		"webhooks": {
			http.MethodGet:  endpoint(ok, s.getWebhookStatuses),
			http.MethodPost: endpointWithBody(http.StatusCreated, strict, s.postWebhook),
		},
		"webhooks/{id}":          {http.MethodDelete: endpoint(ok, s.deleteAnyWebhook)},
		"emit":                   post(endpointWithBody(accepted, strict, func(_ *http.Request, e Emission) (any, error) { return s.Emit(e) })),
		"deliveries":             get(s.getDeliveries),
		"deliveries/{id}":        get(withID(s.getDelivery)),
		"deliveries/{id}/resend": post(endpointWithBody(accepted, optional, s.postResend)),
		"wait":                   post(endpointWithBody(ok, optional, s.postWait)),
		"scenarios":              get(getScenarios),
		"words":                  get(s.getWords),
		"plays": {
			http.MethodGet:  endpoint(ok, s.getPlays),
			http.MethodPost: endpointWithBody(accepted, strict, s.postPlay),
		},
		"plays/{id}": {
			http.MethodGet:    endpoint(ok, withID(s.getPlay)),
			http.MethodDelete: endpoint(ok, withID(s.deletePlay)),
		},
		"key": {
			http.MethodGet: endpoint(ok, s.getKey),
			http.MethodPut: endpointWithBody(ok, strict, s.putKey),
		},
		"key/rotate": post(endpoint(ok, s.postRotate)),
		"api": {
			http.MethodGet: endpoint(ok, s.getAPI),
			http.MethodPut: endpointWithBody(ok, strict, s.putAPI),
		},
		"clock": {
			http.MethodGet: endpoint(ok, s.getClock),
			http.MethodPut: endpointWithBody(ok, strict, s.putClock),
		},
		"meetings":                       {http.MethodGet: endpoint(ok, s.getMeetings), http.MethodPost: endpointWithBody(accepted, optional, s.postMeeting)},
		"meetings/{id}":                  get(s.getMeeting),
		"meetings/{id}/join":             post(endpointWithBody(accepted, optional, s.postJoin)),
		"meetings/{id}/leave":            post(endpointWithBody(accepted, optional, s.postLeave)),
		"meetings/{id}/end":              post(endpointWithBody(accepted, optional, s.postEnd)),
		"meetings/{id}/record":           post(endpointWithBody(accepted, optional, s.postRecord)),
		"meetings/{id}/livestream":       post(endpointWithBody(accepted, optional, s.postLivestream)),
		"meetings/{id}/artifacts/{kind}": post(endpointWithBody(accepted, optional, s.postArtifact)),
		"recordings/{id}/advance":        post(endpointWithBody(accepted, optional, s.postAdvance)),
		"snapshot":                       get(s.getSnapshot),
		"restore":                        post(s.postRestore),
		"rest.json":                      {http.MethodGet: getRESTDocument},
		"reset":                          post(endpointWithBody(ok, optional, s.postReset)),
		"events":                         {http.MethodGet: s.getEvents},
	}
}

func (s *Service) getHealth(*http.Request) (any, error) { return s.Health(), nil }

func getOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
}

func (s *Service) getWebhookStatuses(*http.Request) (any, error) {
	statuses := s.WebhookStatuses()
	for i := range statuses {
		statuses[i].URL = redact.URL(statuses[i].URL)
	}
	return map[string]any{"webhooks": statuses}, nil
}

type webhookRequest struct {
	store.App
	registration
}

// postWebhook registers a webhook, like the REST API, for people at the page.
func (s *Service) postWebhook(_ *http.Request, how webhookRequest) (any, error) {
	app, err := s.findApp(how.App)
	if err != nil {
		return nil, err
	}
	w, err := how.apply(store.Webhook{App: app}, true)
	if err != nil {
		return nil, err
	}
	return withoutSecrets(s.Register(w))
}

// withoutSecrets returns a webhook as the control API shows it.
func withoutSecrets(w store.Webhook, err error) (any, error) {
	w.URL = redact.URL(w.URL)
	return w, err
}

// deleteAnyWebhook deletes a webhook of any app.
func (s *Service) deleteAnyWebhook(r *http.Request) (any, error) {
	id := r.PathValue("id")
	for _, w := range s.Webhooks() {
		if w.ID == id {
			return withoutSecrets(s.Delete(w.App, id))
		}
	}
	return nil, jsonapi.Errorf(http.StatusNotFound, "not there: webhook %.64q", id)
}

func (s *Service) getDeliveries(r *http.Request) (any, error) {
	f, err := parseFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	ds, err := s.Deliveries(f)
	return map[string]any{"deliveries": summaries(ds), "forgotten": s.Counts().Forgotten}, err
}

// parseFilter reads the query of a listing.
func parseFilter(q url.Values) (store.Filter, error) {
	f := store.Filter{
		App:       store.App{AccountID: q.Get("account_id"), AppID: q.Get("app_id")},
		WebhookID: q.Get("webhook_id"), UUID: q.Get("uuid"), MeetingID: q.Get("meeting_id"),
		Event: rtk.EventType(q.Get("event")), State: store.State(q.Get("state")),
	}
	if f.Event != "" && !f.Event.Known() {
		return f, unknownEvent(f.Event)
	}
	if f.State != "" && !slices.Contains(store.States(), f.State) {
		return f, jsonapi.Invalid("state: found %.100q, want one of %v", string(f.State), store.States())
	}
	limit := uint64(0)
	if err := parseNumbers(q, map[string]*uint64{"before": &f.Before, "after": &f.After, "play": &f.Play, "limit": &limit}); err != nil {
		return f, err
	}
	if limit > store.MaxLimit {
		return f, jsonapi.Invalid("limit: found %d, want at most %d", limit, store.MaxLimit)
	}
	f.Limit = int(limit)
	return f, nil
}

// parseNumbers reads those members of a query that are given.
func parseNumbers(q url.Values, to map[string]*uint64) error {
	for name, to := range to {
		text := q.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return jsonapi.Invalid("%s: found %.40q, want a whole number", name, text)
		}
		*to = n
	}
	return nil
}

// pathID returns the id in the path.
func pathID(r *http.Request) (uint64, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, jsonapi.Errorf(http.StatusNotFound, "an id is a whole number")
	}
	return id, nil
}

// withID calls f with the id in the path.
func withID(f func(id uint64) (any, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		id, err := pathID(r)
		if err != nil {
			return nil, err
		}
		return f(id)
	}
}

// verifiedAttempt is an attempt, and whether its signature verifies with the
// present key.
type verifiedAttempt struct {
	store.Attempt
	Verified bool `json:"verified"`
}

func (s *Service) getDelivery(id uint64) (any, error) {
	d, err := s.Delivery(id)
	attempts := make([]verifiedAttempt, len(d.Attempts))
	for i, a := range d.Attempts {
		attempts[i] = verifiedAttempt{a, s.verifies(a, d.Body)}
	}
	return struct {
		store.Delivery
		Attempts []verifiedAttempt `json:"attempts"`
	}{d, attempts}, err
}

type resendRequest struct {
	NewUUID bool `json:"new_uuid"`
}

func (s *Service) postResend(r *http.Request, how resendRequest) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	d, err := s.Resend(id, how.NewUUID)
	return d.Summary(), err
}

// The time that postWait waits.
const (
	defaultWait = 30 * time.Second
	maxWait     = 10 * time.Minute
)

type waitRequest struct {
	TimeoutMS *float64 `json:"timeout_ms"`
}

func (s *Service) postWait(r *http.Request, how waitRequest) (any, error) {
	limit := defaultWait
	if ms := how.TimeoutMS; ms != nil {
		if !(*ms >= 0 && *ms <= float64(maxWait.Milliseconds())) {
			return nil, jsonapi.Invalid("timeout_ms: found %v, want 0 to %d", *ms, maxWait.Milliseconds())
		}
		limit = time.Duration(*ms * float64(time.Millisecond))
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	err := s.WaitQuiet(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = jsonapi.Errorf(http.StatusGatewayTimeout, "%s", plain(err))
	}
	return s.Health(), err
}

func getScenarios(*http.Request) (any, error) {
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
			return nil, err
		}
		out = append(out, entry{script.Name, script.Title, script.Note, script.Deliveries()})
	}
	return map[string]any{"scenarios": out}, nil
}

func (s *Service) getPlays(*http.Request) (any, error) {
	return map[string]any{"plays": s.Plays()}, nil
}

func (s *Service) getPlay(id uint64) (any, error) {
	r, err := s.plays.find(id)
	if err != nil {
		return nil, err
	}
	return s.plays.change(r, func(*Play) {}), nil
}

func (s *Service) deletePlay(id uint64) (any, error) { return s.StopPlay(id) }

type playRequest struct {
	store.App
	Scenario string          `json:"scenario"`
	Script   json.RawMessage `json:"script"`
	Speed    float64         `json:"speed"`
	Seed     *uint64         `json:"seed"`

	MeetingID string                     `json:"meeting_id"`
	Set       map[string]json.RawMessage `json:"set"`
}

func (s *Service) postPlay(_ *http.Request, how playRequest) (any, error) {
	if (how.Scenario == "") == (how.Script == nil) {
		return nil, jsonapi.Invalid("want either scenario, a name, or script, a scenario of your own")
	}
	if !(how.Speed >= 0) || math.IsInf(how.Speed, 0) {
		return nil, jsonapi.Invalid("speed: found %v, want 0 or more", how.Speed)
	}
	var script *scenarios.Scenario
	var err error
	if how.Script != nil {
		script, err = scenarios.Parse("script.json", how.Script)
	} else {
		script, err = scenarios.Load(how.Scenario)
	}
	if errors.Is(err, scenarios.ErrScript) || errors.Is(err, scenarios.ErrUnknown) {
		err = jsonapi.Invalid("%s", plain(err))
	}
	if err != nil {
		return nil, err
	}
	if len(how.MeetingID) > maxWord {
		return nil, jsonapi.Invalid("meeting_id: it is longer than %d bytes", maxWord)
	}
	o := PlayOptions{App: how.App, Speed: how.Speed, Seed: hash(time.Now().String()), MeetingID: how.MeetingID, Set: how.Set}
	if how.Seed != nil {
		o.Seed = *how.Seed
	}
	return s.Play(script, o)
}

func (s *Service) getKey(*http.Request) (any, error) { return s.Key() }

// faultRequest asks the key endpoint or the REST API to fail.
type faultRequest struct {
	Fault *string `json:"fault"`
}

func (s *Service) putKey(_ *http.Request, how faultRequest) (any, error) {
	if how.Fault == nil {
		return nil, jsonapi.Invalid(`fault: found none, want its name, or "none"`)
	}
	fault, err := wellknown.ParseFault(*how.Fault)
	if err == nil {
		err = s.SetKeyFault(fault)
	}
	if err != nil {
		return nil, jsonapi.Invalid("fault: %s", plain(err))
	}
	return s.Key()
}

func (s *Service) getAPI(*http.Request) (any, error) {
	return map[string]string{"fault": s.api.Fault().String()}, nil
}

func (s *Service) putAPI(r *http.Request, how faultRequest) (any, error) {
	if how.Fault == nil {
		return nil, jsonapi.Invalid(`fault: found none, want its name, or "none"`)
	}
	fault, err := rest.ParseFault(*how.Fault)
	if err == nil {
		err = s.api.SetFault(fault)
	}
	if err != nil {
		return nil, jsonapi.Invalid("fault: %s", plain(err))
	}
	return s.getAPI(r)
}

func (s *Service) postRotate(*http.Request) (any, error) {
	if err := s.Rotate(); err != nil {
		return nil, err
	}
	return s.Key()
}

func (s *Service) getClock(*http.Request) (any, error) {
	return clockStatus{s.Counts().Scale, s.platform.Now()}, nil
}

// clockStatus is how long the service waits before retries, and the time in the
// meetings.
type clockStatus struct {
	Scale float64   `json:"scale"`
	Now   time.Time `json:"now"`
}

type clockRequest struct {
	Scale     *float64 `json:"scale"`
	AdvanceMS *float64 `json:"advance_ms"`
}

func (s *Service) putClock(r *http.Request, how clockRequest) (any, error) {
	if how.Scale == nil && how.AdvanceMS == nil {
		return nil, jsonapi.Invalid("scale: found none, and no advance_ms, want a number: with 1 the service waits as usual, with 0.1 a tenth of that, with 0 not at all")
	}
	if how.Scale != nil && s.SetScale(*how.Scale) != nil {
		return nil, jsonapi.Invalid("scale: found %v, want 0 to %d", *how.Scale, dispatch.MaxScale)
	}
	if ms := how.AdvanceMS; ms != nil {
		if !(*ms >= 0 && *ms <= maxAdvanceMS) {
			return nil, jsonapi.Invalid("advance_ms: found %v, want 0 to %d", *ms, int64(maxAdvanceMS))
		}
		if err := s.platform.Advance(time.Duration(*ms * float64(time.Millisecond))); err != nil {
			return nil, err
		}
	}
	return s.getClock(r)
}

// maxAdvanceMS is a year.
const maxAdvanceMS = 366 * 24 * 60 * 60 * 1000

type resetRequest struct {
	KeepWebhooks bool `json:"keep_webhooks"`
}

func (s *Service) postReset(_ *http.Request, how resetRequest) (any, error) {
	reset := s.Reset
	if how.KeepWebhooks {
		reset = s.ResetMeetings
	}
	if err := reset(); err != nil {
		return nil, err
	}
	return s.Health(), nil
}

// Words are the names that the control API knows. Forms need them, and tests that
// go through all there is.
type Words struct {
	Events    []EventWords  `json:"events"`
	States    []store.State `json:"states"`
	KeyFaults []FaultWords  `json:"key_faults"`
	// APIURL is the base URL of the REST API for SDKs.
	APIURL string `json:"api_url"`
}

// EventWords is an event type and the members that its schema has.
type EventWords struct {
	Name   rtk.EventType   `json:"name"`
	Fields []schemas.Field `json:"fields"`
}

// FaultWords is a fault of the key endpoint.
type FaultWords struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

func (s *Service) getWords(*http.Request) (any, error) {
	out, err := words()
	out.APIURL = s.o.BaseURL + strings.TrimSuffix(rest.Base, "/")
	return out, err
}

// words reads the schemas once, on the first request: that takes a moment.
var words = sync.OnceValues(func() (Words, error) {
	out := Words{States: store.States()}
	for _, t := range rtk.EventTypes() {
		fields, err := schemas.Fields(string(t))
		if err != nil {
			return out, err
		}
		out.Events = append(out.Events, EventWords{t, fields})
	}
	for _, f := range wellknown.Faults() {
		// A fault that needs a value cannot be chosen from a list.
		if name := f.String(); !strings.Contains(name, "=") {
			out.KeyFaults = append(out.KeyFaults, FaultWords{name, f.Doc()})
		}
	}
	return out, nil
})
