package receivers_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestGenuineDeliveryTakesEffectOnce(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	d := b.genuine(startedBody)
	for range 3 {
		assert.Equal(t, b.status(d), http.StatusOK)
	}
	assert.Equal(t, b.rc.Count(d.uuid), 1, "a duplicate is accepted and has no effect of its own")
	again := b.genuine(startedBody)
	assert.Equal(t, b.status(again), http.StatusOK)
	assert.Equal(t, b.rc.Count(again.uuid), 1, "the same bytes under another uuid are another delivery")
}

func TestForgeriesAreRefusedWithoutEffect(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	good := b.genuine(recordingBody).Header.Get(rtk.HeaderSignature)
	bad := b.forged(recordingBody).Header.Get(rtk.HeaderSignature)
	tests := []struct {
		reason string
		d      *delivery
	}{
		{"no header", b.carrying(recordingBody)},
		{"an empty header", b.carrying(recordingBody, "")},
		{"another key", b.carrying(recordingBody, bad)},
		{"one byte changed after signing", b.carrying(strings.Replace(recordingBody, "r-1", "r-2", 1), good)},
		{"white space added after signing", b.carrying(recordingBody+"\n", good)},
		{"no Base64", b.carrying(recordingBody, "!!!not-base64!!!")},
		{"the padding missing", b.carrying(recordingBody, strings.TrimRight(good, "="))},
		{"a line break that Go's decoder passes over", b.carrying(recordingBody, good[:4]+"\n"+good[4:])},
		{"half a signature", b.carrying(recordingBody, good[:len(good)/2])},
		{"a bad and a good header", b.carrying(recordingBody, bad, good)},
		{"a good and a bad header", b.carrying(recordingBody, good, bad)},
		{"the good header twice", b.carrying(recordingBody, good, good)},
	}
	for _, test := range tests {
		rec := b.send(test.d)
		assert.Equal(t, rec.Code, http.StatusUnauthorized, test.reason)
		assert.Equal(t, rec.Body.String(), "the signature does not verify\n", test.reason)
		assert.Equal(t, b.rc.Count(test.d.uuid), 0, test.reason)
	}
	b.rc.Close()
	assert.Equal(t, b.web.hitsOn("files.test"), 0, "no forgery's link was followed")
}

func TestRefusedUUIDIsNotTakenForASeenOne(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	forged, genuine := b.forged(startedBody), b.genuine(startedBody)
	genuine.Header.Set(rtk.HeaderUUID, forged.uuid)
	assert.Equal(t, b.status(forged), http.StatusUnauthorized)
	assert.Equal(t, b.status(genuine), http.StatusOK)
	assert.Equal(t, b.rc.Count(forged.uuid), 1)
}

func TestBodyIsVerifiedAsItCame(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	for _, body := range []string{
		"{\r\n\t\"event\" : \"meeting.started\" }\n",
		`{"meeting":{"title":"a\/b \u00e9 é"},"event":"meeting.started"}`,
		joined(`"ليلى 王小明 🦊 e`+"\u0301"+`"`, "1"),
	} {
		d := b.genuine(body)
		assert.Equal(t, b.status(d), http.StatusOK, body)
		assert.Equal(t, b.rc.Count(d.uuid), 1, body)
	}
}

func TestGenuineBodiesAreNeverAnswered5xx(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	tests := []struct {
		body   string
		effect int
		reason string
	}{
		{"", 0, "empty"},
		{"not json", 0, "no JSON"},
		{"null", 0, "no object"},
		{"[]", 0, "no object"},
		{"{}", 0, "no event"},
		{`{"event":7}`, 0, "an event that is no string"},
		{startedBody + startedBody, 0, "two events in one body"},
		{`{"deep":` + deep + `,"event":"meeting.started"}`, 0, "nested deeper than the parser goes"},
		{`{"event":"meeting.somethingNew"}`, 0, "an event that does not exist yet"},
		{`{"event":"meeting.started"}`, 1, "nothing but the event"},
		{`{"event":"meeting.started","meeting":null}`, 1, "null for an object"},
		{`{"event":"meeting.started","meeting":"m-1","future":{"a":[1,null]}}`, 1, "a string for an object, and an unknown member"},
		{`{"event":"meeting.started","event":"meeting.ended"}`, 1, "a member given twice"},
		{`{"event":"recording.statusUpdate","recording":{"fileSize":"9007199254740993"}}`, 1, "a size beyond a double"},
		{`{"event":"recording.statusUpdate","recording":{"fileSize":2044680}}`, 1, "a size as number"},
		{`{"event":"recording.statusUpdate","recording":{"fileSize":null,"downloadUrl":7}}`, 1, "no size, and a link that is none"},
		{joined(`"a\u0000b \ud800 \"</script>"`, "1"), 1, "hostile text"},
		{joined(`"`+strings.Repeat("x", 10_000)+`"`, "1"), 1, "a long name"},
	}
	for _, test := range tests {
		d := b.genuine(test.body)
		assert.Equal(t, b.status(d), http.StatusOK, test.reason)
		assert.Equal(t, b.rc.Count(d.uuid), test.effect, test.reason)
	}
}

func TestOnlySubscribedEventsTakeEffect(t *testing.T) {
	b := newBench(t, "", func(c *receivers.Config) { c.Events = []rtk.EventType{rtk.MeetingEnded} })
	defer b.rc.Close()
	started, ended := b.genuine(startedBody), b.genuine(simple(rtk.MeetingEnded, "s-1"))
	assert.Equal(t, b.status(started), http.StatusOK)
	assert.Equal(t, b.status(ended), http.StatusOK)
	assert.Equal(t, b.rc.Count(started.uuid), 0)
	assert.Equal(t, b.rc.Count(ended.uuid), 1)
}

func TestContentTypeDoesNotMatter(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	for _, value := range []string{"application/json", "application/json; charset=utf-8", "text/plain", ""} {
		d := b.genuine(startedBody)
		d.Header.Set("Content-Type", value)
		assert.Equal(t, b.status(d), http.StatusOK, value)
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
		d := b.genuine(startedBody)
		d.Method = method
		rec := b.send(d)
		assert.Equal(t, rec.Code, http.StatusMethodNotAllowed, method)
		assert.Equal(t, rec.Header().Get("Allow"), "POST", method)
		assert.Equal(t, b.rc.Count(d.uuid), 0, method)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	padding := func(n int) string { return startedBody + strings.Repeat(" ", n-len(startedBody)) }
	assert.Equal(t, b.status(b.genuine(padding(1<<20))), http.StatusOK)
	assert.Equal(t, b.status(b.genuine(padding(1<<20+1))), http.StatusRequestEntityTooLarge)
}

func TestTruncatedBodyIsRefused(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	d := b.genuine(startedBody)
	d.Body = broken{}
	rec := httptest.NewRecorder()
	b.rc.ServeHTTP(rec, d.Request)
	assert.Equal(t, rec.Code, http.StatusBadRequest)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the connection is gone") }
func (broken) Close() error             { return nil }

func TestDeliveriesWithoutUUIDAreNoDuplicates(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	d := b.genuine(startedBody)
	d.Header.Del(rtk.HeaderUUID)
	assert.Equal(t, b.status(d), http.StatusOK)
	assert.Equal(t, b.status(d), http.StatusOK)
	assert.Equal(t, b.rc.Count(""), 2)
}

func TestHeaderNamesOfThePredecessorCanBeRead(t *testing.T) {
	b := newBench(t, "", func(c *receivers.Config) { c.HeaderNames = rtk.HeadersDyte })
	defer b.rc.Close()
	d := b.genuine(startedBody)
	assert.Equal(t, b.status(d), http.StatusUnauthorized, "rtk-signature is not read")
	d.Header.Set(rtk.DyteHeaderSignature, d.Header.Get(rtk.HeaderSignature))
	d.Header.Set(rtk.DyteHeaderUUID, "dyte-1")
	assert.Equal(t, b.status(d), http.StatusOK)
	assert.Equal(t, b.rc.Count("dyte-1"), 1)
}

func TestEffectsHandlerCountsByUUIDAndEvent(t *testing.T) {
	b := newBench(t, "")
	defer b.rc.Close()
	started := b.genuine(startedBody)
	b.send(started)
	b.send(b.genuine(simple(rtk.MeetingEnded, "s-1")))
	handler := b.rc.Handler()
	for _, test := range []struct {
		query string
		want  int
	}{
		{"?uuid=" + started.uuid, 1},
		{"?uuid=" + started.uuid + "&event=meeting.started", 1},
		{"?uuid=" + started.uuid + "&event=meeting.ended", 0},
		{"?uuid=unknown", 0},
		{"?event=meeting.ended", 1},
		{"", 2},
	} {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/any/effects"+test.query, nil))
		var answer struct{ Count int }
		assert.NilError(t, json.Unmarshal(rec.Body.Bytes(), &answer))
		assert.Equal(t, answer.Count, test.want, test.query)
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/webhook", nil))
	assert.Equal(t, rec.Code, http.StatusMethodNotAllowed, "other paths are the receiver's")
}

func TestObserverSeesEveryRequest(t *testing.T) {
	var seen []receivers.Delivery
	b := newBench(t, "", func(c *receivers.Config) {
		c.OnDelivery = func(d receivers.Delivery) { seen = append(seen, d) }
	})
	defer b.rc.Close()
	good, bad, get := b.genuine(startedBody), b.forged(startedBody), b.carrying("")
	get.Method = http.MethodGet
	for _, d := range []*delivery{good, bad, get} {
		b.send(d)
	}
	assert.Equal(t, len(seen), 3)
	assert.Equal(t, seen[0].Status, http.StatusOK)
	assert.Assert(t, seen[0].Verified && seen[0].VerifyErr == nil)
	assert.Equal(t, seen[0].Event, rtk.MeetingStarted)
	assert.Equal(t, seen[0].UUID, good.uuid)
	assert.Equal(t, string(seen[0].Body), startedBody)
	assert.Equal(t, seen[0].Path, "/webhook")
	assert.Assert(t, !seen[1].Verified)
	assert.ErrorIs(t, seen[1].VerifyErr, rtk.ErrSignature)
	assert.Equal(t, seen[1].Event, rtk.MeetingStarted, "what it says it is, verified or not")
	assert.Equal(t, seen[2].Status, http.StatusMethodNotAllowed)
	assert.Assert(t, !seen[2].Verified && seen[2].VerifyErr == nil)
}
