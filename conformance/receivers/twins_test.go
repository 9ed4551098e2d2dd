package receivers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestTwinsAnswerInTheirOwnWay(t *testing.T) {
	for name, want := range map[string]int{"answers-202": http.StatusAccepted, "answers-204": http.StatusNoContent, "answers-megabyte": ok, "no-keep-alive": ok} {
		b := newBench(t, name)
		rec := b.send(b.genuine(startedBody))
		assert.Equal(t, rec.Code, want)
		assert.Equal(t, rec.Body.Len() >= 1<<20-20, name == "answers-megabyte")
		assert.Equal(t, rec.Header().Get("Connection") == "close", name == "no-keep-alive")
		b.rc.Close()
	}
	b := newBench(t, "answers-any-method")
	defer b.rc.Close()
	for method, want := range map[string]int{"GET": ok, "HEAD": ok, "OPTIONS": ok, "PUT": http.StatusMethodNotAllowed} {
		d := b.genuine(startedBody)
		d.Method = method
		assert.Equal(t, b.status(d), want, method)
		assert.Equal(t, b.rc.Count(d.uuid), 0, method)
	}
}

func TestPinnedKeyIsNeverFetched(t *testing.T) {
	b := newBench(t, "pinned-key")
	defer b.rc.Close()
	assert.Equal(t, b.status(b.genuine(startedBody)), ok)
	assert.Equal(t, b.status(b.forged(startedBody)), unauthorized)
	assert.Equal(t, b.web.hitsOn("keys.test"), 0)
}

func TestRareRefetchesAreHalfAMinuteApart(t *testing.T) {
	synctestRun(t, func(t *testing.T) {
		b := newBench(t, "refetches-rarely")
		defer b.rc.Close()
		b.send(b.genuine(startedBody))
		for range 61 {
			b.send(b.forged(startedBody))
			later(second)
		}
		assert.Equal(t, b.web.hitsOn("keys.test"), 3)
	})
}

func TestDuplicatesAreKnownByUUIDAndBody(t *testing.T) {
	b := newBench(t, "dedupes-by-uuid-and-body")
	defer b.rc.Close()
	one, other := b.genuine(startedBody), b.genuine(recordingBody)
	other.Header.Set(rtk.HeaderUUID, one.uuid)
	for _, d := range []*delivery{one, one, other} {
		assert.Equal(t, b.status(d), ok)
	}
	assert.Equal(t, b.rc.Count(one.uuid), 2)
}

func TestDuplicateInWorkIsAskedForAgain(t *testing.T) {
	synctestRun(t, func(t *testing.T) {
		b := newBench(t, "503-while-in-work")
		defer b.rc.Close()
		d := b.genuine(startedBody)
		b.send(b.genuine(startedBody)) // so that the key is there
		codes := b.together([]*delivery{d, d, d})()
		sum := 0
		for _, code := range codes {
			sum += code
		}
		assert.Equal(t, sum, ok+2*http.StatusServiceUnavailable, "%v", codes)
		assert.Equal(t, b.status(d), ok)
		assert.Equal(t, b.rc.Count(d.uuid), 1)
	})
}

func TestLateEffectsComeInTheEnd(t *testing.T) {
	synctestRun(t, func(t *testing.T) {
		b := newBench(t, "late-effects")
		defer b.rc.Close()
		d := b.genuine(recordingBody)
		assert.Equal(t, b.status(d), ok)
		later(receivers.DefaultEffectDelay - time.Millisecond)
		assert.Equal(t, b.rc.Count(d.uuid), 0)
		later(time.Millisecond)
		assert.Equal(t, b.rc.Count(d.uuid), 1)
	})
	synctestRun(t, func(t *testing.T) {
		b := newBench(t, "late-downloads")
		defer b.rc.Close()
		assert.Equal(t, b.status(b.genuine(recordingBody)), ok)
		later(receivers.DefaultEffectDelay - time.Millisecond)
		assert.Equal(t, b.web.hitsOn("files.test"), 0)
		later(time.Millisecond)
		assert.Equal(t, b.web.hitsOn("files.test"), 1)
	})
}

func TestQueuedForgeriesHaveNoEffect(t *testing.T) {
	synctestRun(t, func(t *testing.T) {
		b := newBench(t, "queues-then-verifies")
		defer b.rc.Close()
		b.web.on("keys.test", hang)
		genuine, forged, unsigned := b.genuine(recordingBody), b.forged(recordingBody), b.carrying(recordingBody)
		for _, d := range []*delivery{genuine, forged, unsigned} {
			assert.Equal(t, b.status(d), ok, "answered before anything is known")
		}
		later(10 * second)
		assert.Equal(t, b.rc.Count(genuine.uuid), 0)
		b.serveKey(b.key)
		later(10 * second)
		assert.Equal(t, b.rc.Count(genuine.uuid), 1, "a key that comes late is waited for")
		assert.Equal(t, b.rc.Count(forged.uuid)+b.rc.Count(unsigned.uuid), 0)
		assert.Equal(t, b.web.hitsOn("files.test"), 1)
	})
}

func TestOneInTenFailsAndIsTakenOnTheNextTry(t *testing.T) {
	b := newBench(t, "one-in-ten-500")
	defer b.rc.Close()
	failed := 0
	for range 30 {
		d := b.genuine(startedBody)
		if b.status(d) == internal {
			failed++
			assert.Equal(t, b.rc.Count(d.uuid), 0)
			assert.Equal(t, b.status(d), ok)
		}
		assert.Equal(t, b.rc.Count(d.uuid), 1)
	}
	assert.Equal(t, failed, 3)
}

func TestRateIsLimited(t *testing.T) {
	synctestRun(t, func(t *testing.T) {
		b := newBench(t, "rate-limited", func(c *receivers.Config) { c.Rate, c.Burst = 10, 3 })
		defer b.rc.Close()
		d := b.genuine(startedBody)
		for range 3 {
			assert.Equal(t, b.status(d), ok)
		}
		rec := b.send(d)
		assert.Equal(t, rec.Code, http.StatusTooManyRequests)
		assert.Equal(t, rec.Header().Get("Retry-After"), "1")
		later(100 * time.Millisecond)
		assert.Equal(t, b.status(d), ok)
		assert.Equal(t, b.status(d), http.StatusTooManyRequests)
		later(time.Hour)
		for range 3 {
			assert.Equal(t, b.status(d), ok, "a full bucket holds the burst and no more")
		}
		assert.Equal(t, b.status(d), http.StatusTooManyRequests)
	})
}

func TestColdStartsEnd(t *testing.T) {
	synctestRun(t, func(t *testing.T) {
		b := newBench(t, "cold-start")
		defer b.rc.Close()
		d := b.genuine(startedBody)
		began := time.Now()
		assert.Equal(t, b.status(d), ok)
		assert.Equal(t, time.Since(began), receivers.DefaultWakeAfter)
		assert.Equal(t, b.status(d), ok)
		assert.Equal(t, time.Since(began), receivers.DefaultWakeAfter, "it is awake now")
	})
	synctestRun(t, func(t *testing.T) {
		b := newBench(t, "starting-503")
		defer b.rc.Close()
		d := b.genuine(startedBody)
		assert.Equal(t, b.status(d), http.StatusServiceUnavailable)
		later(receivers.DefaultWakeAfter)
		assert.Equal(t, b.status(d), ok)
	})
}

func TestChoosyTwinsRejectOtherDeliveries(t *testing.T) {
	for name, want := range map[string]int{
		"known-meetings":      http.StatusNotFound,
		"known-webhook":       http.StatusForbidden,
		"header-token":        unauthorized,
		"path-token":          http.StatusNotFound,
		"one-event":           bad,
		"predecessor-headers": unauthorized,
		"refuses-old":         bad,
	} {
		b := newBench(t, name)
		d := b.genuine(startedBody) // of June
		assert.Equal(t, b.status(d), want, name)
		assert.Equal(t, b.rc.Count(d.uuid), 0, name)
		b.rc.Close()
	}
}

func TestFirstWebhookIDStays(t *testing.T) {
	b := newBench(t, "one-webhook")
	defer b.rc.Close()
	d := b.genuine(startedBody)
	assert.Equal(t, b.status(d), ok)
	d.Header.Set(rtk.HeaderWebhookID, "another")
	assert.Equal(t, b.status(d), http.StatusForbidden)
}

func TestAgeCountsFromTheNewestTime(t *testing.T) {
	b := newBench(t, "refuses-old")
	defer b.rc.Close()
	spaced := time.Now().UTC().Format("2006-01-02 15:04:05.000000Z")
	for body, want := range map[string]int{
		recent(startedBody):           bad, // a member given twice: the last stands
		recent(recordingBody):         ok,
		startedBody:                   bad,
		`{"event":"meeting.summary"}`: ok,
		strings.Replace(startedBody, "2026-06-03T10:00:00.000Z", spaced, 1):                                          ok,
		`{"event":"meeting.summary","startedAt":"2020-01-01T00:00:00Z","summaryDownloadUrlExpiry":"` + spaced + `"}`: bad,
	} {
		assert.Equal(t, b.status(b.genuine(body)), want, body)
	}
}

func TestLinksIntoItsOwnNetworkAreRefused(t *testing.T) {
	b := newBench(t, "refuses-own-network")
	for link, want := range map[string]int{
		"http://127.0.0.1:9010/x":         bad,
		"https://127.0.0.1:9010/x":        bad,
		"https://[::1]/x":                 bad,
		"https://192.168.1.1/x":           bad,
		"https://169.254.169.254/latest":  bad,
		"https://localhost/x":             bad,
		"http://media.example/x":          bad,
		"://":                             bad,
		"https://media.example/recording": ok,
	} {
		assert.Equal(t, b.status(b.genuine(strings.Replace(recordingBody, linkURL, link, 1))), want, link)
	}
	b.rc.Close()
	assert.Equal(t, b.web.hitsOn("media.example"), 0, "links are stored, not followed")
}
