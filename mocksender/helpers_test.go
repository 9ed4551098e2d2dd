package mocksender_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/memnet"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// genuineKey and attackerKey are made once: making one takes longer than most
// tests.
var (
	genuineKey  = sync.OnceValue(newKey)
	attackerKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rtk.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
}

const sample = `{"event":"meeting.started","meeting":{"id":"bbb8940e-1b97-402a-97d6-2708b7feca41","title":"Weekly sync","status":"LIVE"}}`

func sampleDelivery() mocksender.Delivery {
	return mocksender.Delivery{Event: rtk.Event{Type: rtk.MeetingStarted, Body: []byte(sample)}}
}

func newSender(t testing.TB, o mocksender.Options) *mocksender.Sender {
	t.Helper()
	if o.Keys == nil {
		o.Keys = rtk.NewKeyring(genuineKey())
	}
	s, err := mocksender.New(o)
	assert.NilError(t, err)
	t.Cleanup(s.Close)
	return s
}

// send delivers the sample, or d where one is given.
func send(t testing.TB, s *mocksender.Sender, url string, d ...mocksender.Delivery) mocksender.Receipt {
	t.Helper()
	r, err := s.Send(t.Context(), url, append(d, sampleDelivery())[0])
	assert.NilError(t, err)
	return r
}

// network is an in-memory network with targets in it.
type network struct {
	t testing.TB
	memnet.Net
	wg sync.WaitGroup
}

func newNetwork(t testing.TB) *network {
	n := &network{t: t}
	t.Cleanup(n.wg.Wait)
	return n
}

// sender returns a sender that dials in the network.
func (n *network) sender(o mocksender.Options) *mocksender.Sender {
	n.t.Helper()
	o.Dial = n.DialContext
	return newSender(n.t, o)
}

// target serves each connection to addr by handle, which need not close it.
func (n *network) target(addr string, handle func(c net.Conn)) {
	n.t.Helper()
	l, err := n.Listen(addr)
	assert.NilError(n.t, err)
	serveConns(n.t, &n.wg, l, handle)
}

// handler serves addr by an http.Server.
func (n *network) handler(addr string, h http.HandlerFunc) {
	n.t.Helper()
	l, err := n.Listen(addr)
	assert.NilError(n.t, err)
	server := &http.Server{Handler: h}
	n.wg.Go(func() { _ = server.Serve(l) })
	n.t.Cleanup(func() { _ = server.Close() })
}

// loopback serves each connection to a free TCP port by handle, and returns
// the port's address.
func loopback(t testing.TB, handle func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	wg := new(sync.WaitGroup)
	t.Cleanup(wg.Wait)
	serveConns(t, wg, l, handle)
	return l.Addr().String()
}

func serveConns(t testing.TB, wg *sync.WaitGroup, l net.Listener, handle func(c net.Conn)) {
	var mu sync.Mutex
	var open []net.Conn
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
}

// got is one request as it came over the wire.
type got struct {
	head string // to the empty line
	body []byte // as framed
	req  *http.Request
	err  error // of reading the body
}

// readRequest reads one request from br.
func readRequest(br *bufio.Reader) (got, error) {
	var head bytes.Buffer
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return got{}, err
		}
		head.WriteString(line)
		if line == "\r\n" {
			break
		}
	}
	g := got{head: head.String()}
	var err error
	g.req, err = http.ReadRequest(bufio.NewReader(io.MultiReader(&head, br)))
	if err != nil {
		return g, err
	}
	g.body, g.err = io.ReadAll(g.req.Body)
	return g, nil
}

// answer reads requests and answers each, on whichever connection, with the
// next of the responses, the last of them for ever.
func answer(responses ...string) func(net.Conn) {
	var asked atomic.Int64
	return func(c net.Conn) {
		br := bufio.NewReader(c)
		for {
			if _, err := readRequest(br); err != nil {
				return
			}
			n := int(asked.Add(1)) - 1
			if _, err := io.WriteString(c, responses[min(n, len(responses)-1)]); err != nil {
				return
			}
		}
	}
}

func status(code int) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: 0\r\n\r\n", code, http.StatusText(code))
}

// pass lets virtual time pass.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

func pass(d time.Duration) { <-time.After(d) }

// blockUntilClosed reads c until it ends.
func blockUntilClosed(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// dialTo gives out c.
func dialTo(c net.Conn) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return c, nil }
}
