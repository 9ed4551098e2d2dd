package receivers

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"path"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Receiver is one webhook receiver. It takes deliveries under any path. Make
// one with Reference, Flawed or Flaw.New, and Close it in the end.
type Receiver struct {
	env      *environment
	pipeline *pipeline
	change   change
	release  func()
}

// Reference returns a receiver that does what the guide asks for, and nothing
// that it advises against.
func Reference(c Config) *Receiver { return newReceiver(c, nil, newDatabase()) }

// Restarted returns the receiver that a new process of the same kind would be.
// It has the database of rc. The key, and whatever else rc holds in memory, is
// gone. Close rc, whose process has ended.
func (rc *Receiver) Restarted() *Receiver {
	return newReceiver(rc.env.config, rc.change, rc.env.database)
}

// newReceiver returns the reference receiver as modify changes it.
func newReceiver(c Config, modify change, d *database) *Receiver {
	rc := &Receiver{change: modify}
	rc.env, rc.release = newEnvironment(c, d)
	rc.pipeline = reference(rc.env)
	if modify != nil {
		modify(rc.pipeline)
	}
	return rc
}

// start does what a new process does before it listens.
func (rc *Receiver) start() error { return rc.pipeline.start(rc.env.background.ctx) }

// ServeHTTP takes one request. It answers 2xx to a genuine delivery once its
// effect is recorded, 401 to one that does not verify, 503 to one that should
// be sent again, 405 to other methods than POST, and 413 to a body of more
// than 1 MiB. After Close it answers 503.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(rc.env.background.ctx, cancel)()
	x := &exchange{environment: rc.env, headers: rc.pipeline.headers, ctx: ctx, w: w, r: r}
	x.Delivery = Delivery{At: time.Now(), Method: r.Method, Path: r.URL.Path, Header: r.Header}
	answer := status(http.StatusServiceUnavailable)
	if rc.env.background.ctx.Err() == nil {
		answer = rc.pipeline.respond(x, rc.pipeline.serve(x))
	}
	x.Status = x.write(answer)
	if rc.env.config.OnDelivery != nil {
		if x.event == nil {
			x.event, _ = parseEvent(x.Body) // a body that is not an event has no kind
		}
		x.Event, x.UUID, x.Took = x.event.kind(), x.uuid(), time.Since(x.At)
		rc.env.config.OnDelivery(x.Delivery)
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

// Listener returns what to serve the receiver on in place of ln. For most
// receivers that is ln itself. A few have a bug below HTTP, in how they treat
// bytes and connections.
func (rc *Receiver) Listener(ln net.Listener) net.Listener { return rc.pipeline.listen(ln) }

// EffectsHandler answers {"count":N}: how many effects there were, of the
// delivery that the query's uuid names and of the event type that its event
// names. Without uuid or event it counts all of them.
func (rc *Receiver) EffectsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		var answer struct {
			Count int `json:"count"`
		}
		kind := rtk.EventType(q.Get("event"))
		if q.Has("uuid") {
			answer.Count = rc.env.database.count(q.Get("uuid"), kind)
		} else {
			answer.Count = rc.env.database.total(kind)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer) // the client has left
	})
}

// Count returns how many effects the deliveries with this rtk-uuid have had.
func (rc *Receiver) Count(uuid string) int { return rc.pipeline.count(uuid) }

// Close ends what runs in the background, downloads included, and waits for
// it. It does not wait for requests that are being served, but ends what they
// wait for.
func (rc *Receiver) Close() {
	rc.env.background.close()
	rc.release()
}
