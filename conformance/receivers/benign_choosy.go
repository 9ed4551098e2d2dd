package receivers

import (
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// loadTwins are not always there, or not for everybody at once.
func loadTwins() []Flaw {
	return []Flaw{
		{
			Name:  "rate-limited",
			Doc:   "Takes Config.Rate requests a second, Config.Burst of them at once, and answers 429 with Retry-After beyond that.",
			Also:  ids("rsp/burst"),
			twist: limitRate,
		},
		{
			Name: "one-in-ten-500",
			Doc:  "Fails every tenth delivery for a reason of its own, and takes it when it comes again.",
			twist: func(b *behaviour) {
				var n atomic.Int64
				admitting(func(x *exchange) *answer {
					if x.r.Method != http.MethodPost || n.Add(1)%10 != 0 {
						return nil
					}
					a := status(http.StatusInternalServerError)
					return &a
				})(b)
			},
		},
		{
			Name: "cold-start",
			Doc:  "Is started by the first request and holds what comes until Config.WakeAfter has passed.",
			twist: waking(func(x *exchange, left time.Duration) *answer {
				x.pause(left)
				return nil
			}),
		},
		{
			Name: "starting-503",
			Doc:  "Is started by the first request, and a proxy answers 503 for it until Config.WakeAfter has passed.",
			twist: waking(func(*exchange, time.Duration) *answer {
				a := status(http.StatusServiceUnavailable)
				return &a
			}),
		},
	}
}

// limitRate is a token bucket.
func limitRate(b *behaviour) {
	var mu sync.Mutex
	var last time.Time
	tokens := 0.0
	admitting(func(x *exchange) *answer {
		mu.Lock()
		defer mu.Unlock()
		full := float64(x.rc.c.Burst)
		if tokens += x.at.Sub(last).Seconds() * x.rc.c.Rate; last.IsZero() || tokens > full {
			tokens = full
		}
		last = x.at
		if tokens < 1 {
			a := status(http.StatusTooManyRequests).with("Retry-After", "1")
			return &a
		}
		tokens--
		return nil
	})(b)
}

// waking has f answer while the receiver is still starting.
func waking(f func(x *exchange, left time.Duration) *answer) func(*behaviour) {
	return func(b *behaviour) {
		var mu sync.Mutex
		var first time.Time
		admitting(func(x *exchange) *answer {
			mu.Lock()
			if first.IsZero() {
				first = x.at
			}
			left := x.rc.c.WakeAfter - x.at.Sub(first)
			mu.Unlock()
			if left <= 0 {
				return nil
			}
			return f(x, left)
		})(b)
	}
}

// choosyTwins refuse genuine deliveries for reasons of their own. They are
// right about that, and a run can be told what they want.
func choosyTwins() []Flaw {
	return []Flaw{
		{
			Name:  "known-meetings",
			Doc:   "Answers 404 to events of a meeting that it has not created itself: it knows KnownMeetingID alone.",
			Setup: Setup{MeetingID: KnownMeetingID},
			twist: answering(http.StatusNotFound, func(x *exchange) bool {
				id := x.event.meeting()
				return id != "" && id != KnownMeetingID
			}),
		},
		{
			Name:  "known-webhook",
			Doc:   "Answers 403 unless rtk-webhook-id is the one that it has registered, KnownWebhookID.",
			Setup: Setup{WebhookID: KnownWebhookID},
			twist: answering(http.StatusForbidden, func(x *exchange) bool {
				return x.header(x.rc.b.headers.WebhookID) != KnownWebhookID
			}),
		},
		{
			Name: "one-webhook",
			Doc:  "Holds on to the first rtk-webhook-id that it meets, and answers 403 to any other.",
			twist: func(b *behaviour) {
				var first atomic.Pointer[string]
				answering(http.StatusForbidden, func(x *exchange) bool {
					id := x.header(b.headers.WebhookID)
					first.CompareAndSwap(nil, &id)
					return id != *first.Load()
				})(b)
			},
		},
		{
			Name:  "header-token",
			Doc:   "A gateway in front answers 401 unless the header X-Webhook-Token holds Token.",
			Setup: Setup{Header: http.Header{TokenHeader: {Token}}},
			twist: admitting(func(x *exchange) *answer {
				if x.header(TokenHeader) == Token {
					return nil
				}
				a := status(http.StatusUnauthorized)
				return &a
			}),
		},
		{
			Name:  "path-token",
			Doc:   "Answers 404 unless the path is /hooks/ and Token.",
			Setup: Setup{Path: "/hooks/" + Token},
			twist: admitting(func(x *exchange) *answer {
				if x.r.URL.Path == "/hooks/"+Token {
					return nil
				}
				a := status(http.StatusNotFound)
				return &a
			}),
		},
		{
			Name:  "one-event",
			Doc:   "Is subscribed to recording.statusUpdate alone, and answers 400 to every other documented event.",
			Setup: Setup{Events: []rtk.EventType{rtk.RecordingStatusUpdate}},
			twist: answering(http.StatusBadRequest, func(x *exchange) bool {
				kind := x.event.kind()
				return kind.Known() && kind != rtk.RecordingStatusUpdate
			}),
		},
		{
			Name:  "predecessor-headers",
			Doc:   "Reads dyte-signature, dyte-uuid and dyte-webhook-id: it was written for the predecessor.",
			Setup: Setup{HeaderNames: rtk.HeadersDyte},
			twist: func(b *behaviour) { b.headers = rtk.HeadersDyte.Sets()[0] },
		},
		{
			Name:  "refuses-old",
			Doc:   "Answers 400 to events whose newest time lies more than Config.MaxAge back, against replays.",
			Also:  ids("dlv/aged-retry"),
			twist: answering(http.StatusBadRequest, func(x *exchange) bool { return x.event.age(x.at) > x.rc.c.MaxAge }),
		},
		{
			Name: "refuses-own-network",
			Doc: "Answers 400 to events whose download links do not lead to a public https address, against server-side request forgery. " +
				"It only stores the links.",
			twist: func(b *behaviour) {
				answering(http.StatusBadRequest, linksInside)(b)
				b.follow = func(*exchange) []string { return nil }
			},
		},
	}
}

// age is the time from the newest time of what has happened in o until now; 0
// if it has none.
func (o object) age(now time.Time) time.Duration {
	var newest time.Time
	o.strings(func(name, value string) bool {
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00"} {
			if at, err := time.Parse(layout, value); err == nil && isTime(name) && at.After(newest) {
				newest = at
			}
		}
		return true
	})
	if newest.IsZero() {
		return 0
	}
	return now.Sub(newest)
}

func linksInside(x *exchange) bool {
	for _, link := range x.event.links() {
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "https" || u.Hostname() == "localhost" {
			return true
		}
		if ip := net.ParseIP(u.Hostname()); ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()) {
			return true
		}
	}
	return false
}
