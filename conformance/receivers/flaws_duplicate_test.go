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

// peerEvent is somebody's join or leave in a session.
func peerEvent(kind rtk.EventType, session, peer string) string {
	return strings.Replace(simple(kind, session), "}}", `},"participant":{"peerId":"`+peer+`"}}`, 1)
}

func TestRepeatedDeliveriesShow(t *testing.T) {
	for _, test := range []struct {
		name    string
		codes   []int // of equal deliveries, one after the other
		effects int
	}{
		{"", []int{ok, ok, ok}, 1},
		{"no-deduplication", []int{ok, ok, ok}, 3},
		{"select-then-insert", []int{ok, ok, ok}, 1},
		{"409-on-duplicates", []int{ok, conflict, conflict}, 1},
		{"409-while-in-work", []int{ok, ok, ok}, 1},
		{"natural-key-409", []int{ok, ok, ok}, 1},
		{"notes-uuid-before-verifying", []int{ok, ok, ok}, 1},
		{"marks-before-the-work", []int{ok, ok, ok}, 1},
		{"claims-while-in-work", []int{ok, ok, ok}, 1},
	} {
		synctestRun(t, func(t *testing.T) {
			b := newBench(t, test.name)
			defer b.rc.Close()
			d := b.genuine(startedBody)
			for i, want := range test.codes {
				assert.Equal(t, b.status(d), want, "%q, number %d", test.name, i+1)
			}
			assert.Equal(t, b.rc.Count(d.uuid), test.effects, "%q", test.name)
		})
	}
}

func TestDeliveriesAtTheSameInstantShow(t *testing.T) {
	for _, test := range []struct {
		name     string
		conflict int // answers of 409, of four
		effects  int
	}{
		{"", 0, 1},
		{"no-deduplication", 0, 4},
		{"select-then-insert", 0, 4},
		{"409-on-duplicates", 3, 1},
		{"409-while-in-work", 3, 1},
		{"claims-while-in-work", 0, 1},
	} {
		synctestRun(t, func(t *testing.T) {
			b := newBench(t, test.name)
			defer b.rc.Close()
			b.send(b.genuine(startedBody)) // so that the key is there
			d := b.genuine(startedBody)
			refused := 0
			for _, code := range b.together([]*delivery{d, d, d, d})() {
				if code == conflict {
					refused++
				} else {
					assert.Equal(t, code, ok, "%q", test.name)
				}
			}
			assert.Equal(t, refused, test.conflict, "%q", test.name)
			assert.Equal(t, b.rc.Count(d.uuid), test.effects, "%q", test.name)
		})
	}
}

func TestEqualBodiesUnderOtherUUIDsShow(t *testing.T) {
	for _, test := range []struct {
		name   string
		body   string
		code   int
		effect int
	}{
		{"", startedBody, ok, 1},
		{"body-hash-deduplication", startedBody, ok, 0},
		{"natural-key-409", peerEvent(rtk.MeetingParticipantJoined, "s-1", "p-1"), conflict, 0},
		{"natural-key-409", startedBody, ok, 1},
	} {
		b := newBench(t, test.name)
		assert.Equal(t, b.status(b.genuine(test.body)), ok)
		d := b.genuine(test.body)
		assert.Equal(t, b.status(d), test.code, test.name)
		assert.Equal(t, b.rc.Count(d.uuid), test.effect, test.name)
		b.rc.Close()
	}
}

func TestForgeryUsesUpAUUIDOnlyInTheFlawed(t *testing.T) {
	for name, effects := range map[string]int{"notes-uuid-before-verifying": 0, "marks-before-the-work": 1, "": 1} {
		b := newBench(t, name)
		forged, genuine := b.forged(startedBody), b.genuine(startedBody)
		genuine.Header.Set(rtk.HeaderUUID, forged.uuid)
		assert.Equal(t, b.status(forged), unauthorized, name)
		assert.Equal(t, b.status(genuine), ok, name)
		assert.Equal(t, b.rc.Count(forged.uuid), effects, name)
		b.rc.Close()
	}
}

func TestDeliveryThatFailedShows(t *testing.T) {
	for name, effects := range map[string]int{
		"marks-before-the-work": 0, "claims-while-in-work": 1, "fetches-every-time": 1, "backs-off-from-key-endpoint": 1,
	} {
		synctestRun(t, func(t *testing.T) {
			b := newBench(t, name)
			defer b.rc.Close()
			assert.Equal(t, b.status(b.genuine(startedBody)), ok)
			b.web.on("keys.test", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(internal) })
			d := b.genuine(startedBody)
			assert.Equal(t, b.status(d), http.StatusServiceUnavailable, name)
			b.serveKey(b.key)
			later(second)
			assert.Equal(t, b.status(d), ok, name)
			assert.Equal(t, b.rc.Count(d.uuid), effects, name)
		})
	}
}

func TestDuplicateOfADeliveryInWorkShows(t *testing.T) {
	for name, want := range map[string]int{"claims-while-in-work": ok, "marks-before-the-work": ok, "fetches-every-time": http.StatusServiceUnavailable} {
		synctestRun(t, func(t *testing.T) {
			b := newBench(t, name)
			defer b.rc.Close()
			b.web.on("keys.test", func(w http.ResponseWriter, _ *http.Request) {
				<-time.After(second)
				w.WriteHeader(internal)
			})
			d := b.genuine(startedBody)
			first := b.together([]*delivery{d})
			later(second / 2)
			assert.Equal(t, b.status(d), want, name)
			assert.Equal(t, first()[0], http.StatusServiceUnavailable, name)
			assert.Equal(t, b.rc.Count(d.uuid), 0, name)
		})
	}
}

func TestFailedFetchIsBackedOffFrom(t *testing.T) {
	synctestRun(t, func(t *testing.T) {
		b := newBench(t, "backs-off-from-key-endpoint")
		defer b.rc.Close()
		b.web.on("keys.test", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(internal) })
		d := b.genuine(startedBody)
		for range 3 {
			assert.Equal(t, b.status(d), http.StatusServiceUnavailable)
		}
		assert.Equal(t, b.web.hitsOn("keys.test"), 1)
		b.serveKey(b.key)
		assert.Equal(t, b.status(d), http.StatusServiceUnavailable)
		later(receivers.DefaultEffectDelay)
		assert.Equal(t, b.status(d), ok)
	})
}

func TestFlawsOfSequenceShow(t *testing.T) {
	type before = []func(*bench) *delivery
	const joined, left = rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft
	status := func(s string) func(*bench) *delivery {
		return genuinely(recordingWith(`"recordingId":"r-1","status":"` + s + `"`))
	}
	session := func(kind rtk.EventType, id string) string {
		return `{"event":"` + string(kind) + `","meeting":{"id":"m-1","sessionId":"` + id + `"}}`
	}
	at := func(d time.Duration) func(*bench) *delivery {
		return genuinely(`{"event":"meeting.started","meeting":{"startedAt":"` + time.Now().Add(-d).UTC().Format(time.RFC3339) + `"}}`)
	}
	testFlawCases(t, []flawCase{
		{flaw: "leave-needs-join", make: genuinely(peerEvent(left, "s-1", "p-1")), flawed: http.StatusNotFound, reference: ok},
		{
			flaw: "leave-needs-join", flawed: ok, reference: ok,
			first: before{genuinely(peerEvent(joined, "s-1", "p-1"))}, make: genuinely(peerEvent(left, "s-1", "p-1")),
		},
		{flaw: "recordings-go-forward", first: before{status("UPLOADED")}, make: status("RECORDING"), flawed: conflict, reference: ok},
		{flaw: "recordings-go-forward", first: before{status("RECORDING")}, make: status("ERRORED"), flawed: ok, reference: ok},
		{flaw: "end-needs-start", make: genuinely(simple(rtk.MeetingEnded, "s-1")), flawed: http.StatusNotFound, reference: ok},
		{
			flaw: "end-needs-start", flawed: ok, reference: ok,
			first: before{genuinely(simple(rtk.MeetingStarted, "s-1"))}, make: genuinely(simple(rtk.MeetingEnded, "s-1")),
		},
		{flaw: "artifacts-need-start", make: genuinely(simple(rtk.MeetingSummary, "s-1")), flawed: http.StatusNotFound, reference: ok},
		{flaw: "artifacts-need-start", make: genuinely(simple(rtk.MeetingEnded, "s-1")), flawed: ok, reference: ok},
		{
			flaw: "one-session-a-meeting", flawed: conflict, reference: ok,
			first: before{genuinely(session(rtk.MeetingStarted, "s-1"))}, make: genuinely(session(rtk.MeetingStarted, "s-2")),
		},
		{
			flaw: "one-session-a-meeting", flawed: ok, reference: ok,
			first: before{genuinely(session(rtk.MeetingStarted, "s-1"))}, make: genuinely(session(rtk.MeetingEnded, "s-2")),
		},
		{flaw: "yesterday-is-stale", make: at(24 * time.Hour), flawed: bad, reference: ok},
		{flaw: "yesterday-is-stale", make: at(time.Hour), flawed: ok, reference: ok},
		{flaw: "uuid-required-500", make: func(b *bench) *delivery {
			d := b.genuine(startedBody)
			d.Header.Del(rtk.HeaderUUID)
			d.uuid = ""
			return d
		}, flawed: internal, reference: ok},
		{flaw: "webhook-id-required-500", make: func(b *bench) *delivery {
			d := b.genuine(startedBody)
			d.Header.Del(rtk.HeaderWebhookID)
			return d
		}, flawed: internal, reference: ok},
	})
}
