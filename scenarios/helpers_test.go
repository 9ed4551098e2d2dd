package scenarios_test

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/scenarios"
)

// genuineKey, rotatedKey and attackerKey are made once: making one takes longer
// than most tests.
var (
	genuineKey  = sync.OnceValue(newKey)
	rotatedKey  = sync.OnceValue(newKey)
	attackerKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rtk.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
}

// world is a key endpoint and a receiver that fetches its key there.
type world struct {
	keys     *wellknown.Server
	keyURL   string
	url      string
	receiver *receiver
}

// newWorld starts both. spoil, if given, answers instead of the good receiver.
func newWorld(t testing.TB, spoil http.HandlerFunc) *world {
	t.Helper()
	w := &world{keys: wellknown.New(rtk.NewKeyring(genuineKey()))}
	endpoint := httptest.NewServer(w.keys)
	t.Cleanup(endpoint.Close)
	w.keyURL = endpoint.URL
	w.receiver = &receiver{keyURL: endpoint.URL, client: endpoint.Client(), effects: map[string]int{}}
	handler := http.Handler(w.receiver)
	if spoil != nil {
		handler = spoil
	}
	target := httptest.NewServer(handler)
	t.Cleanup(target.Close)
	w.url = target.URL
	return w
}

// options plays against the world, without long waits.
func (w *world) options() scenarios.Options {
	return scenarios.Options{
		URL:  w.url,
		Keys: w.keys, API: rest.Follow(w.keys.Keys(), func() string { return "" }),
		Sender: mocksender.Options{
			Retry: mocksender.Retry{Waits: []time.Duration{
				5 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
			}},
		},
		Mutations: mutation.Options{Attacker: attackerKey()},
		NewKey: func() (*rsa.PrivateKey, error) {
			if key, err := w.keys.Keys().Key(); err != nil || key == rotatedKey() {
				return genuineKey(), err
			}
			return rotatedKey(), nil
		},
	}
}

// receiver verifies, is idempotent, and fetches the key again when a signature
// does not verify. Without a key it answers 503, so that the sender retries.
type receiver struct {
	keyURL string
	client *http.Client

	mu      sync.Mutex
	key     *rsa.PublicKey
	effects map[string]int // by uuid
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	signature := req.Header.Get(rtk.HeaderSignature)
	ok, err := r.verify(body, signature)
	switch {
	case err != nil:
		http.Error(w, "no key", http.StatusServiceUnavailable)
	case !ok:
		http.Error(w, "bad signature", http.StatusUnauthorized)
	default:
		r.mu.Lock()
		defer r.mu.Unlock()
		if uuid := req.Header.Get(rtk.HeaderUUID); r.effects[uuid] == 0 {
			r.effects[uuid] = 1
		}
	}
}

func (r *receiver) verify(body []byte, signature string) (bool, error) {
	r.mu.Lock()
	key := r.key
	r.mu.Unlock()
	if key != nil && rtk.Verify(key, body, signature) == nil {
		return true, nil
	}
	key, err := r.fetch()
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	r.key = key
	r.mu.Unlock()
	return rtk.Verify(key, body, signature) == nil, nil
}

func (r *receiver) fetch() (*rsa.PublicKey, error) {
	res, err := r.client.Get(r.keyURL)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var document struct{ Data struct{ PublicKey string } }
	if err := json.NewDecoder(res.Body).Decode(&document); err != nil {
		return nil, err
	}
	return rtk.ParsePublicKey([]byte(document.Data.PublicKey))
}

// always answers every request with one status.
func always(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
	}
}

// script parses a script of the given steps.
func script(t testing.TB, steps string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("script.json", []byte(`{"title": "A test", "steps": [`+steps+`]}`))
	assert.NilError(t, err)
	return s
}

// watch collects updates of one kind.
func watch(o *scenarios.Options, kind scenarios.UpdateKind) *[]scenarios.Update {
	var all []scenarios.Update
	given := o.Progress
	o.Progress = func(u scenarios.Update) {
		if given != nil {
			given(u)
		}
		if u.Kind == kind {
			all = append(all, u)
		}
	}
	return &all
}

// play plays s and fails the test on an error.
func play(t testing.TB, s *scenarios.Scenario, o scenarios.Options) *scenarios.Result {
	t.Helper()
	r, err := scenarios.Play(t.Context(), s, o)
	assert.NilError(t, err)
	return r
}

// fake is a sender without a network. answer answers each attempt; it gets the
// number of the delivery, from 1.
type fake struct {
	o      mocksender.Options
	answer func(ctx context.Context, delivery, attempt int, d mocksender.Delivery) mocksender.Outcome

	mu   sync.Mutex
	sent []mocksender.Delivery
	at   []time.Time
}

// into makes o use the fake.
func (f *fake) into(o *scenarios.Options) {
	o.URL = "http://fake.invalid/"
	o.NewSender = func(given mocksender.Options) (scenarios.Sender, error) {
		f.o = given
		return f, nil
	}
}

func (f *fake) Send(ctx context.Context, url string, d mocksender.Delivery) (mocksender.Receipt, error) {
	f.mu.Lock()
	f.sent = append(f.sent, d)
	f.at = append(f.at, time.Now())
	number := len(f.sent)
	f.mu.Unlock()
	r := mocksender.Receipt{URL: url, Delivery: d}
	for n := 1; ; n++ {
		a := mocksender.Attempt{N: n, At: time.Now(), Reached: true}
		a.Outcome = mocksender.Outcome{Status: http.StatusOK}
		if f.answer != nil {
			a.Outcome = f.answer(ctx, number, n, d)
		}
		r.Attempts = append(r.Attempts, a)
		f.o.OnAttempt(d, a)
		wait, again := f.o.Retry.Next(n, a.Outcome)
		switch {
		case ctx.Err() != nil:
			r.Fate = mocksender.Abandoned
			return r, nil
		case a.Outcome.OK():
			r.Fate = mocksender.Delivered
			return r, nil
		case !again && a.Outcome.Retryable():
			r.Fate = mocksender.Exhausted
			return r, nil
		case !again:
			r.Fate = mocksender.Failed
			return r, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}
