package receivers

import (
	"context"
	"testing"
	"testing/synctest"

	"gotest.tools/v3/assert"
)

func TestQueueTakesAllJobsOrNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackground()
		q := newQueue(b)
		release := make(chan struct{})
		job := func(context.Context) { <-release }
		for range queueWorkers {
			assert.Assert(t, q.add(job))
		}
		synctest.Wait()
		for range queueSize - 1 {
			assert.Assert(t, q.add(job))
		}
		assert.Assert(t, !q.add(job, job))
		assert.Assert(t, q.add(job))
		assert.Equal(t, len(q.slots), queueWorkers)
		close(release)
		synctest.Wait()
		assert.Equal(t, q.waiting+len(q.slots), 0, "all jobs are done")
		b.close()
		assert.Assert(t, !q.add(job), "nobody works any more")
	})
}
