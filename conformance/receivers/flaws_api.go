package receivers

import (
	"context"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// apiFlaws call the REST API because of an event, and do it wrongly.
func apiFlaws() []Spec {
	return []Spec{
		{
			Name:     "changes-before-verifying",
			Doc:      "Stops recordings and empties meetings by the REST API as soon as an event says so, and verifies meanwhile. It answers 401, and whoever knows the URL can end a meeting.",
			CaughtBy: ids("sig/effect-before-verify"),
			change: func(p *pipeline) {
				beforeVerifying(p, func(x *exchange) { x.background.start(x.stopWhatBegins) })
				noLinks(p)
			},
		},
		{
			Name:     "kicks-before-verifying",
			Doc:      "Has the REST API take out whoever joins and is not on its list, by the custom id in the event, and verifies meanwhile.",
			CaughtBy: ids("sig/effect-before-verify"),
			change: func(p *pipeline) {
				beforeVerifying(p, func(x *exchange) {
					if x.event.kind() == rtk.MeetingParticipantJoined {
						x.background.start(x.kick)
					}
				})
				noLinks(p)
			},
		},
		{
			Name:     "waits-for-the-api",
			Doc:      "Asks the REST API for the meeting before it answers, and has all the time in the world.",
			CaughtBy: ids("api/slow"),
			change:   callsBack(func(x *exchange) *response { x.lookUp(callTime); return nil }),
		},
		{
			Name:     "loses-what-the-api-lacks",
			Doc:      "Asks the REST API for the meeting, and answers 404 itself where it gets one.",
			CaughtBy: ids("api/not-found"),
			change: callsBack(func(x *exchange) *response {
				if x.lookUp(briefly) == http.StatusNotFound {
					return status(http.StatusNotFound)
				}
				return nil
			}),
		},
		{
			Name:     "waits-out-rate-limits",
			Doc:      "Asks the REST API for the meeting. While that answers 429 it waits and asks again, and its own sender with it.",
			CaughtBy: ids("api/rate-limited"),
			change: callsBack(func(x *exchange) *response {
				for x.lookUp(briefly) == http.StatusTooManyRequests && x.pause(time.Second) {
				}
				return nil
			}),
		},
		{
			Name:     "throws-on-api-errors",
			Doc:      "Asks the REST API for the meeting, and takes every 5xx for a bad request of its sender: a catch-all around the handler answers 400.",
			CaughtBy: ids("api/failing"),
			change: callsBack(func(x *exchange) *response {
				if x.lookUp(briefly) >= http.StatusInternalServerError {
					return status(http.StatusBadRequest)
				}
				return nil
			}),
		},
	}
}

// apiTwins call the REST API because of an event, and do it well.
func apiTwins() []Spec {
	return []Spec{
		{
			Name: "looks-up-what-it-refuses",
			Doc:  "Asks the REST API, briefly, for the meeting of whatever comes before it verifies. A forgery is refused, and has changed nothing.",
			change: func(p *pipeline) {
				beforeVerifying(p, func(x *exchange) { x.lookUp(briefly) })
			},
		},
		{
			Name: "calls-back-after-the-answer",
			Doc:  "Stops recordings and empties meetings by the REST API, in the background, and only for genuine events.",
			change: callsBack(func(x *exchange) *response {
				x.background.start(func(ctx context.Context) { x.stopWhatBegins(ctx) })
				return nil
			}),
		},
		{
			Name: "stops-what-the-api-lists",
			Doc:  "Because of a genuine event about a recording, stops all that the REST API lists, in the background. Forgeries name some of them, and are no reason.",
			change: callsBack(func(x *exchange) *response {
				if x.event.kind() == rtk.RecordingStatusUpdate {
					x.background.start(x.stopAll)
				}
				return nil
			}),
		},
		{
			Name: "asks-again-while-the-api-fails",
			Doc:  "Asks the REST API, briefly, for the meeting, and answers 503 while that fails or limits its rate: the event comes again.",
			change: callsBack(func(x *exchange) *response {
				if s := x.lookUp(briefly); s == http.StatusTooManyRequests || s >= http.StatusInternalServerError {
					return status(http.StatusServiceUnavailable)
				}
				return nil
			}),
		},
	}
}

// callsBack does something with a genuine event before it takes effect. What it
// answers, if anything, is the answer.
func callsBack(f func(*exchange) *response) change {
	return func(p *pipeline) {
		next := p.validate
		p.validate = func(x *exchange) *response {
			if r := f(x); r != nil {
				return r
			}
			return next(x)
		}
	}
}
