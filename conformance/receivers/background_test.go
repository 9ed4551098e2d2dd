package receivers_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestDownloadsAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var notes []string
		b := newBench(t, "", func(c *receivers.Config) {
			c.Log = func(n receivers.Note) {
				mu.Lock()
				defer mu.Unlock()
				notes = append(notes, n.Text)
			}
		})
		defer b.rc.Close()
		release := make(chan struct{})
		b.web.on("files.test", func(w http.ResponseWriter, r *http.Request) {
			<-release
			serving("twelve bytes")(w, r)
		})
		assert.Equal(t, b.status(b.genuine(recordingBody)), http.StatusOK)
		synctest.Wait()
		assert.Equal(t, b.web.hitsOn("files.test"), 1)
		close(release)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		assert.DeepEqual(t, notes, []string{
			"fetched the key", "applied recording.statusUpdate UPLOADED (2044680 bytes)", "downloaded 12 bytes",
		})
	})
}

func TestFullQueueOfDownloadsAsksToComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "")
		defer b.rc.Close()
		b.web.on("files.test", hang)
		d := b.genuine(recordingBody)
		last := ""
		for i := range 1100 { // the queue holds 1024
			last = d.uuid + strings.Repeat("x", i)
			d.Header.Set(rtk.HeaderUUID, last)
			if b.status(d) != http.StatusOK {
				break
			}
		}
		assert.Equal(t, b.status(d), http.StatusServiceUnavailable)
		assert.Equal(t, b.rc.Count(last), 0, "what is not accepted has no effect")

		// Downloads give up in the end, and make room.
		b.web.on("files.test", serving("a recording"))
		later(time.Minute)
		assert.Equal(t, b.status(d), http.StatusOK)
		assert.Equal(t, b.rc.Count(last), 1)
	})
}

func TestCloseEndsWhatRunsInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "")
		b.web.on("files.test", hang)
		for range 10 {
			assert.Equal(t, b.status(b.genuine(recordingBody)), http.StatusOK)
		}
		synctest.Wait()
		under := b.web.hitsOn("files.test")
		b.rc.Close() // would block for ever if the downloads went on
		assert.Equal(t, b.web.hitsOn("files.test"), under, "what was still in the queue is not begun")
		d := b.genuine(startedBody)
		assert.Equal(t, b.status(d), http.StatusServiceUnavailable)
		assert.Equal(t, b.rc.Count(d.uuid), 0)
		b.rc.Close() // closing twice does no harm
	})
}

func TestCloseLetsGoOfRequestsThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "cold-start")
		began := time.Now()
		codes := b.together([]*delivery{b.genuine(startedBody), b.genuine(startedBody)})
		later(time.Second)
		b.rc.Close()
		assert.DeepEqual(t, codes(), []int{http.StatusServiceUnavailable, http.StatusServiceUnavailable})
		assert.Equal(t, time.Since(began), time.Second)
	})
}
