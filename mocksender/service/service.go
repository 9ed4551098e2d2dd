package service

import (
	"context"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Service is a stand-in for RealtimeKit. Its methods are safe for concurrent use.
// Make one with New, and Close it in the end.
type Service struct {
	// Dispatcher knows the webhooks and delivers to them.
	*dispatch.Dispatcher
	o        Options // with all defaults
	platform *platform.Platform
	api      *rest.Server
	updates  *updates
	plays    plays
	emitters emitters
	began    time.Time

	resetting sync.Mutex // held while everything is removed or replaced
}

// New returns a service that goes on with what its store holds. Errors match
// dispatch.ErrOptions or come from the store.
func New(o Options) (*Service, error) {
	o.fill()
	s := &Service{updates: newUpdates(), began: time.Now()}
	o.Observer = s.updates
	s.o = o
	var err error
	if s.Dispatcher, err = dispatch.New(o.Options); err != nil {
		return nil, err
	}
	s.platform = platform.New(platform.Options{
		Seed: o.Seed, BaseURL: o.artifactsURL(), Processing: o.Processing, StrictPresets: o.StrictPresets,
		Keys: o.Keys.Keys(), Commit: s.deliverChange, Hold: s.Hold,
		Failed: func(err error) { o.Log.Error("a change of a meeting could not be stored", "error", err) },
	})
	s.api = rest.NewServer(rest.Options{
		Platform: s.platform, Token: o.Token, FilterSessions: o.FilterSessions, Operations: s.webhookOperations(),
	})
	if s.o.Artifacts.Clock == nil {
		s.o.Artifacts.Clock = s.platform.Now
	}
	if err := s.platform.Load(s.Records()); err != nil {
		return nil, err
	}
	s.describeAll()
	return s, nil
}

// Platform returns the apps and meetings.
func (s *Service) Platform() *platform.Platform { return s.platform }

// Keys returns the key endpoint.
func (s *Service) Keys() *wellknown.Server { return s.o.Keys }

// API is the REST API, for its faults. It keeps no log.
func (s *Service) API() *rest.Server { return s.api }

// Artifacts returns what serves the download links.
func (s *Service) Artifacts() *artifacts.Server { return s.o.Artifacts }

// Watch returns a Watcher of what happens from now on. One that is more than a
// thousand updates behind loses some, and Missed says so.
func (s *Service) Watch() *Watcher { return s.updates.watch() }

// Close ends the service. It stops the plays, and then does what
// dispatch.Dispatcher.Close does.
func (s *Service) Close(ctx context.Context) (left int, err error) {
	s.plays.stop(true)
	s.platform.Close()
	left, err = s.Dispatcher.Close(ctx)
	s.updates.close()
	return left, err
}

// ResetMeetings removes all apps, presets and meetings, and stops the plays.
// Webhooks, deliveries and the key stay.
func (s *Service) ResetMeetings() error {
	s.resetting.Lock()
	defer s.resetting.Unlock()
	s.plays.stop(false)
	s.emitters.clear()
	if err := s.platform.Reset(); err != nil {
		return err
	}
	s.updates.report(Update{Kind: WasReset})
	return nil
}

// Reset removes all webhooks, deliveries, apps, presets and meetings and the faults, and sets
// the time scale to 1. The key stays. Plays are stopped. Once it returns, nothing of
// before reaches a target: it waits as dispatch.Dispatcher.Clear does.
func (s *Service) Reset() error {
	s.resetting.Lock()
	defer s.resetting.Unlock()
	s.plays.stop(false)
	if err := s.Clear(); err != nil {
		return err
	}
	s.emitters.clear()
	if err := s.platform.Reset(); err != nil {
		return err
	}
	_ = s.o.Keys.SetFault(wellknown.None) // None is always a fault
	_ = s.api.SetFault(rest.NoFault)
	s.updates.report(Update{Kind: WasReset})
	return nil
}

// Health says how the service is.
type Health struct {
	Status string `json:"status"` // "ok"
	dispatch.Counts
	KeyFault string `json:"key_fault"`
	UptimeMS int64  `json:"uptime_ms"`
}

// Health returns the present health.
func (s *Service) Health() Health {
	return Health{"ok", s.Counts(), s.o.Keys.Fault().String(), time.Since(s.began).Milliseconds()}
}
