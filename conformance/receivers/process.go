package receivers

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Process serves a receiver on a listener, as a process of its own would, and
// can be killed and started anew. Make one with Serve, and Close it in the end.
type Process struct {
	server *http.Server
	over   chan struct{}

	mu      sync.Mutex
	rc      *Receiver
	handler http.Handler
	conns   map[net.Conn]bool
	closed  bool
}

// Serve serves Handler of rc on ln, which it takes over with rc. What rc does
// when it starts is done, but it is served whatever comes of that.
func Serve(ln net.Listener, rc *Receiver) *Process {
	p := &Process{rc: rc, handler: rc.Handler(), conns: map[net.Conn]bool{}, over: make(chan struct{})}
	_ = rc.b.start(rc.life, rc)
	p.server = &http.Server{
		Handler:           p,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		ConnState:         p.watch,
		ErrorLog:          log.New(io.Discard, "", 0), // what a client does wrong is its affair
	}
	go func() {
		defer close(p.over)
		_ = p.server.Serve(rc.Listener(ln)) // ends with Close
	}()
	return p
}

// Receiver is the receiver that serves at the moment.
func (p *Process) Receiver() *Receiver {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rc
}

// ServeHTTP has the receiver of the moment take one request.
func (p *Process) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	h := p.handler
	p.mu.Unlock()
	h.ServeHTTP(w, r)
}

func (p *Process) watch(c net.Conn, state http.ConnState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch state {
	case http.StateNew:
		p.conns[c] = true
	case http.StateHijacked, http.StateClosed:
		delete(p.conns, c)
	}
}

// Restart kills the receiver and starts it anew: all connections are cut, and
// what it held in memory is gone. Its port is never closed. The error says why
// the receiver does not start; connections are cut then.
func (p *Process) Restart(context.Context) error {
	p.mu.Lock()
	old := p.rc
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.rc, p.handler = old.Anew(), http.HandlerFunc(cut)
	rc := p.rc
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	old.Close()
	if err := rc.b.start(rc.life, rc); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handler = rc.Handler()
	return nil
}

// cut is what nobody answers.
func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// Close ends serving, and the receiver, at once.
func (p *Process) Close() {
	p.mu.Lock()
	p.closed = true
	rc := p.rc
	p.mu.Unlock()
	_ = p.server.Close()
	<-p.over
	rc.Close()
}
