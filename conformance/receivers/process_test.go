package receivers_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// process serves the bench's receiver on a loopback port. The function it
// returns delivers there.
func (b *bench) process(t *testing.T) (*receivers.Process, func(*delivery) int) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	p := receivers.Serve(ln, b.rc)
	t.Cleanup(p.Close)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // a restart closes idle connections
	return p, func(d *delivery) int {
		req, err := http.NewRequestWithContext(t.Context(), d.Method, "http://"+ln.Addr().String(), strings.NewReader(string(d.body)))
		assert.NilError(t, err)
		req.Header = d.Header.Clone()
		resp, err := client.Do(req)
		assert.NilError(t, err)
		assert.NilError(t, resp.Body.Close())
		return resp.StatusCode
	}
}

func TestRestartLosesTheKeyAndKeepsTheDatabase(t *testing.T) {
	b := newBench(t, "")
	p, status := b.process(t)
	d := b.genuine(startedBody)
	assert.Equal(t, status(d), ok)
	assert.Equal(t, b.web.hitsOn("keys.test"), 1)

	first := p.Receiver()
	assert.NilError(t, p.Restart(t.Context()))
	assert.Assert(t, p.Receiver() != first)
	assert.Equal(t, p.Receiver().Count(d.uuid), 1)
	assert.Equal(t, status(d), ok, "the port is the same")
	assert.Equal(t, p.Receiver().Count(d.uuid), 1, "it is known for a duplicate")
	assert.Equal(t, b.web.hitsOn("keys.test"), 2)
}

func TestRestartLosesWhatAReceiverHoldsInMemory(t *testing.T) {
	b := newBench(t, "select-then-insert") // into its memory
	p, status := b.process(t)
	d := b.genuine(startedBody)
	for range 2 {
		assert.Equal(t, status(d), ok)
	}
	assert.Equal(t, p.Receiver().Count(d.uuid), 1)
	assert.NilError(t, p.Restart(t.Context()))
	assert.Equal(t, status(d), ok)
	assert.Equal(t, p.Receiver().Count(d.uuid), 2)
}

func TestRestartClosesConnections(t *testing.T) {
	b := newBench(t, "")
	met := make(chan struct{})
	b.web.on("keys.test", func(w http.ResponseWriter, r *http.Request) {
		close(met)
		<-r.Context().Done()
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	p := receivers.Serve(ln, b.rc)
	defer p.Close()
	failed := make(chan error)
	go func() {
		d := b.genuine(startedBody)
		req, err := http.NewRequest(http.MethodPost, "http://"+ln.Addr().String(), strings.NewReader(string(d.body)))
		if err == nil {
			req.Header = d.Header
			_, err = http.DefaultTransport.RoundTrip(req)
		}
		failed <- err
	}()
	<-met
	assert.NilError(t, p.Restart(t.Context()))
	assert.Assert(t, <-failed != nil)
}

func TestClosedProcessStaysClosed(t *testing.T) {
	b := newBench(t, "")
	p, _ := b.process(t)
	p.Close()
	assert.NilError(t, p.Restart(t.Context()))
	d := b.genuine(startedBody)
	assert.Equal(t, b.status(d), http.StatusServiceUnavailable)
	p.Close() // closing twice does no harm
}
