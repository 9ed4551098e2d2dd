package service

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// Bounds of plays.
const (
	maxPlays     = 16  // under way at a time
	maxPlaysKept = 100 // that are over
)

// Play is a scenario that is played to the webhooks of an app.
type Play struct {
	ID uint64 `json:"id"`
	App
	Scenario string    `json:"scenario"`
	Title    string    `json:"title"`
	State    PlayState `json:"state"`
	Error    string    `json:"error,omitempty"`
	BeganAt  time.Time `json:"began_at"`
	EndedAt  time.Time `json:"ended_at,omitzero"`
	// Steps are the script's, with what became of them once the play is over.
	Steps []PlayStep `json:"steps"`
	// Step is the number of the step that began last.
	Step string `json:"step,omitempty"`
}

// PlayState says how a play stands.
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
	// Sent is how many deliveries the step made, each counted once for all the
	// webhooks that it went to.
	Sent int `json:"sent,omitempty"`
}

// plays is guarded by Service.mu.
type plays struct {
	lastID  uint64
	running int
	all     []*playing
}

type playing struct {
	Play
	cancel context.CancelFunc
}

func (p *plays) stopAll() {
	for _, one := range p.all {
		one.cancel()
	}
}

// PlayOptions say how a scenario is played.
type PlayOptions struct {
	App
	// Speed is how fast the meeting's time passes: 1 as it was, 0 at once.
	Speed float64
	Seed  uint64
}

// Play plays script in the background, with each of its deliveries going to
// every webhook of the app that is subscribed to the event, under an rtk-uuid of
// its own; a delivery counts as accepted if all took it. Events that no webhook
// has subscribed to when the play begins are skipped. Retries are the service's;
// attempts at a webhook are reduced as the service does or, where it never does,
// as the script says, which holds for the play alone.
func (s *Service) Play(script *scenarios.Scenario, o PlayOptions) (Play, error) {
	app, err := s.appFor(o.App)
	if err != nil {
		return Play{}, err
	}
	events := s.subscribed(app)
	if len(events) == 0 {
		return Play{}, &apiError{http.StatusConflict, "the app has no enabled webhook to play to, want one to be registered first"}
	}
	p := &playing{Play: Play{App: app, Scenario: script.Name, Title: script.Title, State: Playing, BeganAt: time.Now().UTC()}}
	for _, step := range script.Steps() {
		p.Steps = append(p.Steps, PlayStep{Number: step.Number, Do: step.Do, Note: step.Note, Expect: step.Expect})
	}
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(s.ctx)
	s.mu.Lock()
	switch {
	case s.closed:
		s.mu.Unlock()
		return Play{}, ErrClosed
	case s.plays.running >= maxPlays:
		s.mu.Unlock()
		return Play{}, &apiError{http.StatusTooManyRequests, fmt.Sprintf("%d scenarios are being played already", maxPlays)}
	}
	s.plays.lastID++
	p.ID = s.plays.lastID
	s.plays.add(p)
	s.tasks.Go(func() { s.play(ctx, p, script, o, events) })
	now := p.Play
	s.mu.Unlock()
	s.tellOfPlay(now)
	return now, nil
}

// add makes room for p among the plays.
func (p *plays) add(one *playing) {
	p.running++
	p.all = append(p.all, one)
	if len(p.all) > maxPlays+maxPlaysKept {
		i := slices.IndexFunc(p.all, func(old *playing) bool { return old.State != Playing })
		p.all = slices.Delete(p.all, i, i+1)
	}
}

func (s *Service) tellOfPlay(p Play) {
	s.bus.tell(func() Update { return Update{Kind: PlaySet, Play: &p} })
}

// subscribed returns the events that an enabled webhook of app gets.
func (s *Service) subscribed(app App) []rtk.EventType {
	var out []rtk.EventType
	for _, w := range s.listed(app) {
		if w.Enabled {
			out = append(out, w.Events...)
		}
	}
	return unique(out)
}

func (s *Service) play(ctx context.Context, p *playing, script *scenarios.Scenario, o PlayOptions, events []rtk.EventType) {
	defer p.cancel()
	result, err := scenarios.Play(ctx, script, scenarios.Options{
		URL:     "http://webhooks.invalid/", // each has its own
		Payload: payload.Options{Seed: o.Seed, Start: time.Now(), BaseURL: s.artifactsURL()},
		Keys:    s.o.Keys,
		Events:  events,
		Speed:   o.Speed,
		NewSender: func(given mocksender.Options) (scenarios.Sender, error) {
			f := &fanOut{s: s, p: p, onAttempt: given.OnAttempt}
			var err error
			if s.o.Sender.Health == nil {
				f.health, err = mocksender.NewHealth(given.Health)
			}
			return f, err
		},
		Progress: func(u scenarios.Update) {
			if u.Kind == scenarios.Began {
				s.changePlay(p, func(p *Play) { p.Step = u.Step.Number })
			}
		},
	})
	if script.NeedsKeys() {
		s.keyChanged()
	}
	s.changePlay(p, func(p *Play) {
		p.conclude(result, err)
		s.plays.running--
		s.checkQuiet()
	})
}

// changePlay changes p under s.mu, and tells of it.
func (s *Service) changePlay(p *playing, change func(*Play)) {
	s.mu.Lock()
	change(&p.Play)
	now := p.Play
	s.mu.Unlock()
	s.tellOfPlay(now)
}

// conclude takes the end of a play over. The steps are made anew: others may
// hold the old ones.
func (p *Play) conclude(r *scenarios.Result, err error) {
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

// Plays returns the plays that are remembered, the newest first.
func (s *Service) Plays() []Play {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Play, 0, len(s.plays.all))
	for _, p := range slices.Backward(s.plays.all) {
		out = append(out, p.Play)
	}
	return out
}

// StopPlay ends a play. It returns the play as it stands now. The error matches
// ErrUnknown.
func (s *Service) StopPlay(id uint64) (Play, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.plays.all {
		if p.ID == id {
			p.cancel()
			return p.Play, nil
		}
	}
	return Play{}, fmt.Errorf("%w: play %d", ErrUnknown, id)
}

// keyChanged stores the key that signs from now on, and tells of it.
func (s *Service) keyChanged() {
	if err := s.keepKey(); err != nil {
		s.o.Log.Error("the key could not be stored", "error", err)
	}
	s.bus.tell(func() Update { return Update{Kind: KeyChanged} })
}

func (s *Service) keepKey() error {
	key, err := s.o.Keys.Keys().Key()
	if err != nil {
		return err
	}
	pem, err := rtk.PrivatePEM(key)
	if err != nil {
		return err
	}
	return s.store.PutKey(pem)
}
