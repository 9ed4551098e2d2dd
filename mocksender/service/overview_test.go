package service_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

type overviews struct {
	Meetings []platform.Overview
	Total    int
}

func (o overviews) ids() string {
	out := ""
	for _, m := range o.Meetings {
		out += m.ID + " "
	}
	return fmt.Sprintf("%sof %d", out, o.Total)
}

func (c *client) overviews(query string) overviews {
	c.t.Helper()
	return is[overviews](c.stand, 200, http.MethodGet, "/_rtkmock/meetings"+query, nil)
}

// The newest of all apps come first, however many apps there are.
func TestMeetingsOfAllAppsArePaged(t *testing.T) {
	c := newClient(t, nil)
	for i, app := range []string{"clinic", "school", "clinic"} {
		c.meeting(fmt.Sprintf(`{"account_id":"acc","app_id":%q,"id":"room-%d","title":"Floor %d"}`, app, i, i%2))
	}
	is[map[string]any](c.stand, http.StatusAccepted, http.MethodPost, "/_rtkmock/meetings/room-0/join", nil)
	for query, want := range map[string]string{
		"": "room-2 room-1 room-0 of 3", "?limit=1": "room-2 of 3", "?limit=1&offset=1": "room-1 of 3", "?offset=9": "of 3",
		"?app_id=clinic": "room-2 room-0 of 2", "?app_id=other": "of 0", "?search=FLOOR%200": "room-2 room-0 of 2",
		"?search=room-1": "room-1 of 1", "?live=true": "room-0 of 1", "?live=true&app_id=school": "of 0",
	} {
		assert.Equal(t, c.overviews(query).ids(), want, query)
	}
	// The same id may stand for a meeting of each app.
	c.meeting(`{"account_id":"acc","app_id":"school","id":"room-0","title":"Another"}`)
	other := is[platform.Overview](c.stand, 200, http.MethodGet, "/_rtkmock/meetings/room-0?account_id=acc&app_id=school", nil)
	assert.Equal(t, other.Title, "Another")
}

func (c *client) meeting(body string) platform.Overview {
	c.t.Helper()
	return is[platform.Overview](c.stand, http.StatusAccepted, http.MethodPost, "/_rtkmock/meetings", body)
}

func TestAnOverviewSaysWhatGoesOn(t *testing.T) {
	c := newClient(t, nil)
	c.register(newTarget(t).URL, rtk.EventTypes()...)
	m := c.meeting(`{"id":"room","transcribe_on_end":true}`)
	assert.Equal(t, m.Sessions, 0)
	const many = 103
	for i := range many {
		c.door("meetings/room/join", map[string]any{"custom_participant_id": fmt.Sprintf("u-%d", i), "name": fmt.Sprintf("Person %d", i)})
	}
	c.door("meetings/room/record", nil)
	c.door("meetings/room/livestream", nil)
	look := func() platform.Overview {
		return is[platform.Overview](c.stand, 200, http.MethodGet, "/_rtkmock/meetings/room", nil)
	}
	m = look()
	assert.Equal(t, m.Session.Live, many)
	assert.Equal(t, len(m.Present), 100, "the last ones")
	assert.DeepEqual(t, m.Present[99], platform.Attendee{CustomID: "u-102", Name: "Person 102"})
	assert.Equal(t, m.Recordings[0].Status, "RECORDING")
	assert.Equal(t, m.Livestream.Status, "LIVE")
	assert.Equal(t, m.Sessions, 1)
	assert.Equal(t, len(m.Ready), 0)
	c.door("meetings/room/end", nil)
	c.quiet()
	m = look()
	assert.Assert(t, m.Session == nil && m.Livestream == nil)
	assert.DeepEqual(t, m.Ready, []string{"chat", "transcript"})
	assert.Equal(t, m.Recordings[0].Status, "UPLOADED")
}

// Whatever makes a delivery says which meeting it is about.
func TestDeliveriesNameTheirMeeting(t *testing.T) {
	c := newClient(t, nil)
	c.register(newTarget(t).URL, rtk.EventTypes()...)
	c.door("meetings/door/join", nil)
	c.emitted(`{"event":"meeting.started","meeting_id":"emission","unset":["meeting.id"]}`)
	is[service.Play](c.stand, http.StatusAccepted, http.MethodPost, "/_rtkmock/plays", `{"scenario":"weekly-sync","meeting_id":"play"}`)
	c.quiet()
	is[store.Summary](c.stand, http.StatusAccepted, http.MethodPost, "/_rtkmock/deliveries/1/resend", nil)
	c.door("meetings/door/end", nil) // the chat comes by itself
	c.quiet()
	all := is[struct{ Deliveries []store.Summary }](c.stand, 200, http.MethodGet, "/_rtkmock/deliveries?limit=1000", nil).Deliveries
	count := map[string]int{}
	for _, d := range all {
		count[d.MeetingID]++
	}
	assert.Equal(t, count[""], 0)
	assert.Equal(t, count["emission"], 1)
	assert.Equal(t, count["door"], 6, "started, joined, resent, left, ended, chat")
	assert.Assert(t, count["play"] > 5)
	some := is[struct{ Deliveries []store.Summary }](c.stand, 200, http.MethodGet, "/_rtkmock/deliveries?meeting_id=door", nil).Deliveries
	assert.Equal(t, len(some), 6)
}

func TestAWebhookIsRegisteredAndDeletedByHand(t *testing.T) {
	c := newClient(t, nil)
	made := is[store.Webhook](c.stand, http.StatusCreated, http.MethodPost, "/_rtkmock/webhooks", `{"name":"x","url":"`+newTarget(t).URL+`/?key=hidden","events":["meeting.started"]}`)
	assert.Equal(t, made.App, store.App{AccountID: "account", AppID: "app"}, "no other app is known")
	assert.Assert(t, made.Enabled && !strings.Contains(made.URL, "hidden"))
	c.door("meetings/room/join", nil)
	c.quiet()
	assert.Equal(t, c.Counts().LastID, uint64(1))
	gone := is[store.Webhook](c.stand, 200, http.MethodDelete, "/_rtkmock/webhooks/"+made.ID, nil)
	assert.Equal(t, gone.URL, made.URL)
	assert.Equal(t, len(c.Webhooks()), 0)
}
