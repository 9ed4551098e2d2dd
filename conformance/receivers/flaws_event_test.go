package receivers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

const (
	conflict = http.StatusConflict
	second   = time.Second
)

func synctestRun(t *testing.T, f func(*testing.T)) {
	t.Helper()
	mustKey(t, genuineKey) // outside of the bubble
	mustKey(t, otherKey)
	synctest.Test(t, f)
}

// genuinely is a signed delivery of body.
func genuinely(body string) func(*bench) *delivery {
	return func(b *bench) *delivery { return b.genuine(body) }
}

func recordingWith(members string) string {
	return `{"event":"recording.statusUpdate","recording":{` + members + `},"meeting":{"id":"m-1","sessionId":"s-1"}}`
}

func TestRejectedEventsShow(t *testing.T) {
	for _, kind := range rtk.EventTypes() {
		if kind == rtk.MeetingStarted {
			continue
		}
		b := newBench(t, "rejects-"+string(kind))
		for _, other := range rtk.EventTypes() {
			want := ok
			if other == kind {
				want = bad
			}
			d := b.genuine(simple(other, "s-1"))
			assert.Equal(t, b.status(d), want, "%s by the one that rejects %s", other, kind)
			assert.Equal(t, b.rc.Count(d.uuid), map[bool]int{true: 1}[want == ok])
		}
		b.rc.Close()
	}
}

func TestFlawsOfStateShow(t *testing.T) {
	type before = []func(*bench) *delivery
	testFlawCases(t, []flawCase{
		{
			flaw: "one-meeting-at-a-time", flawed: conflict, reference: ok,
			first: before{genuinely(simple(rtk.MeetingStarted, "s-1"))},
			make:  genuinely(simple(rtk.MeetingStarted, "s-2")),
		},
		{
			flaw: "one-meeting-at-a-time", flawed: ok, reference: ok,
			first: before{genuinely(simple(rtk.MeetingStarted, "s-1")), genuinely(simple(rtk.MeetingEnded, "s-1"))},
			make:  genuinely(simple(rtk.MeetingStarted, "s-2")),
		},
		{
			flaw: "refuses-rejoin", flawed: conflict, reference: ok,
			first: before{genuinely(joined(`"Mary"`, "1")), genuinely(joined(`"Mary"`, "2"))},
			make:  genuinely(joined(`"Mary"`, "1")),
		},
		{
			flaw: "closed-after-end", flawed: conflict, reference: ok,
			first: before{genuinely(simple(rtk.MeetingEnded, "s-1"))},
			make:  genuinely(`{"event":"meeting.chatSynced","meetingId":"m-1","sessionId":"s-1"}`),
		},
		{
			flaw: "closed-after-end", flawed: ok, reference: ok,
			first: before{genuinely(simple(rtk.MeetingEnded, "s-1"))},
			make:  genuinely(simple(rtk.MeetingSummary, "s-2")),
		},
	})
}

func TestFlawsOfShapeShow(t *testing.T) {
	participant := func(members string) string {
		return `{"event":"meeting.participantJoined","participant":{` + members + `}}`
	}
	testFlawCases(t, []flawCase{
		{flaw: "errored-unknown", make: genuinely(recordingWith(`"status":"ERRORED"`)), flawed: http.StatusUnprocessableEntity, reference: ok},
		{flaw: "host-ended-unknown", make: genuinely(`{"event":"meeting.ended","reason":"HOST_ENDED_MEETING"}`), flawed: bad, reference: ok},
		{flaw: "host-ended-unknown", make: genuinely(`{"event":"meeting.ended","reason":"ALL_PARTICIPANTS_LEFT"}`), flawed: ok, reference: ok},
		{flaw: "rejects-client-specific-id", make: genuinely(participant(`"clientSpecificId":"1"`)), flawed: bad, reference: ok},
		{flaw: "unknown-event-400", make: genuinely(`{"event":"meeting.somethingNew"}`), flawed: bad, reference: ok},
		{flaw: "strict-decoder", make: genuinely(participant(`"futureMember":[{"a":1}]`)), flawed: bad, reference: ok},
		{flaw: "strict-decoder", make: genuinely(participant(`"clientSpecificId":"1"`)), flawed: ok, reference: ok},
		{flaw: "filesize-as-number", make: genuinely(recordingWith(`"fileSize":"1"`)), flawed: bad, reference: ok},
		{flaw: "filesize-as-number", make: genuinely(recordingWith(`"fileSize":1`)), flawed: ok, reference: ok},
		{flaw: "filesize-32-bit", make: genuinely(recordingWith(`"fileSize":"2147483648"`)), flawed: bad, reference: ok},
		{flaw: "filesize-32-bit", make: genuinely(recordingWith(`"fileSize":"2147483647"`)), flawed: ok, reference: ok},
		{flaw: "filesize-safe-integer", make: genuinely(recordingWith(`"fileSize":"9007199254740993"`)), flawed: bad, reference: ok},
		{flaw: "filesize-safe-integer", make: genuinely(recordingWith(`"fileSize":"9007199254740991"`)), flawed: ok, reference: ok},
		{flaw: "requires-members", make: genuinely(participant(`"peerId":"1"`)), flawed: bad, reference: ok},
		{flaw: "requires-members", make: genuinely(participant(`"userDisplayName":null`)), flawed: ok, reference: ok},
		{flaw: "chokes-on-null", make: genuinely(participant(`"userDisplayName":null`)), flawed: internal, reference: ok},
		{flaw: "chokes-on-null", make: genuinely(participant(`"peerId":"1"`)), flawed: ok, reference: ok},
		{flaw: "strict-times", make: genuinely(participant(`"joinedAt":"2023-04-14 04:46:08.306221Z"`)), flawed: internal, reference: ok},
		{flaw: "strict-times", make: genuinely(participant(`"joinedAt":"2026-06-03T10:05:00.000Z"`)), flawed: ok, reference: ok},
		{flaw: "livestream-needs-meeting", make: genuinely(`{"event":"livestreaming.statusUpdate","status":"LIVE"}`), flawed: internal, reference: ok},
		{flaw: "strict-recording-status", make: genuinely(recordingWith(`"status":"INVOKED"`)), flawed: bad, reference: ok},
		{flaw: "nul-byte-500", make: genuinely(joined(`"a\u0000b"`, "1")), flawed: internal, reference: ok},
		{flaw: "lone-surrogate-500", make: genuinely(joined(`"a\ud800b"`, "1")), flawed: internal, reference: ok},
		{flaw: "lone-surrogate-500", make: genuinely(joined(`"\ud83e\udd8a"`, "1")), flawed: ok, reference: ok},
		{flaw: "long-name-500", make: genuinely(joined(`"`+strings.Repeat("é", 256)+`"`, "1")), flawed: internal, reference: ok},
		{flaw: "long-name-500", make: genuinely(joined(`"`+strings.Repeat("é", 255)+`"`, "1")), flawed: ok, reference: ok},
		{flaw: "duplicate-members-500", make: genuinely(`{"event":"meeting.started","event":"meeting.started"}`), flawed: internal, reference: ok},
		{flaw: "deep-nesting-500", make: genuinely(nested(2000)), flawed: internal, reference: ok},
		{flaw: "deep-nesting-500", make: genuinely(nested(500)), flawed: ok, reference: ok},
		{flaw: "poison-500", make: genuinely("not json"), flawed: internal, reference: ok},
		{flaw: "poison-500", make: genuinely("{}"), flawed: ok, reference: ok},
		{flaw: "null-body-500", make: genuinely("null"), flawed: internal, reference: ok},
		{flaw: "null-body-500", make: genuinely("not json"), flawed: ok, reference: ok},
		{flaw: "redirects-livestreams", make: genuinely(simple(rtk.LivestreamStatusUpdate, "s-1")), flawed: http.StatusPermanentRedirect, reference: ok},
		{flaw: "acts-on-any-method", make: func(b *bench) *delivery {
			d := b.genuine(startedBody)
			d.Method = http.MethodPut
			return d
		}, flawed: ok, reference: http.StatusMethodNotAllowed},
	})
}

func nested(depth int) string {
	return fmt.Sprintf(`{"event":"meeting.started","deep":%s%s}`, strings.Repeat("[", depth), strings.Repeat("]", depth))
}

func TestRedirectLeadsToARouteThatAccepts(t *testing.T) {
	b := newBench(t, "redirects-livestreams")
	defer b.rc.Close()
	d := b.genuine(simple(rtk.LivestreamStatusUpdate, "s-1"))
	to := b.send(d).Header().Get("Location")
	assert.Equal(t, to, "/webhook/livestreams/")
	d.URL.Path = to
	assert.Equal(t, b.status(d), ok)
}

func TestSlowWorkBeforeTheAnswerShows(t *testing.T) {
	const slow = 700 * time.Millisecond
	for name, want := range map[string]time.Duration{"downloads-before-answering": slow, "slow-answers": receivers.DefaultSlow, "": 0} {
		synctestRun(t, func(t *testing.T) {
			b := newBench(t, name)
			defer b.rc.Close()
			b.web.on("files.test", func(w http.ResponseWriter, r *http.Request) {
				<-time.After(slow)
				serving("a recording")(w, r)
			})
			d := b.genuine(recordingBody)
			began := time.Now()
			assert.Equal(t, b.status(d), ok)
			assert.Equal(t, time.Since(began), want, "%q", name)
			assert.Equal(t, b.rc.Count(d.uuid), 1)
			later(second)
			assert.Equal(t, b.web.hitsOn("files.test"), 1)
		})
	}
}

func TestBurstsShow(t *testing.T) {
	for _, test := range []struct {
		name         string
		width        int
		refused      int // of the burst
		then, thenBy int // what is answered afterwards
	}{
		{"limits-concurrency", 8, 0, ok, 0},
		{"limits-concurrency", 20, 12, ok, 0},
		{"locks-up-after-burst", 8, 0, ok, 0},
		{"locks-up-after-burst", 20, 0, http.StatusServiceUnavailable, 0},
		{"", 20, 0, ok, 0},
	} {
		synctestRun(t, func(t *testing.T) {
			b := newBench(t, test.name)
			defer b.rc.Close()
			var deliveries []*delivery
			for range test.width {
				deliveries = append(deliveries, b.genuine(startedBody))
			}
			refused := 0
			for _, code := range b.together(deliveries)() {
				if code == http.StatusTooManyRequests {
					refused++
				} else {
					assert.Equal(t, code, ok)
				}
			}
			assert.Equal(t, refused, test.refused, "%q, %d at once", test.name, test.width)
			for range 3 { // it may be a pause in the burst
				assert.Equal(t, b.status(b.genuine(startedBody)), ok)
			}
			assert.Equal(t, b.status(b.genuine(startedBody)), test.then, "%q, after %d at once", test.name, test.width)
		})
	}
}
