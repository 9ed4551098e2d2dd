package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// The zero values of Options stand for these.
const (
	DefaultQueue      = 1000
	DefaultMaxPending = 100_000
	DefaultPerWebhook = 8
	// DefaultConnections is so large that the first attempts at MaxWebhooks fit
	// into three quarters of it.
	DefaultConnections = 16_000
	// DefaultMaxAnswer bounds what is kept of the body of each answer, in bytes.
	DefaultMaxAnswer = 4 << 10
)

// MaxWebhooks is how many webhooks there may be at a time.
const MaxWebhooks = 10_000

// Options say how a Dispatcher behaves.
type Options struct {
	// Store keeps the webhooks and deliveries. It is needed.
	Store store.Store
	// Sender says how deliveries are made. Keys is needed. The zero values of
	// MaxAnswer stands for the default of this package, and that of Retry for the
	// profile cloudflare. Nothing reads WebhookID and IDs. Health
	// applies to each webhook separately.
	Sender mocksender.Options
	// Seed fixes ids. 0 is a seed like any other.
	Seed uint64
	// ConflictOnURL refuses a URL that the app has registered already.
	ConflictOnURL bool
	// AllowRemote allows attempts at targets that are not allowed by default. All
	// targets can be registered.
	AllowRemote bool

	// Queue is how many deliveries may be pending for one webhook, MaxPending for
	// all. What exceeds them is recorded as dropped.
	Queue, MaxPending int
	// PerWebhook is how many attempts at one webhook may be under way at a time. A
	// webhook whose last attempt timed out has one until it answers.
	PerWebhook int
	// Connections is how many attempts may be under way in all. Webhooks that hang
	// use half of them at most, so that they hold up no other.
	Connections int

	// OnAttempt hears of each attempt, concurrently. Nil: nobody does.
	OnAttempt func(rtk.EventType, mocksender.Attempt)
	// Observer hears of changes. It is needed.
	Observer Observer
	// Log hears what goes wrong inside. It is needed.
	Log *slog.Logger
}

// Observer hears of changes: of each webhook and delivery that is new or has
// changed, and of each SetScale. Its methods are called concurrently and must not
// wait.
type Observer interface {
	WebhookSet(store.Webhook)
	WebhookDeleted(store.Webhook)
	DeliverySet(store.Delivery)
	ScaleSet()
}

var (
	// ErrOptions is matched by the errors of New about Options.
	ErrOptions = errors.New("dispatch: unusable options")
	// ErrUnknown is matched if there is no such webhook or delivery, or not any
	// more.
	ErrUnknown = errors.New("dispatch: not there")
	// ErrConflict is matched if the URL is registered already.
	ErrConflict = errors.New("dispatch: the URL is registered already")
	// ErrTooMany is matched if there are MaxWebhooks.
	ErrTooMany = errors.New("dispatch: too many webhooks")
	// ErrClosed is matched after Close.
	ErrClosed = errors.New("dispatch: it is closed")
)

// Dispatcher delivers events to webhooks. Its methods are safe for concurrent
// use. Make one with New, and Close it in the end.
type Dispatcher struct {
	o          Options // with all defaults
	sender     *mocksender.Sender
	health     *mocksender.Health
	webhookIDs *rtk.IDs
	uuids      *rtk.IDs

	ctx      context.Context // until Close
	cancel   context.CancelFunc
	attempts sync.WaitGroup

	records map[string][]byte // of the store, until Records is called

	registry sync.Mutex // held while webhooks change, in the store too

	mu       sync.Mutex
	closed   bool
	current  context.Context // of the attempts, until the next Clear
	giveUp   context.CancelFunc
	webhooks []*webhookQueue // in the order of their creation
	byID     map[string]*webhookQueue
	budget   connectionBudget
	short    sync.Once // to log that connections are short
	lastID   uint64
	scale    float64
	pending  int
	holds    int
	ended    map[store.State]uint64
	idle     chan struct{} // closed when nothing is pending; nil while nobody waits
}

// New returns a Dispatcher that goes on with what its store holds. Errors match
// ErrOptions or come from the store.
func New(o Options) (*Dispatcher, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	d := &Dispatcher{
		o: o, byID: map[string]*webhookQueue{}, budget: newBudget(o.Connections),
		scale: 1, ended: newEnded(),
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.current, d.giveUp = context.WithCancel(d.ctx)
	held, err := o.Store.Load()
	if err != nil {
		return nil, fmt.Errorf("dispatch: load the state: %w", err)
	}
	d.lastID, d.records = held.LastID, held.Records
	d.webhookIDs = rtk.NewIDs(o.Seed, fmt.Sprintf("service/webhooks after %d", d.lastID))
	d.uuids = rtk.NewIDs(o.Seed, fmt.Sprintf("service/deliveries after %d", d.lastID))
	if d.health, err = mocksender.NewHealth(o.Sender.Health); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	o.Sender.IDs, o.Sender.Health = d.uuids, nil
	if o.Sender.Dial == nil && !o.AllowRemote && !o.Sender.Proxy {
		o.Sender.Dial = mocksender.DialAllowed
	}
	if d.sender, err = mocksender.New(o.Sender); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	d.resume(held)
	return d, nil
}

// Records returns the records that the store held at the start, once.
func (d *Dispatcher) Records() map[string][]byte {
	defer func() { d.records = nil }()
	return d.records
}

func (o *Options) fill() error {
	for _, n := range []int{o.Queue, o.MaxPending, o.PerWebhook, o.Connections} {
		if n < 0 {
			return fmt.Errorf("%w: a limit is %d, want 1 or more", ErrOptions, n)
		}
	}
	o.Queue = cmp.Or(o.Queue, DefaultQueue)
	o.MaxPending = cmp.Or(o.MaxPending, DefaultMaxPending)
	o.PerWebhook = cmp.Or(o.PerWebhook, DefaultPerWebhook)
	o.Connections = cmp.Or(o.Connections, DefaultConnections)
	o.Sender.MaxAnswer = cmp.Or(o.Sender.MaxAnswer, DefaultMaxAnswer)
	o.Sender.Concurrency = cmp.Or(o.Sender.Concurrency, o.PerWebhook)
	if o.Sender.Retry == nil {
		o.Sender.Retry = mocksender.Profiles()[0]
	}
	return nil
}

// Close ends the dispatcher: it takes nothing new, waits for the attempts under
// way until ctx ends, and leaves what waits for another attempt in the store as
// pending. It returns how many deliveries those are, and the error of the store.
// It closes the store.
func (d *Dispatcher) Close(ctx context.Context) (left int, err error) {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return 0, ErrClosed
	}
	d.closed = true
	for _, q := range d.webhooks {
		q.halt()
	}
	d.mu.Unlock()

	stop := context.AfterFunc(ctx, d.cancel)
	defer stop()
	d.attempts.Wait()
	d.cancel()
	d.sender.Close()
	if err = d.o.Store.Close(); err != nil {
		err = fmt.Errorf("dispatch: close the state: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pending, err
}

// MaxScale bounds how far SetScale stretches waits.
const MaxScale = 1000

// SetScale makes the waits before retries scale times as long as the retry policy
// says. 1 leaves them as they are, 0 removes them. It also changes the waits that
// have begun. The error matches ErrOptions.
func (d *Dispatcher) SetScale(scale float64) error {
	if !(scale >= 0 && scale <= MaxScale) {
		return fmt.Errorf("%w: scale: found %v, want 0 to %d", ErrOptions, scale, MaxScale)
	}
	d.mu.Lock()
	if scale != d.scale {
		d.rescale(scale)
	}
	d.mu.Unlock()
	d.o.Observer.ScaleSet()
	return nil
}

// rescale is SetScale. d.mu is held.
func (d *Dispatcher) rescale(scale float64) {
	before := d.scale
	d.scale = scale
	for _, q := range d.webhooks {
		for j := range q.jobs {
			if !j.waits {
				continue
			}
			left := time.Until(j.due)
			if before > 0 {
				left = time.Duration(float64(left) * scale / before)
			}
			d.wait(j, left)
			if j.timer != nil {
				j.timer.Stop()
				d.arm(j)
			}
		}
	}
}
