package receivers

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestDuplicateWaitsForWorkUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDatabase()
		finish, isDone := d.claim(t.Context(), "1", time.Second)
		assert.Assert(t, finish != nil && !isDone)
		go func() {
			<-time.After(300 * time.Millisecond)
			finish(true)
		}()
		began := time.Now()
		again, isDone := d.claim(t.Context(), "1", time.Second)
		assert.Assert(t, again == nil && isDone, "the work is done and not to be done twice")
		assert.Equal(t, time.Since(began), 300*time.Millisecond)
	})
}

func TestDuplicateTakesOverWorkThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDatabase()
		finish, _ := d.claim(t.Context(), "1", time.Second)
		mine := make(chan bool, 2)
		for range 2 {
			go func() {
				finish, isDone := d.claim(t.Context(), "1", time.Second)
				if finish != nil {
					finish(true)
				}
				mine <- finish != nil && !isDone
			}()
		}
		synctest.Wait()
		finish(false)
		one, other := <-mine, <-mine
		assert.Assert(t, one != other, "one of two takes over")
	})
}

func TestDuplicateDoesNotWaitWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDatabase()
		_, _ = d.claim(t.Context(), "1", time.Second)
		began := time.Now()
		finish, isDone := d.claim(t.Context(), "1", time.Second)
		assert.Assert(t, finish == nil && !isDone)
		assert.Equal(t, time.Since(began), time.Second)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		finish, isDone = d.claim(ctx, "1", time.Second)
		assert.Assert(t, finish == nil && !isDone)
		assert.Equal(t, time.Since(began), time.Second, "who has left is not waited for")
	})
}

func TestDatabaseForgetsTheOldest(t *testing.T) {
	d := newDatabase()
	d.claims.limit, d.effects.limit = 2, 2
	for _, id := range []string{"1", "2", "2", "3"} {
		if finish, _ := d.claim(t.Context(), id, 0); finish != nil {
			finish(true)
			d.record(time.Now(), id, rtk.MeetingStarted)
		}
	}
	assert.Equal(t, len(d.claims.values), 2)
	assert.Equal(t, d.count("1", ""), 0)
	assert.Equal(t, d.count("2", ""), 1)
	assert.Equal(t, d.total(""), 2)
	assert.Equal(t, d.total(rtk.MeetingEnded), 0)
}
