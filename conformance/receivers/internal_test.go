package receivers

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestDuplicateWaitsForWorkUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		settle, over := l.claim(t.Context(), "1", time.Second)
		assert.Assert(t, settle != nil && !over)
		go func() {
			<-time.After(300 * time.Millisecond)
			settle(true)
		}()
		began := time.Now()
		again, over := l.claim(t.Context(), "1", time.Second)
		assert.Assert(t, again == nil && over, "the work is done and not to be done twice")
		assert.Equal(t, time.Since(began), 300*time.Millisecond)
	})
}

func TestDuplicateTakesOverWorkThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		settle, _ := l.claim(t.Context(), "1", time.Second)
		mine := make(chan bool, 2)
		for range 2 {
			go func() {
				settle, over := l.claim(t.Context(), "1", time.Second)
				if settle != nil {
					settle(true)
				}
				mine <- settle != nil && !over
			}()
		}
		synctest.Wait()
		settle(false)
		one, other := <-mine, <-mine
		assert.Assert(t, one != other, "one of two takes over")
	})
}

func TestDuplicateDoesNotWaitWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		_, _ = l.claim(t.Context(), "1", time.Second)
		began := time.Now()
		settle, over := l.claim(t.Context(), "1", time.Second)
		assert.Assert(t, settle == nil && !over)
		assert.Equal(t, time.Since(began), time.Second)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		settle, over = l.claim(ctx, "1", time.Second)
		assert.Assert(t, settle == nil && !over)
		assert.Equal(t, time.Since(began), time.Second, "who has left is not waited for")
	})
}

func TestLedgerForgetsTheOldest(t *testing.T) {
	l := newLedger()
	l.claims.limit, l.effects.limit = 2, 2
	for _, id := range []string{"1", "2", "2", "3"} {
		if settle, _ := l.claim(t.Context(), id, 0); settle != nil {
			settle(true)
			l.record(id, rtk.MeetingStarted)
		}
	}
	assert.Equal(t, len(l.claims.at), 2)
	assert.Equal(t, l.count("1", ""), 0)
	assert.Equal(t, l.count("2", ""), 1)
	assert.Equal(t, l.total(""), 2)
	assert.Equal(t, l.total(rtk.MeetingEnded), 0)
}

func TestQueueTakesAllJobsOrNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		q := &queue{spawn: func(f func(context.Context)) bool {
			go f(ctx)
			return ctx.Err() == nil
		}}
		release := make(chan struct{})
		job := func(context.Context) { <-release }
		for range queueWorkers {
			assert.Assert(t, q.offer(job))
		}
		synctest.Wait()
		for range queueRoom - 1 {
			assert.Assert(t, q.offer(job))
		}
		assert.Assert(t, !q.offer(job, job))
		assert.Assert(t, q.offer(job))
		assert.Equal(t, q.workers, queueWorkers)
		close(release)
		synctest.Wait()
		assert.Equal(t, q.workers, 0, "workers do not outlive the work")
		end()
		assert.Assert(t, !q.offer(job), "nobody works any more")
	})
}

func TestReserialiseWritesAsJavaScriptWould(t *testing.T) {
	for _, test := range []struct{ body, want, reason string }{
		{`{"b":1,"a":[true,null,"x"],"c":{}}`, `{"b":1,"a":[true,null,"x"],"c":{}}`, "compact JSON stays as it is"},
		{"{ \"b\" : 1.50 ,\r\n \"a\" : [ [ ] , { } ] }\n", `{"b":1.50,"a":[[],{}]}`, "white space goes, the order stays"},
		{`{"a":"\/ \u00e9 <&>"}`, `{"a":"/ é <&>"}`, "needless escapes go"},
		{`"text"`, `"text"`, "a value of its own"},
	} {
		got, err := reserialise([]byte(test.body))
		assert.NilError(t, err, test.reason)
		assert.Equal(t, string(got), test.want, test.reason)
	}
	for _, body := range []string{"", "not json", `{"a":1`, `{"a":1} {}`, `[1`} {
		_, err := reserialise([]byte(body))
		assert.Assert(t, err != nil, body)
	}
}

func TestWalkersSeeDepthAndRepetition(t *testing.T) {
	assert.Equal(t, nesting([]byte(`{"a":[1,{"b":[]}]}`)), 3)
	assert.Equal(t, nesting([]byte(strings.Repeat("[", 20_000))), 19_999, "broken JSON counts as far as it goes")
	for body, want := range map[string]bool{
		`{"a":1,"a":2}`:                     true,
		`{"a":{"b":1,"b":2}}`:               true,
		`{"a":{"b":1},"c":{"b":2}}`:         false,
		`[{"a":1},{"a":1}]`:                 false,
		`{"a":{"x":1},"b":[{"x":1}],"a":0}`: true,
		`not json`:                          false,
	} {
		assert.Equal(t, repeatsMember([]byte(body)), want, body)
	}
}

func TestObjectsAreReadLeniently(t *testing.T) {
	for _, test := range []struct {
		size string
		want int64
		ok   bool
	}{
		{`"2044680"`, 2044680, true},
		{`2044680`, 2044680, true},
		{`"9007199254740993"`, 9007199254740993, true},
		{`9007199254740993`, 9007199254740993, true},
		{`null`, 0, false},
		{`"large"`, 0, false},
		{`{}`, 0, false},
	} {
		o, err := parseObject([]byte(`{"recording":{"fileSize":` + test.size + `}}`))
		assert.NilError(t, err)
		got, ok := o.fileSize()
		assert.Equal(t, ok, test.ok, test.size)
		assert.Equal(t, got, test.want, test.size)
	}
	o := object{"recording": "r-1", "meeting": nil}
	assert.Equal(t, o.text("recording.status"), "")
	assert.Equal(t, o.text("meeting.id.deeper"), "")
	assert.Assert(t, has(o, "meeting") && null(o, "meeting") && !has(o, "meeting.id"))
}
