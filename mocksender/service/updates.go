package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// UpdateKind names what happened.
type UpdateKind string

const (
	WebhookSet     UpdateKind = "webhook"         // Webhook is new or has changed
	WebhookDeleted UpdateKind = "webhook-deleted" // Webhook was deleted
	MeetingSet     UpdateKind = "meeting"         // Meeting is new, has changed or is gone
	DeliverySet    UpdateKind = "delivery"        // Delivery is new or has changed
	PlaySet        UpdateKind = "play"            // Play is new or has changed
	KeyChanged     UpdateKind = "key"             // another key, or another fault of its endpoint
	ClockChanged   UpdateKind = "clock"           // another time scale
	WasReset       UpdateKind = "reset"           // everything was removed
	Missed         UpdateKind = "missed"          // the watcher was too slow: updates before this one are lost
)

// Update is one thing that happened.
type Update struct {
	Kind     UpdateKind     `json:"kind"`
	At       time.Time      `json:"at"`
	Webhook  *store.Webhook `json:"webhook,omitempty"`
	Meeting  *MeetingRef    `json:"meeting,omitempty"`
	Delivery *store.Summary `json:"delivery,omitempty"`
	Play     *Play          `json:"play,omitempty"`
}

// MeetingRef names a meeting.
type MeetingRef struct {
	store.App
	ID string `json:"id"`
}

const (
	maxBehind  = 1024 // how many updates a watcher may be behind
	maxStreams = 100  // of the control API that are open at a time
)

// updates reports what happens to watchers. It never waits for one.
type updates struct {
	mu       sync.Mutex
	watchers map[*Watcher]struct{}
	watched  atomic.Int32 // how many watchers
	closed   bool
	streams  chan struct{} // one element for each stream of the control API
}

func newUpdates() *updates {
	return &updates{watchers: map[*Watcher]struct{}{}, streams: make(chan struct{}, maxStreams)}
}

// Watcher hears what happens. Close it in the end.
type Watcher struct {
	// C gives the updates in their order. Close and the end of the service close
	// it.
	C       <-chan Update
	c       chan Update
	updates *updates
	missed  bool // there was no room for an update; updates.mu guards it
}

func (u *updates) watch() *Watcher {
	c := make(chan Update, maxBehind)
	w := &Watcher{C: c, c: c, updates: u}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.watchers[w] = struct{}{}
	u.watched.Add(1)
	if u.closed {
		u.remove(w)
	}
	return w
}

// Close ends the watch.
func (w *Watcher) Close() {
	w.updates.mu.Lock()
	defer w.updates.mu.Unlock()
	w.updates.remove(w)
}

// remove may be called twice for a watcher. u.mu is held.
func (u *updates) remove(w *Watcher) {
	if _, ok := u.watchers[w]; ok {
		delete(u.watchers, w)
		u.watched.Add(-1)
		close(w.c)
	}
}

func (u *updates) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	for w := range u.watchers {
		u.remove(w)
	}
}

func (u *updates) report(one Update) {
	u.mu.Lock()
	defer u.mu.Unlock()
	one.At = time.Now().UTC()
	for w := range u.watchers {
		w.hear(one)
	}
}

// hear is report to one watcher.
func (w *Watcher) hear(one Update) {
	if w.missed {
		if cap(w.c)-len(w.c) < 2 { // Missed needs a place too
			return
		}
		w.c <- Update{Kind: Missed, At: one.At}
		w.missed = false
	}
	select {
	case w.c <- one:
	default:
		w.missed = true
	}
}

// WebhookSet and the methods below implement dispatch.Observer.
func (u *updates) WebhookSet(w store.Webhook) { u.webhook(WebhookSet, w) }

func (u *updates) WebhookDeleted(w store.Webhook) { u.webhook(WebhookDeleted, w) }

func (u *updates) webhook(kind UpdateKind, w store.Webhook) {
	w.URL = redact.URL(w.URL)
	u.report(Update{Kind: kind, Webhook: &w})
}

func (u *updates) DeliverySet(d store.Delivery) {
	if u.watched.Load() > 0 { // this is called often, and mostly nobody watches
		u.report(Update{Kind: DeliverySet, Delivery: d.Summary()})
	}
}

// meetingSet reports a change of a meeting.
func (u *updates) meetingSet(c platform.Change) {
	if c.Meeting != "" && u.watched.Load() > 0 { // as above
		u.report(Update{Kind: MeetingSet, Meeting: &MeetingRef{store.App(c.App), c.Meeting}})
	}
}

func (u *updates) ScaleSet() { u.report(Update{Kind: ClockChanged}) }

// streamBeat is how often a stream without updates sends a comment. This also
// shows whether its reader has left.
const streamBeat = 15 * time.Second

// getEvents streams updates as server-sent events, named by their kinds.
func (s *Service) getEvents(w http.ResponseWriter, r *http.Request) {
	select {
	case s.updates.streams <- struct{}{}:
		defer func() { <-s.updates.streams }()
	default:
		jsonapi.Fail(w, jsonapi.Errorf(http.StatusTooManyRequests, "%d streams are open already, want one of them to be closed first", maxStreams))
		return
	}
	watch := s.Watch()
	defer watch.Close()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return // a stream does not end
	}
	out := http.NewResponseController(w)
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	text := []byte(": connected\n\n")
	for {
		_ = out.SetWriteDeadline(time.Now().Add(2 * streamBeat)) // for a reader that does not read
		if _, err := w.Write(text); err != nil || out.Flush() != nil {
			return
		}
		select {
		case u, ok := <-watch.C:
			if !ok {
				return
			}
			text = encodeEvents(u, watch.C)
		case <-beat.C:
			text = []byte(": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}

// encodeEvents returns u, and the updates that are there already, as events.
func encodeEvents(u Update, more <-chan Update) []byte {
	var out bytes.Buffer
	for ok := true; ok; {
		if data, err := json.Marshal(u); err == nil {
			fmt.Fprintf(&out, "event: %s\ndata: %s\n\n", u.Kind, data)
		}
		if out.Len() > 64<<10 {
			break
		}
		select {
		case u, ok = <-more:
		default:
			ok = false
		}
	}
	return out.Bytes()
}
