package checks_test

import (
	"bytes"
	"context"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender"
)

// tap holds what goes out of a run against what passed its self-check.
type tap struct {
	mu       sync.Mutex
	passed   map[string][]byte // bodies, by the head that they came with
	requests int
	strange  []string // heads that nobody has seen before
}

func (w *tap) inspect(i mocksender.Outgoing) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passed[string(i.Request.Head)] = i.Request.Body
	return nil
}

func (w *tap) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	return tapped{c, w}, err
}

// beginsRequest matches what is written where a request begins, whatever its
// method.
var beginsRequest = regexp.MustCompile(`\A[A-Z]+ [^ ]+ HTTP/1\.1\r\n`)

// goesOut takes one write down. One that begins a request holds its head, or,
// where the request stalls, a part of it.
func (w *tap) goesOut(data []byte) {
	if !beginsRequest.Match(data) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	head, rest, whole := bytes.Cut(data, []byte("\r\n\r\n"))
	if whole {
		if body, ok := w.passed[string(head)+"\r\n\r\n"]; ok && bytes.HasPrefix(body, rest) {
			return
		}
	}
	for known := range w.passed {
		if !whole && strings.HasPrefix(known, string(head)) {
			return
		}
	}
	w.strange = append(w.strange, string(data[:min(len(data), 600)]))
}

type tapped struct {
	net.Conn
	w *tap
}

func (c tapped) Write(data []byte) (int, error) {
	c.w.goesOut(data)
	return c.Conn.Write(data)
}

// Whatever way a request of a run takes to the target (retries, one line for
// many, raw framings, requests that stall, forgeries while the key endpoint
// fails), its bytes have passed the self-check.
func TestNothingGoesOutThatHasNotPassedTheSelfCheck(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, c := range checks.All() {
		ids = append(ids, string(c.ID))
	}
	w := &tap{passed: map[string][]byte{}}
	report := restartable(t, "", receivers.Config{}, func(o *conformance.Options, _ *bench) {
		o.Sender.SelfCheck, o.Sender.Dial = w.inspect, w.dial
	}, ids...)
	assert.Equal(t, len(judged(report, conformance.Error)), 0)
	assert.Equal(t, len(w.strange), 0, "%d of %d, among them\n%s", len(w.strange), w.requests, strings.Join(w.strange[:min(3, len(w.strange))], "\n\n"))
	assert.Assert(t, w.requests >= 4*len(ids), "%d requests", w.requests)
}
