package service

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/scenarios"
)

// Play is a scenario that is played to the webhooks of an app.
type Play struct {
	ID uint64 `json:"id"`
	store.App
	// MeetingID is the meeting that it is played in; empty: meetings of its own. Made
	// says that nobody knew it, so it was made.
	MeetingID string    `json:"meeting_id,omitempty"`
	Made      bool      `json:"made,omitempty"`
	Scenario  string    `json:"scenario"`
	Title     string    `json:"title"`
	State     PlayState `json:"state"`
	Error     string    `json:"error,omitempty"`
	BeganAt   time.Time `json:"began_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// Steps are the script's, with their results once the play is over.
	Steps []PlayStep `json:"steps"`
	// Step is the number of the step that began last.
	Step string `json:"step,omitempty"`
}

// PlayState says how far a play is.
type PlayState string

const (
	Playing  PlayState = "playing"
	Complete PlayState = "complete" // every step was played
	Stopped  PlayState = "stopped"  // it ended before its last step
)

// PlayStep is one step of a play.
type PlayStep struct {
	Number string                `json:"number"`
	Do     string                `json:"do"`
	Note   string                `json:"note,omitempty"`
	Expect scenarios.Expectation `json:"expect,omitempty"`
	Status scenarios.Status      `json:"status,omitempty"`
	Reason string                `json:"reason,omitempty"`
	// Sent is how many deliveries the step made. One that went to several webhooks
	// counts once.
	Sent int `json:"sent,omitempty"`
}

// end records the result of a play. The steps are new ones, since others may hold
// the old ones.
func (p *Play) end(r *scenarios.Result, err error) {
	p.State, p.EndedAt = Stopped, time.Now().UTC()
	if err != nil {
		p.Error = err.Error()
	}
	if r == nil {
		return
	}
	if r.Complete && err == nil {
		p.State = Complete
	}
	p.Steps = slices.Clone(p.Steps)
	for i, step := range r.Steps {
		p.Steps[i].Status, p.Steps[i].Reason, p.Steps[i].Sent = step.Status, step.Reason, step.Counts.Sent
	}
}

// PlayOptions say how a scenario is played.
type PlayOptions struct {
	store.App
	// Speed is how fast the meeting's time passes: 1 as in reality, 0 at once.
	Speed float64
	Seed  uint64
	// MeetingID is the meeting to play in. What a script plays in parallel has
	// meetings of its own. Empty: all have.
	MeetingID string
	// Set are members to change in every body that has them, by dotted path. Titles
	// and other names of the meeting stick.
	Set map[string]json.RawMessage
}

// Play plays a script in the background. Each of its deliveries goes to every
// webhook of the app that is subscribed to the event, with an rtk-uuid of its
// own. It counts as accepted if all of them accept it. Events that no webhook is
// subscribed to when the play begins are skipped.
//
// Retries are the service's. Attempts at a webhook are reduced as the service
// does it; if the service never does, as the script says, for this play alone.
func (s *Service) Play(script *scenarios.Scenario, o PlayOptions) (Play, error) {
	app, err := s.findApp(o.App)
	if err != nil {
		return Play{}, err
	}
	events := s.subscribed(app)
	if len(events) == 0 {
		return Play{}, jsonapi.Errorf(http.StatusConflict, "the app has no enabled webhook to play to, want one to be registered first")
	}
	p := Play{App: app, Scenario: script.Name, Title: script.Title, State: Playing, BeganAt: time.Now().UTC()}
	for _, step := range script.Steps() {
		p.Steps = append(p.Steps, PlayStep{Number: step.Number, Do: step.Do, Note: step.Note, Expect: step.Expect})
	}
	o.App = app
	if p.MeetingID = o.MeetingID; p.MeetingID != "" {
		if _, ok := s.platform.Find(platform.Key(app), p.MeetingID); !ok {
			if _, err := s.platform.CreateMeetingAs(platform.Key(app), p.MeetingID, platform.MeetingChange{}); err != nil {
				return Play{}, err
			}
			p.Made = true
		}
	}
	r, err := s.plays.begin(p)
	if err != nil {
		return Play{}, err
	}
	release := s.Hold()
	begun := s.changePlay(r, func(*Play) {})
	go func() {
		defer s.plays.end(r)
		defer release()
		s.run(r, script, o, events)
	}()
	return begun, nil
}

// subscribed returns the events that an enabled webhook of app gets.
func (s *Service) subscribed(app store.App) []rtk.EventType {
	var out []rtk.EventType
	for _, w := range s.WebhooksOf(app) {
		if w.Enabled {
			out = append(out, w.Events...)
		}
	}
	return unique(out)
}

func (s *Service) run(r *runningPlay, script *scenarios.Scenario, o PlayOptions, events []rtk.EventType) {
	result, err := scenarios.Play(r.ctx, script, scenarios.Options{
		URL:     "http://webhooks.invalid/", // each webhook has its own
		Payload: payload.Options{Seed: o.Seed, Start: time.Now(), BaseURL: s.o.artifactsURL()},
		Host:    &playHost{s: s, o: o, names: namesIn(o.Set)},
		Keys:    s.o.Keys,
		API:     s.api,
		Events:  events,
		Speed:   o.Speed,
		NewSender: func(given mocksender.Options) (scenarios.Sender, error) {
			f := &playSender{s: s, app: r.App, play: r.ID, set: o.Set, onAttempt: given.OnAttempt}
			var err error
			if s.o.Sender.Health == nil {
				f.health, err = mocksender.NewHealth(given.Health)
			}
			return f, err
		},
		Progress: func(u scenarios.Update) {
			if u.Kind == scenarios.Began {
				s.changePlay(r, func(p *Play) { p.Step = u.Step.Number })
			}
		},
	})
	if script.NeedsKeys() {
		s.keepKey()
	}
	s.changePlay(r, func(p *Play) { p.end(result, err) })
}

// changePlay changes a play and reports it.
func (s *Service) changePlay(r *runningPlay, change func(*Play)) Play {
	p := s.plays.change(r, change)
	s.updates.report(Update{Kind: PlaySet, Play: &p})
	return p
}

// Plays returns the plays that are remembered, the newest first.
func (s *Service) Plays() []Play { return s.plays.list() }

// StopPlay begins to end a play, and returns it as it is now. The error matches
// dispatch.ErrUnknown.
func (s *Service) StopPlay(id uint64) (Play, error) {
	r, err := s.plays.find(id)
	if err != nil {
		return Play{}, err
	}
	return s.plays.change(r, func(*Play) { r.cancel() }), nil
}

// playSender is the sender of a play. It delivers to all webhooks that are
// subscribed.
type playSender struct {
	s         *Service
	app       store.App
	play      uint64
	set       map[string]json.RawMessage
	health    *mocksender.Health // of the script; nil: none, or the service has its own
	onAttempt func(mocksender.Delivery, mocksender.Attempt)

	mu sync.Mutex
	// failing are the webhooks that failed the last delivery, with its receipt. No
	// result waits for them: each retry at a dead webhook would hold up the play.
	failing map[string]mocksender.Receipt
	// behind are the webhooks that did not answer while another did. No step waits for
	// them.
	behind  map[string]bool
	changed chan struct{} // closed when one of these changes
}

// laggards is how long a step waits for others once a webhook has answered.
const laggards = 250 * time.Millisecond

// Send implements scenarios.Sender.
func (p *playSender) Send(ctx context.Context, url string, d mocksender.Delivery) (mocksender.Receipt, error) {
	return p.SendAhead(ctx, url, d, func() {})
}

// SendAhead implements scenarios.AheadSender. It returns the receipt of the webhook
// where the delivery went worst. The store has those of all. The next step does not
// wait for webhooks that lag behind.
func (p *playSender) SendAhead(ctx context.Context, url string, d mocksender.Delivery, goOn func()) (mocksender.Receipt, error) {
	flight := playFlight{p: p, receipts: map[string]mocksender.Receipt{}}
	o := dispatch.Order{
		App: p.app, Event: d.Event, Play: p.play, Health: p.health, Mutations: d.Mutations, Faults: store.Faults(d.Faults),
		UUID: func(webhookID string) string { return derivedUUID(webhookID, d.UUID) },
		Tried: func(a mocksender.Attempt) {
			if p.onAttempt != nil {
				p.onAttempt(d, a)
			}
		},
		Ended: func(end store.Delivery, attempts []mocksender.Attempt) {
			flight.end(end.WebhookID, mocksender.Receipt{URL: end.URL, Delivery: d, Attempts: attempts, Fate: fateOf(end)})
		},
	}
	for _, m := range d.Mutations {
		o.MutationIDs = append(o.MutationIDs, m.ID)
	}
	d.Event.Body = override(d.Event.Body, p.set)
	o.Event, o.MeetingID = d.Event, meetingIn(d.Event.Body)
	p.s.describeLinks(d.Event, nil)
	var err error
	if flight.ds, err = p.s.Deliver(o); err != nil {
		return mocksender.Receipt{}, err
	}
	if !flight.wait(ctx, sync.OnceFunc(goOn)) {
		return mocksender.Receipt{URL: url, Delivery: d, Fate: mocksender.Abandoned}, nil
	}
	out := mocksender.Receipt{URL: url, Delivery: d, Fate: mocksender.NotTried, Health: mocksender.Healthy}
	for i, r := range flight.all() {
		if r.Delivery = d; i == 0 || out.Accepted() {
			out = r
		}
	}
	return out, nil
}

// playFlight is a delivery of a play to all its webhooks. playSender.mu guards it.
type playFlight struct {
	p        *playSender
	ds       []store.Delivery
	receipts map[string]mocksender.Receipt // by webhook, of those where it is over
	allFail  bool                          // all webhooks had failed before
}

// end notes that the delivery is over at a webhook, and whether the webhook accepts
// what it is sent. A forgery that it refuses says nothing about it.
func (f *playFlight) end(webhookID string, r mocksender.Receipt) {
	p := f.p
	p.mu.Lock()
	defer p.mu.Unlock()
	f.receipts[webhookID] = r
	switch {
	case r.Accepted():
		delete(p.failing, webhookID)
		delete(p.behind, webhookID)
	case r.Fate == mocksender.Exhausted:
		if p.failing == nil {
			p.failing = map[string]mocksender.Receipt{}
		}
		p.failing[webhookID] = r
	}
	p.change()
}

// change wakes who waits. p.mu is held.
func (p *playSender) change() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// wait waits until the receipts are there that the result depends on, and calls goOn
// when the next step may begin. It reports whether ctx lasted until then.
func (f *playFlight) wait(ctx context.Context, goOn func()) bool {
	var patience <-chan time.Time
	for {
		open, ahead, changed := f.look()
		switch {
		case open == 0:
			return true
		case ahead == 0:
			goOn()
		case len(f.ds) > ahead && patience == nil:
			timer := time.NewTimer(laggards)
			defer timer.Stop()
			patience = timer.C
		}
		select {
		case <-changed:
		case <-patience:
			f.leaveBehind()
		case <-ctx.Done():
			return false
		}
	}
}

// look returns for how many webhooks the result waits, and for how many of those the
// next step does, and what is closed when that may have changed. If all webhooks
// fail, both wait for all; if all lag behind, the next step waits for one.
func (f *playFlight) look() (open, ahead int, changed <-chan struct{}) {
	p := f.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	missing := 0
	for _, d := range f.ds {
		if _, over := f.receipts[d.WebhookID]; over {
			continue
		}
		missing++
		_, fails := p.failing[d.WebhookID]
		if !fails {
			open++
		}
		if !fails && !p.behind[d.WebhookID] {
			ahead++
		}
	}
	switch {
	case f.allFail || missing == len(f.ds) && open == 0:
		f.allFail, open, ahead = true, missing, missing
	case missing == len(f.ds) && ahead == 0:
		ahead = missing
	}
	return open, ahead, p.changed
}

// leaveBehind has no step wait for those webhooks any more where the delivery is not
// over.
func (f *playFlight) leaveBehind() {
	p := f.p
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range f.ds {
		if _, over := f.receipts[d.WebhookID]; over {
			continue
		}
		if p.behind == nil {
			p.behind = map[string]bool{}
		}
		p.behind[d.WebhookID] = true
	}
	p.change()
}

// all returns the receipts. Where the delivery is not over, the webhook has failed
// before.
func (f *playFlight) all() []mocksender.Receipt {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	out := make([]mocksender.Receipt, len(f.ds))
	for i, d := range f.ds {
		r, over := f.receipts[d.WebhookID]
		if !over {
			r = f.p.failing[d.WebhookID]
		}
		out[i] = r
	}
	return out
}

// override changes the members of a body that are there.
func override(body []byte, set map[string]json.RawMessage) []byte {
	for _, path := range slices.Sorted(maps.Keys(set)) {
		if _, err := payload.Get(body, path); err != nil {
			continue
		}
		if changed, err := payload.Set(body, path, set[path]); err == nil {
			body = changed
		}
	}
	return body
}

// playHost has the meetings of a play in the platform, where the REST API shows
// them.
type playHost struct {
	s     *Service
	o     PlayOptions
	names platform.Names
	turn  *platform.Turn
	bound bool // a script's meeting is that of o.MeetingID already
}

// Turn implements scenarios.Host.
func (h *playHost) Turn(f func() *payload.Meeting) {
	keep := func(c platform.Change) func() error {
		finish := h.s.Begin(nil, records(c.Records))
		h.s.updates.meetingSet(c)
		return func() error {
			_, err := finish()
			return err
		}
	}
	err := h.s.platform.Take(keep, func(t *platform.Turn) ([]rtk.Event, error) {
		h.turn = t
		if m := f(); m != nil {
			t.Touch(platform.Key(h.o.App), m.ID())
		}
		return nil, nil
	})
	if err != nil {
		h.s.o.Log.Error("a step of a play could not be stored", "error", err)
	}
}

// Begin implements scenarios.Host.
func (h *playHost) Begin(o payload.Options) (*payload.Meeting, error) {
	k := platform.Key(h.o.App)
	m := h.turn.Meeting(k, h.o.MeetingID)
	if m == nil || h.bound || o.Seed != h.o.Seed { // another meeting of the script
		m, err := payload.New(o)
		if err != nil {
			return nil, err
		}
		return m, h.turn.Adopt(k, m)
	}
	h.bound = true
	h.turn.Rename(k, m.ID(), h.names, "")
	if m.Session().Ended {
		return m, m.NextSession()
	}
	return m, nil
}

func fateOf(d store.Delivery) mocksender.Fate {
	if d.State == store.Dropped {
		return mocksender.NotTried
	}
	return mocksender.Fate(d.State)
}

// derivedUUID gives a webhook a uuid of its own for a uuid of a play. It is the
// same for the same pair, so that a duplicate stays one.
func derivedUUID(webhookID, uuid string) string {
	return rtk.NewIDs(hash(webhookID+" "+uuid), "service/derived").Next()
}

const (
	maxPlays     = 16  // under way at a time
	maxPlaysKept = 100 // that are over
)

// plays holds the plays that are under way, and the last ones that are over.
type plays struct {
	mu       sync.Mutex
	closed   bool
	lastID   uint64
	underWay int
	all      []*runningPlay // the oldest first
}

type runningPlay struct {
	Play   // plays.mu guards what changes
	ctx    context.Context
	cancel context.CancelFunc
	over   chan struct{} // closed at the end
}

// begin gives p an ID and adds it. The caller calls end in the end.
func (ps *plays) begin(p Play) (*runningPlay, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	switch {
	case ps.closed:
		return nil, dispatch.ErrClosed
	case ps.underWay >= maxPlays:
		return nil, jsonapi.Errorf(http.StatusTooManyRequests, "%d scenarios are being played already", maxPlays)
	case len(ps.all) >= maxPlays+maxPlaysKept:
		over := slices.IndexFunc(ps.all, func(r *runningPlay) bool { return r.State != Playing })
		ps.all = slices.Delete(ps.all, over, over+1)
	}
	ps.lastID++
	p.ID = ps.lastID
	r := &runningPlay{Play: p, over: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	ps.all = append(ps.all, r)
	ps.underWay++
	return r, nil
}

// end is called when the last change of a play has been made.
func (ps *plays) end(r *runningPlay) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	r.cancel()
	ps.underWay--
	close(r.over)
}

// change changes a play and returns it as it is then.
func (ps *plays) change(r *runningPlay, change func(*Play)) Play {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	change(&r.Play)
	return r.Play
}

// stop ends all plays. If closing, there is none after it.
func (ps *plays) stop(closing bool) {
	ps.mu.Lock()
	ps.closed = ps.closed || closing
	all := slices.Clone(ps.all)
	ps.mu.Unlock()
	for _, r := range all {
		r.cancel()
	}
	for _, r := range all {
		<-r.over
	}
}

// list returns the plays, the newest first.
func (ps *plays) list() []Play {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	out := make([]Play, 0, len(ps.all))
	for _, r := range slices.Backward(ps.all) {
		out = append(out, r.Play)
	}
	return out
}

// find returns a play. The error matches dispatch.ErrUnknown.
func (ps *plays) find(id uint64) (*runningPlay, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, r := range ps.all {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%w: play %d", dispatch.ErrUnknown, id)
}
