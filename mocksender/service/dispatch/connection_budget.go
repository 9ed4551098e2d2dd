package dispatch

import "slices"

// connectionBudget limits the attempts that are under way, for all webhooks
// together. Dispatcher.mu guards it.
//
// An attempt at a target that hangs keeps its connection until the time-out. So
// the last part of the budget is for targets that answer: a healthy webhook
// never waits for the time-out of another.
type connectionBudget struct {
	limit   int // attempts at a time; lower than most while connections are short
	most    int
	inUse   int
	ended   int             // attempts since limit last grew
	waiting []*webhookQueue // in the order in which they came
}

func newBudget(connections int) connectionBudget {
	return connectionBudget{limit: connections, most: connections}
}

// hasRoom reports whether q may begin one more attempt. What it may have beside
// its first attempt makes deliveries faster, but nobody needs it.
func (b *connectionBudget) hasRoom(q *webhookQueue) bool {
	eighths := 8
	switch {
	case q.running > 0:
		eighths = 1
	case q.status == hangs:
		eighths = 4
	case q.status == untried:
		eighths = 6
	}
	return b.inUse < max(1, b.limit*eighths/8)
}

// take counts an attempt of q as under way. If there is no room for it, next
// returns q later. That is not needed while q has an attempt under way: its end
// starts q again.
func (b *connectionBudget) take(q *webhookQueue) bool {
	if !b.hasRoom(q) {
		if q.running == 0 && !q.waits {
			q.waits = true
			b.waiting = append(b.waiting, q)
		}
		return false
	}
	b.inUse++
	q.running++
	return true
}

// release counts an attempt of q as over.
func (b *connectionBudget) release(q *webhookQueue) {
	b.inUse--
	q.running--
}

// next returns the first queue that waits and that there is room for, or nil. A
// queue with a larger share waits only while there is no room for the others
// either.
func (b *connectionBudget) next() *webhookQueue {
	i := slices.IndexFunc(b.waiting, b.hasRoom)
	if i < 0 {
		return nil
	}
	q := b.waiting[i]
	b.waiting = slices.Delete(b.waiting, i, i+1)
	q.waits = false
	return q
}

// leastConnections is how many attempts there may be at a time however few
// connections can be opened.
const leastConnections = 8

// shrink lowers the limit to the connections that there are.
func (b *connectionBudget) shrink() { b.limit = min(b.limit, max(leastConnections, b.inUse-1)) }

// grow raises the limit again by one, each time as many attempts have ended as
// it allows.
func (b *connectionBudget) grow() {
	if b.ended++; b.ended >= b.limit {
		b.limit, b.ended = min(b.limit+1, b.most), 0
	}
}
