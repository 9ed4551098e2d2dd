package sendertest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/memnet"
)

// Network is an in-memory network with targets in it.
type Network struct {
	t testing.TB
	memnet.Net
	wg sync.WaitGroup
}

// NewNetwork returns an empty network.
func NewNetwork(t testing.TB) *Network {
	n := &Network{t: t}
	t.Cleanup(n.wg.Wait)
	return n
}

// Sender returns a Sender that dials in the network.
func (n *Network) Sender(o mocksender.Options) *mocksender.Sender {
	n.t.Helper()
	o.Dial = n.DialContext
	return NewSender(n.t, o)
}

// Target serves each connection to addr by handle, which need not close it.
func (n *Network) Target(addr string, handle func(c net.Conn)) {
	n.t.Helper()
	l, err := n.Listen(addr)
	must(n.t, err)
	serveConns(n.t, &n.wg, l, handle)
}

// Handler serves addr by an http.Server.
func (n *Network) Handler(addr string, h http.HandlerFunc) {
	n.t.Helper()
	l, err := n.Listen(addr)
	must(n.t, err)
	server := &http.Server{Handler: h}
	n.wg.Go(func() { _ = server.Serve(l) })
	n.t.Cleanup(func() { _ = server.Close() })
}

// Loopback serves each connection to a free TCP port by handle, and returns
// the port's address.
func Loopback(t testing.TB, handle func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
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

// Received is one request as it came over the wire.
type Received struct {
	Head    string // to the empty line
	Body    []byte // as framed
	Request *http.Request
	Err     error // of reading the body
}

// ReadRequest reads one request from br.
func ReadRequest(br *bufio.Reader) (Received, error) {
	var head bytes.Buffer
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return Received{}, err
		}
		head.WriteString(line)
		if line == "\r\n" {
			break
		}
	}
	g := Received{Head: head.String()}
	var err error
	g.Request, err = http.ReadRequest(bufio.NewReader(io.MultiReader(&head, br)))
	if err != nil {
		return g, err
	}
	g.Body, g.Err = io.ReadAll(g.Request.Body)
	return g, nil
}

// Answer reads requests and answers each, on whichever connection, with the
// next of the responses, the last of them forever.
func Answer(responses ...string) func(net.Conn) {
	var asked atomic.Int64
	return func(c net.Conn) {
		br := bufio.NewReader(c)
		for {
			if _, err := ReadRequest(br); err != nil {
				return
			}
			n := int(asked.Add(1)) - 1
			if _, err := io.WriteString(c, responses[min(n, len(responses)-1)]); err != nil {
				return
			}
		}
	}
}

// Status is a response without a body.
func Status(code int) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: 0\r\n\r\n", code, http.StatusText(code))
}

// Pass lets virtual time pass.
func Pass(d time.Duration) { <-time.After(d) }

// BlockUntilClosed reads c until it ends.
func BlockUntilClosed(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
