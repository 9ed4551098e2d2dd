package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// What the zero values of Options stand for.
const (
	DefaultQueue      = 1000
	DefaultMaxPending = 100_000
	DefaultPerWebhook = 8
	// DefaultConnections is so large that MaxWebhooks first attempts fit into
	// three quarters of it.
	DefaultConnections = 16_000
	// DefaultMaxAnswer and DefaultMaxHeader bound what is kept of each answer,
	// in bytes.
	DefaultMaxAnswer = 4 << 10
	DefaultMaxHeader = 8 << 10
)

// MaxWebhooks is how many webhooks there may be at a time.
const MaxWebhooks = 10_000

// Options say how a Service behaves. The zero value is a useful one.
type Options struct {
	// Keys serves the key document and signs. Nil: one with a fresh key.
	Keys *wellknown.Server
	// Artifacts serves what download links lead to. Nil: one of its own.
	Artifacts *artifacts.Server
	// BaseURL is where others reach the Handler, without a path. It is the
	// start of every download link. Empty: links lead to example.com.
	BaseURL string
	// LastingLinks lets links expire as Artifacts has it alone, whatever their
	// payloads say.
	LastingLinks bool
	// Store keeps what there is. Nil: NewMemory(0, 0).
	Store Store
	// Sender says how deliveries are made. Of its zero values, MaxAnswer and
	// MaxHeader stand for those of this package, and Retry for the profile
	// cloudflare. Keys and WebhookID are not looked at. Health applies to each
	// webhook on its own.
	Sender mocksender.Options
	// Seed fixes names and ids; 0 is a seed like any other.
	Seed uint64

	// Token is the bearer token that the webhooks API asks for. Empty: any but
	// an empty one will do.
	Token string
	// ConflictOnURL makes the API refuse a URL that the app has registered
	// already with 409, and NoneIs404 answer 404 where an app without webhooks
	// is listed. Both were seen once by somebody, and are documented nowhere.
	ConflictOnURL, NoneIs404 bool
	// AllowRemote lets deliveries go to targets that are neither this machine,
	// nor in a private network, nor a name without a dot. They can be
	// registered in any case.
	AllowRemote bool

	// ControlToken is the bearer token that the control API asks for. Empty:
	// none.
	ControlToken string
	// ControlApart takes the control API and the page off Handler: they are
	// served by ControlHandler alone.
	ControlApart bool
	// ControlURL is where others reach ControlHandler, if that is elsewhere than
	// at BaseURL. Requests by its host are let through.
	ControlURL string
	// Page answers what no other face does, under the guard of the control API.
	// Nil: 404.
	Page http.Handler

	// Queue is how many deliveries may be pending for one webhook, MaxPending
	// for all. What comes on top is dropped, and said to be.
	Queue, MaxPending int
	// PerWebhook is how many attempts at one webhook may be under way at a
	// time. A webhook whose last attempt timed out has one until it answers.
	PerWebhook int
	// Connections is how many attempts may be under way in all. Webhooks that
	// hang use half of them at most, so that they hold up no other.
	Connections int
	// OnAttempt hears of each attempt, concurrently. Nil: nobody does.
	OnAttempt func(rtk.EventType, mocksender.Attempt)
	// Metrics answers /metrics, under the guard of the control API. Nil: 404.
	Metrics http.Handler
	// Log hears what goes wrong inside. Nil: nobody does.
	Log *slog.Logger
}

// ErrOptions is matched by the errors of New about Options.
var ErrOptions = errors.New("service: unusable options")

// ErrClosed is matched by the errors of a service that was closed.
var ErrClosed = errors.New("service: it is closed")

// Service is a stand-in for RealtimeKit. Its methods are safe for concurrent
// use. Make one with New, and Close it in the end.
type Service struct {
	o      Options // filled
	sender *mocksender.Sender
	health *mocksender.Health
	store  Store
	ids    struct{ webhooks, uuids *rtk.IDs }
	bus    bus
	began  time.Time

	ctx    context.Context // of the attempts
	cancel context.CancelFunc
	tasks  sync.WaitGroup // attempts and plays

	registry sync.Mutex // held while webhooks change, the Store's part included

	mu       sync.Mutex
	closed   bool
	webhooks []Webhook // in order of their creation
	queues   map[string]*webhookQueue
	pending  int
	budget   connectionBudget
	short    bool // there were too few connections, once
	lastID   uint64
	scale    float64
	counts   map[State]uint64 // deliveries that are over
	quiet    chan struct{}    // closed when nothing is pending; nil while nobody waits
	plays    plays
	stage    stage
}

// New returns a service that goes on with what its store holds. Errors match
// ErrOptions or come from the store.
func New(o Options) (*Service, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	s := &Service{o: o, store: o.Store, queues: map[string]*webhookQueue{}, scale: 1, counts: map[State]uint64{}, began: time.Now()}
	s.budget = newBudget(o.Connections)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	held, err := s.store.Load()
	if err != nil {
		return nil, fmt.Errorf("service: load the state: %w", err)
	}
	s.lastID = held.LastID
	s.ids.webhooks = rtk.NewIDs(o.Seed, fmt.Sprintf("service/webhooks after %d", s.lastID))
	s.ids.uuids = rtk.NewIDs(o.Seed, fmt.Sprintf("service/deliveries after %d", s.lastID))
	if s.health, err = mocksender.NewHealth(o.Sender.Health); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	so := o.Sender
	so.Keys, so.IDs, so.Health = o.Keys.Keys(), s.ids.uuids, nil
	if s.sender, err = mocksender.New(so); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	s.resume(held)
	return s, nil
}

func (o *Options) fill() error {
	if o.Keys == nil {
		o.Keys = wellknown.New(rtk.GenerateKeyring())
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	if o.Artifacts == nil {
		o.Artifacts = artifacts.New()
		if o.BaseURL != "" {
			o.Artifacts.BaseURL = o.BaseURL + artifactsPath
		}
	}
	if o.Store == nil {
		o.Store = NewMemory(0, 0)
	}
	if o.Sender.Retry == nil {
		o.Sender.Retry = mocksender.Profiles()[0]
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, n := range []struct {
		name     string
		to       *int
		standard int
	}{
		{"queue", &o.Queue, DefaultQueue},
		{"number of pending deliveries", &o.MaxPending, DefaultMaxPending},
		{"number of attempts at one webhook", &o.PerWebhook, DefaultPerWebhook},
		{"number of connections", &o.Connections, DefaultConnections},
	} {
		if *n.to < 0 {
			return fmt.Errorf("%w: the %s is %d, want 1 or more", ErrOptions, n.name, *n.to)
		}
		if *n.to == 0 {
			*n.to = n.standard
		}
	}
	if o.Sender.MaxAnswer == 0 {
		o.Sender.MaxAnswer = DefaultMaxAnswer
	}
	if o.Sender.MaxHeader == 0 {
		o.Sender.MaxHeader = DefaultMaxHeader
	}
	if o.Sender.Concurrency == 0 {
		o.Sender.Concurrency = o.PerWebhook
	}
	return nil
}

// resume takes up what the store held.
func (s *Service) resume(held Stored) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range held.Webhooks {
		s.webhooks = append(s.webhooks, w)
		s.queues[w.ID] = newWebhookQueue(w)
	}
	for _, d := range held.Pending {
		l := s.queues[d.WebhookID]
		if l == nil { // deleted just before the end
			s.tasks.Go(func() { s.save(abandoned(d, "the webhook was deleted")) })
			continue
		}
		j := &job{queue: l, d: d, ask: &order{}}
		s.enter(j)
		if !d.NextAt.IsZero() {
			s.wait(j, max(0, time.Until(d.NextAt)))
		}
		s.arm(j)
	}
}

// Keys returns the key endpoint.
func (s *Service) Keys() *wellknown.Server { return s.o.Keys }

// Artifacts returns what serves the download links.
func (s *Service) Artifacts() *artifacts.Server { return s.o.Artifacts }

// artifactsURL is the base of the download links, empty where none is known.
func (s *Service) artifactsURL() string {
	if s.o.BaseURL == "" {
		return ""
	}
	return s.o.BaseURL + artifactsPath
}

// Close ends the service: nothing new is taken, what is under way is waited for
// until ctx ends, and what would have been tried again is left in the store as
// pending. It returns how many deliveries those are, and the error of the
// store. The Store is closed.
func (s *Service) Close(ctx context.Context) (left int, err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return 0, ErrClosed
	}
	s.closed = true
	for _, l := range s.queues {
		l.halt()
	}
	s.plays.stopAll()
	s.mu.Unlock()

	over := make(chan struct{})
	go func() {
		s.tasks.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-ctx.Done():
	}
	s.cancel()
	<-over
	s.bus.close()
	s.sender.Close()
	s.mu.Lock()
	left = s.pending
	s.mu.Unlock()
	if err := s.store.Close(); err != nil {
		return left, fmt.Errorf("service: close the state: %w", err)
	}
	return left, nil
}
