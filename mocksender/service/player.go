package service

import (
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/scenarios"
)

// PlayOptions say how a scenario is played.
type PlayOptions struct {
	store.App
	// Speed is how fast the meeting's time passes: 1 as in reality, 0 at once.
	Speed float64
	Seed  uint64
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
		Keys:    s.o.Keys,
		Events:  events,
		Speed:   o.Speed,
		NewSender: func(given mocksender.Options) (scenarios.Sender, error) {
			f := &playSender{s: s, app: r.App, play: r.ID, onAttempt: given.OnAttempt}
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
