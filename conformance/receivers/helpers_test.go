package receivers_test

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Hosts of the web that the receivers under test see.
const (
	keyURL      = "http://keys.test/.well-known/webhooks.json"
	attackerURL = "http://attacker.test/keys"
	linkURL     = "http://files.test/recording.mp4"
)

// genuineKey and otherKey are made once: making one takes longer than a test.
var (
	genuineKey = sync.OnceValues(rtk.GenerateKey)
	otherKey   = sync.OnceValues(rtk.GenerateKey)
)

func mustKey(t testing.TB, make func() (*rsa.PrivateKey, error)) *rsa.PrivateKey {
	t.Helper()
	key, err := make()
	assert.NilError(t, err)
	return key
}

// web answers a client's requests from handlers, by host, without a network.
type web struct {
	mu    sync.Mutex
	hosts map[string]http.HandlerFunc
	hits  map[string]int
}

func (w *web) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.hits[req.URL.Host]++
	serve := w.hosts[req.URL.Host]
	w.mu.Unlock()
	if serve == nil {
		return nil, fmt.Errorf("nobody listens at %s", req.URL.Host)
	}
	rec := httptest.NewRecorder()
	serve(rec, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	resp := rec.Result()
	resp.Request = req
	return resp, nil
}

func (w *web) on(host string, serve http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts[host] = serve
}

func (w *web) hitsOn(host string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hits[host]
}

// hang answers when the client leaves.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func serving(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

// bench is a receiver, the web around it, and a sender's key.
type bench struct {
	t   testing.TB
	key *rsa.PrivateKey
	web *web
	rc  *receivers.Receiver
	n   atomic.Int64
}

// newBench returns a bench around the receiver that name names; "" is the
// reference. Whoever calls it closes the receiver.
func newBench(t testing.TB, name string, change ...func(*receivers.Config)) *bench {
	t.Helper()
	b := &bench{t: t, key: mustKey(t, genuineKey), web: &web{hosts: map[string]http.HandlerFunc{}, hits: map[string]int{}}}
	b.serveKey(b.key)
	b.web.on("attacker.test", serving(document(t, mustKey(t, otherKey))))
	b.web.on("files.test", serving("a recording"))
	c := receivers.Config{KeyURL: keyURL, PublicKey: &b.key.PublicKey, Client: &http.Client{Transport: b.web}}
	for _, f := range change {
		f(&c)
	}
	if name == "" {
		b.rc = receivers.Reference(c)
		return b
	}
	rc, err := receivers.Flawed(name, c)
	assert.NilError(t, err)
	b.rc = rc
	return b
}

func (b *bench) serveKey(key *rsa.PrivateKey) { b.web.on("keys.test", serving(document(b.t, key))) }

func document(t testing.TB, key *rsa.PrivateKey) string {
	t.Helper()
	doc, err := rtk.NewKeyring(key).Document()
	assert.NilError(t, err)
	return string(doc)
}

// delivery is a request and its uuid.
type delivery struct {
	*http.Request
	body []byte
	uuid string
}

// genuine is a signed delivery of body, with a uuid of its own.
func (b *bench) genuine(body string) *delivery { return b.signedBy(b.key, body) }

func (b *bench) signedBy(key *rsa.PrivateKey, body string) *delivery {
	b.t.Helper()
	signature, err := rtk.Sign(key, []byte(body))
	assert.NilError(b.t, err)
	return b.carrying(body, signature)
}

// carrying is a delivery with signatures as given.
func (b *bench) carrying(body string, signatures ...string) *delivery {
	uuid := fmt.Sprintf("delivery-%d", b.n.Add(1))
	d := &delivery{httptest.NewRequest(http.MethodPost, "http://receiver.test/webhook", nil), []byte(body), uuid}
	d.Header.Set("Content-Type", "application/json")
	d.Header.Set(rtk.HeaderUUID, uuid)
	d.Header.Set(rtk.HeaderWebhookID, "webhook-1")
	for _, s := range signatures {
		d.Header.Add(rtk.HeaderSignature, s)
	}
	return d
}

// forged is a delivery signed by another key.
func (b *bench) forged(body string) *delivery { return b.signedBy(mustKey(b.t, otherKey), body) }

// send delivers d, as often as it is called.
func (b *bench) send(d *delivery) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r := d.Clone(d.Context())
	r.Body = readCloser{bytes.NewReader(d.body)}
	b.rc.ServeHTTP(rec, r)
	return rec
}

// sendBody delivers d with another body and returns what it was answered.
func (b *bench) sendBody(d *delivery, body io.ReadCloser) int {
	rec := httptest.NewRecorder()
	r := d.Clone(d.Context())
	r.Body = body
	b.rc.ServeHTTP(rec, r)
	return rec.Code
}

type readCloser struct{ io.Reader }

func (readCloser) Close() error { return nil }

// status sends d and returns what it was answered.
func (b *bench) status(d *delivery) int { return b.send(d).Code }

// Bodies after the guide's samples, with as many members as the tests need.
const (
	startedBody   = `{"event":"meeting.started","meeting":{"id":"m-1","title":"Weekly sync","sessionId":"s-1","startedAt":"2026-06-03T10:00:00.000Z"}}`
	recordingBody = `{"event":"recording.statusUpdate","recording":{"id":"r-1","status":"UPLOADED","downloadUrl":"` + linkURL + `","fileSize":"2044680"},"meeting":{"id":"m-1","sessionId":"s-1"}}`
)

// simple is an event of kind in session s.
func simple(kind rtk.EventType, s string) string {
	return fmt.Sprintf(`{"event":%q,"meeting":{"id":"m-%s","sessionId":"%s"}}`, kind, s, s)
}

// joined is a participant called name, with id as customParticipantId.
func joined(name, id string) string {
	return fmt.Sprintf(`{"event":"meeting.participantJoined","meeting":{"id":"m-1","sessionId":"s-1"},"participant":{"userDisplayName":%s,"customParticipantId":%q}}`, name, id)
}

// later lets virtual time pass, and waits for what happens then.
func later(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
