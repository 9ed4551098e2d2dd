package receivers

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// unavailableTwins are not always there, or not for everybody at once.
func unavailableTwins() []Spec {
	return []Spec{
		{
			Name:      "rate-limited",
			Doc:       "Takes Config.Rate requests a second, Config.Burst of them at once, and answers 429 with Retry-After beyond that.",
			MayReport: ids("rsp/burst"),
			change: func(p *pipeline) {
				limitRateWith(p, status(http.StatusTooManyRequests).with("Retry-After", "1"))
			},
		},
		{
			Name:   "rate-limited-by-gateway",
			Doc:    "A gateway in front takes Config.Rate requests a second, Config.Burst of them at once, and answers a bare 503 beyond that, as nginx does with limit_req.",
			change: limitRate,
		},
		{
			Name:   "rate-limited-by-gateway-with-time",
			Doc:    "As rate-limited-by-gateway, but the 503 has Retry-After, as load balancers answer.",
			change: limitRateWithTime,
		},
		{
			Name: "one-in-ten-500",
			Doc:  "Fails every tenth delivery for an internal reason, and takes it when it comes again.",
			change: func(p *pipeline) {
				var n atomic.Int64
				stop(http.StatusInternalServerError, func(x *exchange) bool {
					return x.r.Method == http.MethodPost && n.Add(1)%10 == 0
				})(p)
			},
		},
		{
			Name: "cold-start",
			Doc:  "The first request starts it. All requests wait until Config.WakeAfter has passed.",
			change: whileStarting(func(x *exchange, left time.Duration) *response {
				x.pause(left)
				return nil
			}),
		},
		{
			Name:   "starting-503",
			Doc:    "The first request starts it. A proxy answers 503 in its place until Config.WakeAfter has passed.",
			change: whileStarting(func(*exchange, time.Duration) *response { return status(http.StatusServiceUnavailable) }),
		},
	}
}

// limitRate answers 503 to what comes too fast, and does not say that this is the reason.
func limitRate(p *pipeline) {
	limitRateWith(p, status(http.StatusServiceUnavailable))
}

// limitRateWithTime says in its 503 when to come back.
func limitRateWithTime(p *pipeline) {
	limitRateWith(p, status(http.StatusServiceUnavailable).with("Retry-After", "1"))
}

func limitRateWith(p *pipeline, beyond *response) {
	limiter := rate.NewLimiter(rate.Limit(p.env.config.Rate), p.env.config.Burst)
	stopWith(func(x *exchange) *response {
		if limiter.AllowN(x.At, 1) {
			return nil
		}
		return beyond
	})(p)
}

// whileStarting lets f answer while the receiver is still starting.
func whileStarting(f func(x *exchange, left time.Duration) *response) change {
	return func(p *pipeline) {
		var first atomic.Pointer[time.Time]
		stopWith(func(x *exchange) *response {
			first.CompareAndSwap(nil, new(x.At))
			left := x.config.WakeAfter - x.At.Sub(*first.Load())
			if left <= 0 {
				return nil
			}
			return f(x, left)
		})(p)
	}
}

// choosyTwins reject genuine deliveries for reasons of their own. They are
// right about that, and a run can be told what they want.
func choosyTwins() []Spec {
	return []Spec{
		{
			Name:  "known-meetings",
			Doc:   "Answers 404 to events of a meeting that it has not created itself. It knows KnownMeetingID only.",
			Setup: Setup{MeetingID: KnownMeetingID},
			change: rejectEvents(http.StatusNotFound, func(x *exchange) bool {
				id := x.event.meeting()
				return id != "" && id != KnownMeetingID
			}),
		},
		{
			Name:   "known-webhook",
			Doc:    "Answers 403 unless rtk-webhook-id is the one that it has registered, KnownWebhookID.",
			Setup:  Setup{WebhookID: KnownWebhookID},
			change: rejectEvents(http.StatusForbidden, func(x *exchange) bool { return x.webhookID() != KnownWebhookID }),
		},
		{
			Name: "one-webhook",
			Doc:  "Keeps the first rtk-webhook-id that it sees, and answers 403 to any other.",
			change: func(p *pipeline) {
				var first atomic.Pointer[string]
				rejectEvents(http.StatusForbidden, func(x *exchange) bool {
					first.CompareAndSwap(nil, new(x.webhookID()))
					return x.webhookID() != *first.Load()
				})(p)
			},
		},
		{
			Name:   "header-token",
			Doc:    "A gateway in front answers 401 unless the header X-Webhook-Token holds Token.",
			Setup:  Setup{Header: http.Header{TokenHeader: {Token}}},
			change: stop(http.StatusUnauthorized, func(x *exchange) bool { return x.header(TokenHeader) != Token }),
		},
		{
			Name:   "path-token",
			Doc:    "Answers 404 unless the path is /hooks/ and Token.",
			Setup:  Setup{Path: "/hooks/" + Token},
			change: stop(http.StatusNotFound, func(x *exchange) bool { return x.r.URL.Path != "/hooks/"+Token }),
		},
		{
			Name:  "one-event",
			Doc:   "Is subscribed to recording.statusUpdate only, and answers 400 to every other documented event.",
			Setup: Setup{Events: []rtk.EventType{rtk.RecordingStatusUpdate}},
			change: rejectEvents(http.StatusBadRequest, func(x *exchange) bool {
				kind := x.event.kind()
				return kind.Known() && kind != rtk.RecordingStatusUpdate
			}),
		},
		{
			Name:   "predecessor-headers",
			Doc:    "Reads dyte-signature, dyte-uuid and dyte-webhook-id, because it was written for the predecessor.",
			Setup:  Setup{HeaderNames: rtk.HeadersDyte},
			change: func(p *pipeline) { p.headers = rtk.HeadersDyte.Sets()[0] },
		},
		{
			Name:      "refuses-old",
			Doc:       "Answers 400 to events if their newest time is more than Config.MaxAge ago, against replays.",
			MayReport: ids("dlv/aged-retry"),
			change:    rejectEvents(http.StatusBadRequest, func(x *exchange) bool { return x.event.age(x.At) > x.config.MaxAge }),
		},
		{
			Name: "refuses-own-network",
			Doc:  "Answers 400 to events with download links that do not lead to a public https address, against server-side request forgery. It only stores the links.",
			change: changes(
				rejectEvents(http.StatusBadRequest, func(x *exchange) bool { return slices.ContainsFunc(payload.URLs(x.Body), isInside) }),
				noLinks,
			),
		},
	}
}

// isInside reports whether a link leads to anything but a public https address.
func isInside(link string) bool {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.Hostname() == "localhost" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast())
}
