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

// Process serves a receiver on a listener as if it were a separate process, which
// can be killed and started again. Make one with Serve, and Close it in the end.
type Process struct {
	server *http.Server
	served chan struct{} // closed when server has ended

	mu      sync.Mutex
	rc      *Receiver
	handler http.Handler
	conns   map[net.Conn]bool
	closed  bool
}

// Serve serves Handler of rc on ln. The Process closes both. The receiver is
// served even if what it does at its start fails.
func Serve(ln net.Listener, rc *Receiver) *Process {
	p := &Process{rc: rc, handler: rc.Handler(), conns: map[net.Conn]bool{}, served: make(chan struct{})}
	_ = rc.start()
	p.server = &http.Server{
		Handler:           p,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		ConnState:         p.trackConn,
		ErrorLog:          log.New(io.Discard, "", 0), // about mistakes of clients
	}
	go func() {
		defer close(p.served)
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

// ServeHTTP passes one request to the receiver that serves at the moment.
func (p *Process) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	h := p.handler
	p.mu.Unlock()
	h.ServeHTTP(w, r)
}

func (p *Process) trackConn(c net.Conn, state http.ConnState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch state {
	case http.StateNew:
		p.conns[c] = true
	case http.StateHijacked, http.StateClosed:
		delete(p.conns, c)
	}
}

// Restart kills the receiver and starts it again: all connections are closed,
// and what it held in memory is gone. Its port stays open. The error says why
// the receiver does not start; then all connections are closed at once.
func (p *Process) Restart(context.Context) error {
	p.mu.Lock()
	old := p.rc
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	rc := old.Restarted()
	p.rc, p.handler = rc, http.HandlerFunc(abort)
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	old.Close()
	if err := rc.start(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handler = rc.Handler()
	return nil
}

// abort closes the connection without an answer.
func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// Close ends serving, and the receiver, at once.
func (p *Process) Close() {
	p.mu.Lock()
	p.closed = true
	rc := p.rc
	p.mu.Unlock()
	_ = p.server.Close()
	<-p.served
	rc.Close()
}
