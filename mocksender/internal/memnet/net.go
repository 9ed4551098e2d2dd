package memnet

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
)

// Addr is an address: any string, usually "host:port".
type Addr string

// Network returns "memnet".
func (Addr) Network() string { return "memnet" }

// String returns the address.
func (a Addr) String() string { return string(a) }

// Net is a separate network: a dial in it reaches only its own listeners. The
// zero value is empty and ready. It is safe for concurrent use.
type Net struct {
	mu        sync.Mutex
	listeners map[Addr]*Listener
	dialled   int // numbers the callers' addresses
}

// Backlog is how many connections wait for Accept before a further dial
// blocks.
const Backlog = 128

// Listen starts to listen at addr. The error matches syscall.EADDRINUSE if
// there is a listener already.
func (n *Net) Listen(addr string) (*Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := Addr(addr)
	if n.listeners[at] != nil {
		return nil, os.NewSyscallError("bind", syscall.EADDRINUSE)
	}
	if n.listeners == nil {
		n.listeners = make(map[Addr]*Listener)
	}
	l := &Listener{net: n, addr: at, queue: make(chan *Conn, Backlog), gone: make(chan struct{})}
	n.listeners[at] = l
	return l, nil
}

// DialContext connects to the listener at addr; network is not looked at. It
// has the form of net.Dialer.DialContext. Where nothing listens, the error
// matches syscall.ECONNREFUSED.
func (n *Net) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n.mu.Lock()
	l := n.listeners[Addr(addr)]
	n.dialled++
	caller := Addr(fmt.Sprintf("caller:%d", n.dialled))
	n.mu.Unlock()
	if l == nil {
		return nil, os.NewSyscallError("connect", syscall.ECONNREFUSED)
	}
	near, far := Pipe(caller, l.addr)
	select {
	case l.queue <- far:
	case <-l.gone:
		return nil, os.NewSyscallError("connect", syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// A close that came in between did not see far in the queue.
	if l.isClosed() {
		l.drain()
	}
	return near, nil
}

// Listener hands out the connections that were dialled to its address. It is a
// net.Listener.
type Listener struct {
	net     *Net
	addr    Addr
	queue   chan *Conn
	gone    chan struct{}
	closing sync.Once
}

// Accept waits for the next connection. After Close it returns an error that
// matches net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	if !l.isClosed() {
		select {
		case c := <-l.queue:
			return c, nil
		case <-l.gone:
		}
	}
	return nil, net.ErrClosed
}

// Close frees the address and resets the connections that nobody has accepted.
// Accepted ones stay open.
func (l *Listener) Close() error {
	err := net.ErrClosed
	l.closing.Do(func() {
		l.net.mu.Lock()
		delete(l.net.listeners, l.addr)
		l.net.mu.Unlock()
		close(l.gone)
		l.drain()
		err = nil
	})
	return err
}

// Addr returns the address that Listen was given.
func (l *Listener) Addr() net.Addr { return l.addr }

func (l *Listener) isClosed() bool {
	select {
	case <-l.gone:
		return true
	default:
		return false
	}
}

func (l *Listener) drain() {
	for {
		select {
		case c := <-l.queue:
			_ = c.Abort()
		default:
			return
		}
	}
}
