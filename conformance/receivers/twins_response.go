package receivers

import (
	"bytes"
	"net/http"
	"slices"
)

// responseTwins answer in another way.
func responseTwins() []Spec {
	return []Spec{
		{
			Name:   "answers-202",
			Doc:    "Answers 202 to what it accepts. The guide: \"RealtimeKit treats any 2xx response as a successful delivery.\"",
			change: acceptWith(status(http.StatusAccepted)),
		},
		{
			Name:      "ends-at-nonsense",
			Doc:       "Its process ends at a signed body that is nested a thousand deep, or no object at all. Only the real sender could send that, and it does not.",
			MayReport: ids("evt/deep-nesting rsp/poison"),
			change: dieAfter(func(x *exchange, _ *response) bool {
				return x.Verified && (nesting(x.Body) > 1000 || !bytes.HasPrefix(x.Body, []byte("{")))
			}),
		},
		{
			Name:   "answers-204",
			Doc:    "Answers 204, without a body.",
			change: acceptWith(status(http.StatusNoContent)),
		},
		{
			Name: "answers-megabyte",
			Doc:  "Answers with a megabyte of text that nobody asked for.",
			change: acceptWith(&response{
				status: http.StatusOK,
				header: http.Header{"Content-Type": {"text/plain"}},
				body:   bytes.Repeat([]byte("thank you very much "), 1<<20/20),
			}),
		},
		{
			Name:   "refuses-with-403",
			Doc:    "Answers 403 to what does not verify. The guide's sample has 401, and 400 for a missing signature.",
			change: rejectWith(func(*exchange, error) *response { return status(http.StatusForbidden) }),
		},
		{
			Name:   "no-keep-alive",
			Doc:    "Closes the connection after each answer.",
			change: respondWith(func(_ *exchange, r *response) *response { return r.with("Connection", "close") }),
		},
		{
			Name: "slow-within-budget",
			Doc:  "Takes Config.Pause for each answer, well within any budget.",
			change: respondWith(func(x *exchange, r *response) *response {
				x.pause(x.config.Pause)
				return r
			}),
		},
		{
			Name: "answers-any-method",
			Doc:  "Answers 200 to GET, HEAD and OPTIONS, for health checks and browsers, and acts on POST only.",
			change: stopWith(func(x *exchange) *response {
				if slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, x.r.Method) {
					return status(http.StatusOK).with("Allow", "GET, HEAD, OPTIONS, POST")
				}
				return nil
			}),
		},
	}
}
