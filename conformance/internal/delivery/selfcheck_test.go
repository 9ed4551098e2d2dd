package delivery

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

var testKey, attackerKey = sync.OnceValues(rtk.GenerateKey), sync.OnceValues(rtk.GenerateKey)

// post is a target that accepts everything, and a client that sends to it.
type post struct {
	*Client
	mu     sync.Mutex
	bodies []string
}

func newPost(t *testing.T) *post {
	t.Helper()
	key, err := testKey()
	assert.NilError(t, err)
	p := &post{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.bodies = append(p.bodies, string(body))
	}))
	t.Cleanup(server.Close)
	p.Client, err = New(Options{
		URL: server.URL, Sender: mocksender.Options{Keys: rtk.NewKeyring(key)},
		Timeout: time.Second, WarmUp: time.Second, Profile: mocksender.Profiles()[0],
		Exited:     func() string { return "" },
		Disturbed:  func() bool { return false },
		Subscribed: func(rtk.EventType) bool { return true },
	})
	assert.NilError(t, err)
	t.Cleanup(p.Close)
	return p
}

// session returns a Session, and what it reports as failed.
func (p *post) session(t *testing.T) (*Session, *[]string) {
	var failed []string
	return p.Session(t.Context(), "a/check", nil, func(label string, err error) {
		assert.ErrorIs(t, err, ErrSelfCheck)
		failed = append(failed, label+": "+err.Error())
	}), &failed
}

func event(t *testing.T) rtk.Event {
	t.Helper()
	events, err := payload.Lifecycle(payload.Options{})
	assert.NilError(t, err)
	return events[0]
}

func TestDeliverySignedByAnotherKeyIsNotSent(t *testing.T) {
	p := newPost(t)
	attacker, err := attackerKey()
	assert.NilError(t, err)
	p.genuine, err = mocksender.New(mocksender.Options{Keys: rtk.NewKeyring(attacker), SelfCheck: p.selfCheck})
	assert.NilError(t, err)
	s, failed := p.session(t)
	x := s.Send(exchange.Genuine, "an event", mocksender.Delivery{Event: event(t)})
	assert.Equal(t, x.Answer, exchange.Unanswered)
	assert.DeepEqual(t, *failed, []string{"an event: self-check: it is signed by another key than the target is given"})
	assert.Equal(t, len(p.bodies)+len(p.Log.Exchanges(exchange.Genuine)), 0)
}

// No way to the target leads around the self-check, not even one that somebody adds by
// mistake.
func TestDeliveryThatIsNotDeclaredIsNotSent(t *testing.T) {
	p := newPost(t)
	d := mocksender.Delivery{Event: event(t)}
	ways := map[string]func(context.Context) error{
		"pipeline": func(ctx context.Context) error {
			line := p.single.Pipeline(p.o.URL)
			defer line.Close()
			_, _, err := line.Send(ctx, d)
			return err
		},
		"idle": func(ctx context.Context) error {
			_, err := p.single.OpenIdle(ctx, p.o.URL, d, mocksender.IdleInBody)
			return err
		},
	}
	for _, sender := range p.senders() {
		ways["sender"] = func(ctx context.Context) error {
			_, err := sender.Send(ctx, p.o.URL, d)
			return err
		}
		for name, send := range ways {
			assert.Error(t, send(t.Context()), "self-check: nobody has declared what this delivery is", name)
		}
	}
	assert.Equal(t, len(p.bodies), 0)
}

func TestEventThatWasChangedAfterItWasMadeIsNotSent(t *testing.T) {
	p := newPost(t)
	s, _ := p.session(t)
	d := s.declare(exchange.Genuine, mocksender.Delivery{Event: event(t)})
	d.Event.Body = append(d.Event.Body[:len(d.Event.Body):len(d.Event.Body)], ' ')
	_, err := p.genuine.Send(t.Context(), p.o.URL, d)
	assert.Error(t, err, "self-check: the event is not the one that was made")
	assert.Equal(t, len(p.bodies), 0)
}

// Every way to send a forgery holds it to what it declares.
func TestForgeryThatIsNoneIsNotSent(t *testing.T) {
	genuine := mocksender.Delivery{Event: event(t), Mutations: []mutation.Mutation{{
		ID: "header/x", Apply: func(w *mutation.Wire) error { w.Header["x"] = []string{"1"}; return nil },
	}}}
	p := newPost(t)
	s, failed := p.session(t)
	var want []string
	for _, kind := range []exchange.Kind{exchange.Forgery, exchange.Unverifiable} {
		s.Send(kind, "sent", genuine)
		s.Once(kind, "once", genuine)
		s.Start(kind, "started", genuine).Wait()
		for _, label := range []string{"sent", "once", "started"} {
			want = append(want, label+": self-check: it is no forgery: rtk-signature verifies")
		}
	}
	assert.DeepEqual(t, *failed, want)
	assert.Equal(t, len(p.bodies), 0)
	assert.Assert(t, s.Send(exchange.Nonstandard, "odd", genuine).Accepted(), "it may be genuine where it is declared so")
}

// Signing is nearly all of what a delivery costs.
func TestSelfCheckSignsNothingMore(t *testing.T) {
	p := newPost(t)
	attacker, err := attackerKey()
	assert.NilError(t, err)
	otherKey, err := mutation.ByID(mutation.Options{Attacker: attacker}, "signature/other-key")
	assert.NilError(t, err)
	s, _ := p.session(t)
	events, err := payload.Lifecycle(payload.Options{})
	assert.NilError(t, err)
	for _, e := range events {
		assert.Assert(t, s.Send(exchange.Genuine, "genuine", mocksender.Delivery{Event: e}).Accepted())
		assert.Assert(t, s.Send(exchange.Forgery, "forged", mocksender.Delivery{Event: e, Mutations: []mutation.Mutation{otherKey}}).Accepted())
	}
	made := 0
	for _, sender := range p.senders() {
		made += int(sender.Signatures())
	}
	assert.Equal(t, made, len(events), "each body is signed once by the genuine key")
	assert.Equal(t, len(p.bodies), 2*len(events))
}
