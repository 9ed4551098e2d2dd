package dispatch

import (
	"testing"

	"gotest.tools/v3/assert"
)

// takeAll lets new webhooks of a status begin attempts while there is room, and
// returns how many began.
func takeAll(b *connectionBudget, s status) int {
	n := 0
	for b.take(&webhookQueue{status: s}) {
		n++
	}
	return n
}

func TestWebhooksThatMayHangLeaveConnectionsToThoseThatAnswer(t *testing.T) {
	b := newBudget(160)
	assert.Equal(t, takeAll(&b, hangs), 80)
	assert.Equal(t, takeAll(&b, untried), 40)
	assert.Equal(t, takeAll(&b, answers), 40)
	assert.Equal(t, b.inUse, 160)
}

func TestManyAttemptsAtOneWebhookLeaveTheFirstOnesRoom(t *testing.T) {
	b := newBudget(160)
	busy := &webhookQueue{status: answers}
	for b.take(busy) {
	}
	assert.Equal(t, busy.running, 20)
	assert.Assert(t, b.next() == nil, "it has attempts under way, so it does not wait")
	assert.Equal(t, takeAll(&b, hangs), 60)
}

func TestAReleasedConnectionGoesToTheFirstThatMayHaveIt(t *testing.T) {
	b := newBudget(8)
	takeAll(&b, hangs) // one more waits
	first, second := &webhookQueue{status: answers}, &webhookQueue{status: answers}
	var running []*webhookQueue
	for range 4 {
		q := &webhookQueue{status: answers}
		assert.Assert(t, b.take(q))
		running = append(running, q)
	}
	assert.Assert(t, !b.take(first) && !b.take(second) && !b.take(first), "all are in use")
	b.release(running[0])
	assert.Assert(t, b.next() == first, "the one that hangs has waited longer, and there is no room for it")
	assert.Assert(t, b.take(first))
	assert.Assert(t, b.next() == nil)
	b.release(first)
	assert.Assert(t, b.next() == second)
}

func TestAShortageLowersTheLimitForAWhile(t *testing.T) {
	b := newBudget(1000)
	b.inUse = 50
	b.shrink()
	assert.Equal(t, b.limit, 49)
	b.inUse = 2
	b.shrink()
	assert.Equal(t, b.limit, leastConnections)
	for range leastConnections {
		b.grow()
	}
	assert.Equal(t, b.limit, leastConnections+1)
	for b.limit < 1000 {
		b.grow()
	}
	for range 5000 {
		b.grow()
	}
	assert.Equal(t, b.limit, 1000)
}
