package service

import (
	"sync"
	"time"
)

// UpdateKind names what happened.
type UpdateKind string

const (
	WebhookSet     UpdateKind = "webhook"         // Webhook is new or has changed
	WebhookDeleted UpdateKind = "webhook-deleted" // Webhook was deleted
	DeliverySet    UpdateKind = "delivery"        // Delivery is new or has changed
	PlaySet        UpdateKind = "play"            // Play is new or has changed
	KeyChanged     UpdateKind = "key"             // another key, or another fault of its endpoint
	ClockChanged   UpdateKind = "clock"           // another scale
	WasReset       UpdateKind = "reset"           // all of it is gone
	Missed         UpdateKind = "missed"          // the watcher was too slow: some updates before this one are lost
)

// Update is one thing that happened. Of Delivery it holds all but the body and
// what the attempts sent and got.
type Update struct {
	Kind     UpdateKind `json:"kind"`
	At       time.Time  `json:"at"`
	Webhook  *Webhook   `json:"webhook,omitempty"`
	Delivery *Summary   `json:"delivery,omitempty"`
	Play     *Play      `json:"play,omitempty"`
}

// watcherRoom is how many updates a watcher may be behind.
const watcherRoom = 1024

// bus tells watchers of updates. It never waits for one.
type bus struct {
	mu       sync.Mutex
	watchers map[*Watcher]struct{}
	streams  int // of them, those of the control API
	closed   bool
}

// Watcher hears what happens. Close it in the end.
type Watcher struct {
	// C gives the updates in their order. It is closed by Close and with the
	// service.
	C   <-chan Update
	c   chan Update
	bus *bus
	// missed says that an update found no room. The bus's lock guards it.
	missed bool
}

// Watch returns a Watcher of what happens from now on. One that falls more than
// a thousand updates behind loses some and is told so by Missed.
func (s *Service) Watch() *Watcher {
	c := make(chan Update, watcherRoom)
	w := &Watcher{C: c, c: c, bus: &s.bus}
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	if s.bus.watchers == nil {
		s.bus.watchers = map[*Watcher]struct{}{}
	}
	s.bus.watchers[w] = struct{}{}
	if s.bus.closed {
		s.bus.remove(w)
	}
	return w
}

// Close ends the watch.
func (w *Watcher) Close() {
	w.bus.mu.Lock()
	defer w.bus.mu.Unlock()
	w.bus.remove(w)
}

// remove is safe for a watcher that is gone already. b.mu is held.
func (b *bus) remove(w *Watcher) {
	if _, ok := b.watchers[w]; ok {
		delete(b.watchers, w)
		close(w.c)
	}
}

func (b *bus) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for w := range b.watchers {
		b.remove(w)
	}
}

// tell makes the update only if somebody listens.
func (b *bus) tell(make func() Update) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.watchers) == 0 {
		return
	}
	u := make()
	u.At = time.Now().UTC()
	for w := range b.watchers {
		w.tell(u)
	}
}

func (w *Watcher) tell(u Update) {
	if w.missed {
		// Two places: one for the word that something is missing.
		if cap(w.c)-len(w.c) < 2 {
			return
		}
		w.c <- Update{Kind: Missed, At: u.At}
		w.missed = false
	}
	select {
	case w.c <- u:
	default:
		w.missed = true
	}
}
