package payload_test

import (
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestNewRefusesUnusableOptions(t *testing.T) {
	for _, c := range []struct {
		name   string
		o      payload.Options
		names  string // what the error must name
		reason string
	}{
		{"duration/negative", payload.Options{Duration: -time.Second}, "Duration", "no session ends before it starts"},
		{"duration/short", payload.Options{Duration: time.Millisecond}, "Duration", "nothing can happen in it"},
		{"duration/long", payload.Options{Duration: 10000 * time.Hour}, "Duration", "the planned end needs a four-digit year"},
		{"start/late", payload.Options{Start: time.Date(9991, 1, 1, 0, 0, 0, 0, time.UTC)}, "Start", "expiries need a four-digit year"},
		{"start/early", payload.Options{Start: time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)}, "Start", "RFC 3339 begins with year 0, Go's zero time with 1"},
		{"base/relative", payload.Options{BaseURL: "/files"}, "BaseURL", "links must be absolute"},
		{"base/no host", payload.Options{BaseURL: "https://"}, "BaseURL", "links must have a host"},
		{"base/port only", payload.Options{BaseURL: "http://:9010"}, "BaseURL", "links must have a host"},
		{"base/scheme", payload.Options{BaseURL: "ftp://example.com"}, "BaseURL", "receivers fetch over HTTP"},
		{"base/query", payload.Options{BaseURL: "https://example.com/?secret=1"}, "BaseURL", "a path cannot be added to a query"},
		{"base/fragment", payload.Options{BaseURL: "https://example.com/#secret"}, "BaseURL", "a path cannot be added to a fragment"},
		{"base/user", payload.Options{BaseURL: "https://me:secret@example.com"}, "BaseURL", "fetch refuses such URLs"},
		{"base/garbage", payload.Options{BaseURL: "http://secret host/%zz"}, "BaseURL", "it does not parse"},
		{"title", payload.Options{Title: "\xff"}, "Title", "JSON cannot carry it"},
		{"meeting", payload.Options{MeetingID: "\xff"}, "MeetingID", "JSON cannot carry it"},
		{"organisation", payload.Options{OrganizationName: "\xff"}, "OrganizationName", "JSON cannot carry it"},
		{"form", payload.Options{Forms: []payload.Form{"room-nam"}}, "room-name", "the error lists the known forms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := payload.New(c.o)
			assert.ErrorIs(t, err, payload.ErrOptions, c.reason)
			assert.ErrorContains(t, err, c.names)
			assert.Assert(t, !strings.Contains(err.Error(), "secret"), "%v", err)
			_, err = payload.Sample(rtk.MeetingStarted, c.o)
			assert.ErrorIs(t, err, payload.ErrOptions)
		})
	}
}

func TestOptionsReachTheBodies(t *testing.T) {
	berlin := time.FixedZone("CEST", 2*60*60)
	events, err := payload.Lifecycle(payload.Options{
		Start:            time.Date(2031, 5, 6, 12, 0, 0, 123_456_789, berlin),
		Duration:         time.Hour,
		BaseURL:          "http://127.0.0.1:9010/files/",
		MeetingID:        "room-7",
		Title:            "会議",
		OrganizationID:   "org-1",
		OrganizationName: "Ω & Söhne",
	})
	assert.NilError(t, err)
	all := text(events)
	for _, want := range []string{
		`"startedAt":"2031-05-06T10:00:00.123Z"`, `"endedAt":"2031-05-06T11:00:00.123Z"`,
		`"meeting":{"id":"room-7"`, `"meetingId":"room-7"`, `"title":"会議"`,
		`"organizedBy":{"id":"org-1","name":"Ω & Söhne"}`, `"organizationId":"org-1"`,
		`"outputFileName":"recording.mp4"`,
		`"ingestServer":"rtmps://127.0.0.1:9010/live"`, `"playbackUrl":"http://127.0.0.1:9010/files/live/`,
	} {
		assert.Assert(t, strings.Contains(all, want), "%s is missing", want)
	}
	links := 0
	for _, event := range events {
		for _, link := range payload.URLs(event.Body) {
			assert.Assert(t, strings.HasPrefix(link, "http://127.0.0.1:9010/files/"), link)
			links++
		}
	}
	assert.Equal(t, links, 5)
}

func TestTheClockIsInUTCAndWholeMilliseconds(t *testing.T) {
	local := time.Date(2031, 5, 6, 12, 0, 0, 123_456_789, time.FixedZone("CEST", 2*60*60))
	m := newMeeting(t, payload.Options{Start: local})
	assert.Equal(t, m.Now(), time.Date(2031, 5, 6, 10, 0, 0, 123_000_000, time.UTC))
}

func TestSeedZeroIsASeed(t *testing.T) {
	m := newMeeting(t, payload.Options{})
	n := newMeeting(t, payload.Options{Seed: 0})
	assert.Equal(t, m.Title(), n.Title())
	assert.Equal(t, m.ID(), n.ID())
	assert.Equal(t, m.NewParticipant(), n.NewParticipant())
}
