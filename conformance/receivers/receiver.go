package receivers

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Receiver is one webhook receiver. It takes deliveries under any path. Make
// one with Reference, Flawed or Flaw.New, and Close it in the end.
type Receiver struct {
	c       Config
	b       *behaviour
	twist   func(*behaviour)
	client  *http.Client
	release func()
	keys    keys
	ledger  *ledger
	links   *queue // of downloads
	backlog *queue // of deliveries, for those who answer first

	life context.Context // ends with Close
	end  context.CancelFunc

	mu     sync.Mutex // guards closed, and wg against an Add after Wait
	closed bool
	wg     sync.WaitGroup
}

// Reference returns a receiver that does what the guide asks for, and nothing
// that it advises against.
func Reference(c Config) *Receiver { return build(c, nil, newLedger()) }

// Anew returns the receiver that a new process of the same kind would be. The
// ledger, which stands for a database, is the one that rc has; the key, and
// whatever else rc holds in memory, is gone. Close rc, which has come to its
// end.
func (rc *Receiver) Anew() *Receiver { return build(rc.c, rc.twist, rc.ledger) }

// build returns the reference receiver as twist changes it.
func build(c Config, twist func(*behaviour), l *ledger) *Receiver {
	rc := &Receiver{c: c.withDefaults(), twist: twist, ledger: l}
	rc.life, rc.end = context.WithCancel(context.Background())
	rc.client, rc.release = rc.c.client()
	rc.b = reference(rc.c)
	if twist != nil {
		twist(rc.b)
	}
	rc.links, rc.backlog = &queue{spawn: rc.spawn}, &queue{spawn: rc.spawn}
	switch {
	case rc.b.pinned || rc.c.KeyURL == "":
		rc.keys = held{rc.c.PublicKey}
	default:
		rc.keys = &fetched{
			every: rc.b.refetchEvery,
			after: rc.b.fetchAfter,
			alone: rc.b.alone,
			spawn: rc.spawn,
			fetch: func(ctx context.Context) (*key, error) { return rc.fetchKey(ctx, rc.c.KeyURL) },
		}
	}
	return rc
}

// ServeHTTP takes one request. It answers 2xx to a genuine delivery once its
// effect is recorded, 401 to one that does not verify, 503 to one that should
// be sent again, 405 to other methods than POST, and 413 to a body of more
// than 1 MiB. After Close it answers 503.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(rc.life, cancel)()
	x := &exchange{rc: rc, ctx: ctx, w: w, r: r, at: time.Now()}
	a := status(http.StatusServiceUnavailable)
	if rc.life.Err() == nil {
		a = rc.b.respond(x, rc.b.serve(x))
	}
	a.status = x.write(a)
	if rc.c.OnDelivery != nil {
		rc.c.OnDelivery(x.account(a.status))
	}
}

// Handler takes deliveries as ServeHTTP does, and serves EffectsHandler to GET
// requests under any path that ends in /effects.
func (rc *Receiver) Handler() http.Handler {
	effects := rc.EffectsHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && path.Base(r.URL.Path) == "effects" {
			effects.ServeHTTP(w, r)
			return
		}
		rc.ServeHTTP(w, r)
	})
}

// Listener returns what to serve the receiver on in place of ln. Most receivers
// are what their handler makes of a request, and get ln itself; the bugs of a
// few lie below, in how bytes and connections are dealt with.
func (rc *Receiver) Listener(ln net.Listener) net.Listener { return rc.b.listen(ln) }

// EffectsHandler answers {"count":N}: how many effects there were, of the
// delivery that the query's uuid names and of the event type that its event
// names. What the query leaves out is not asked for.
func (rc *Receiver) EffectsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		var answer struct {
			Count int `json:"count"`
		}
		kind := rtk.EventType(q.Get("event"))
		if q.Has("uuid") {
			answer.Count = rc.ledger.count(q.Get("uuid"), kind)
		} else {
			answer.Count = rc.ledger.total(kind)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer) // the client has left
	})
}

// Count returns how many effects the deliveries with this rtk-uuid have had.
func (rc *Receiver) Count(uuid string) int {
	if rc.b.count != nil {
		return rc.b.count(uuid)
	}
	return rc.ledger.count(uuid, "")
}

// Close ends what runs in the background, downloads included, and waits for
// it. It does not wait for requests that are being served, but those that wait
// for something give up.
func (rc *Receiver) Close() {
	rc.mu.Lock()
	rc.closed = true
	rc.mu.Unlock()
	rc.end()
	rc.wg.Wait()
	rc.release()
}

// spawn runs f in the background, with a context that ends with Close. After
// Close it does nothing and returns false.
func (rc *Receiver) spawn(f func(context.Context)) bool {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if rc.closed {
		return false
	}
	rc.wg.Go(func() { f(rc.life) })
	return true
}

// after runs f in the background once d has passed.
func (rc *Receiver) after(d time.Duration, f func()) {
	rc.spawn(func(ctx context.Context) {
		if pause(ctx, d) {
			f()
		}
	})
}

func (rc *Receiver) note(err error, format string, args ...any) {
	if rc.c.Log != nil {
		rc.c.Log(Note{At: time.Now(), Text: fmt.Sprintf(format, args...), Err: err})
	}
}

// pause waits for d and reports whether ctx was still going on then.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
