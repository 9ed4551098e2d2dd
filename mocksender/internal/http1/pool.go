package http1

import (
	"math"
	"slices"
	"sync"
	"time"
)

// idleTime is how long an idle connection is kept. It is shorter than the
// keep-alive time-outs that servers have (two seconds and more), so that they
// seldom close a connection at the moment it is used again.
const idleTime = time.Second

// watchAfter is how long an idle connection may go without a goroutine that
// watches it. Under load it is used again before, and the goroutine would cost
// more than all the rest of the pool.
const watchAfter = 10 * time.Millisecond

// pool holds idle connections. A goroutine watches each that stays idle, so that
// one that the target closes, or writes to unasked, is not used again. One that is
// taken before is looked at then.
type pool struct {
	perRoute int

	mu      sync.Mutex
	idle    map[route][]*conn // the latest last
	settles bool              // settle is to be called
	closed  bool
}

func newPool(perRoute int) *pool {
	return &pool{perRoute: perRoute, idle: make(map[route][]*conn)}
}

// put parks c. Nobody may use it from here on.
func (p *pool) put(c *conn) {
	c.in.reset(math.MaxInt64)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle[c.route]) >= p.perRoute || c.br.Buffered() > 0 {
		_ = c.Close()
		return
	}
	p.idle[c.route] = append(p.idle[c.route], c)
	switch {
	case !c.canLook():
		p.startWatch(c)
	case !p.settles:
		p.settles = true
		time.AfterFunc(watchAfter, p.settle)
	}
}

// settle has all connections watched that are idle.
func (p *pool) settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settles = false
	for _, list := range p.idle {
		for _, c := range list {
			if c.parked == nil {
				p.startWatch(c)
			}
		}
	}
}

// startWatch has c watched, which is idle. The lock is held.
func (p *pool) startWatch(c *conn) {
	c.parked = make(chan error, 1)
	// Where that fails, reading does too, and the watch ends.
	_ = c.SetDeadline(time.Now().Add(idleTime))
	go p.watch(c)
}

// watch waits until the target closes the idle connection c or writes to it, its
// time is over, or take interrupts the wait. Bytes that came unasked could pass
// for the next answer, so they end the connection.
func (p *pool) watch(c *conn) {
	_, err := c.br.Peek(1)
	p.mu.Lock()
	list := p.idle[c.route]
	at := slices.Index(list, c)
	if at >= 0 {
		p.idle[c.route] = slices.Delete(list, at, at+1)
	}
	p.mu.Unlock()
	if at >= 0 {
		_ = c.Close()
		return
	}
	c.parked <- err
}

// take returns the idle connection that was used last, or nil.
func (p *pool) take(q *Request) *conn {
	if q.close {
		return nil
	}
	r := q.route()
	for {
		p.mu.Lock()
		list := p.idle[r]
		if len(list) == 0 {
			p.mu.Unlock()
			return nil
		}
		c := list[len(list)-1]
		p.idle[r] = list[:len(list)-1]
		p.mu.Unlock()

		if c.parked == nil && c.quiet() || c.parked != nil && c.endWatch() {
			return c
		}
		c.abort()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.drop()
}

// drop closes the idle connections.
func (p *pool) drop() {
	p.mu.Lock()
	var all []*conn
	for _, list := range p.idle {
		all = append(all, list...)
	}
	clear(p.idle)
	p.mu.Unlock()
	for _, c := range all {
		if c.parked != nil {
			c.endWatch()
		}
		_ = c.Close()
	}
}
