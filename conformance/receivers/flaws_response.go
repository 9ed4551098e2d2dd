package receivers

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// responseFlaws accept rightly and answer wrongly, or too early.
func responseFlaws() []Spec {
	return []Spec{
		{
			Name:     "redirects-livestreams",
			Doc:      "Serves livestreams under a route with a final slash and redirects requests without it. The sender follows no redirect, so the event is lost.",
			CaughtBy: ids("rsp/no-redirect evt/accept-livestreaming.statusUpdate evt/lifecycle"),
			change:   redirectLivestreams,
		},
		{
			Name:     "slow-answers",
			Doc:      "Calls somebody else's API before it accepts anything: each 2xx takes Config.Slow.",
			CaughtBy: ids("rsp/latency"),
			change: respondWith(func(x *exchange, r *response) *response {
				if r.status == http.StatusOK {
					x.pause(x.config.Slow)
				}
				return r
			}),
		},
		{
			Name:     "downloads-before-answering",
			Doc:      "Downloads recordings, chats and transcripts, all links of an event at once, while the sender waits for the answer.",
			CaughtBy: ids("rsp/inline-work"),
			change: func(p *pipeline) {
				p.apply = func(x *exchange) error {
					x.downloadAll(p.links(x))
					p.record(x)
					return nil
				}
			},
		},
		{
			Name:     "poison-500",
			Doc:      "Does not catch what the parser throws. A signed body that is not JSON comes back until the sender gives up.",
			CaughtBy: ids("rsp/poison evt/deep-nesting"),
			change: func(p *pipeline) {
				p.processInvalid = func(*exchange, error) *response { return status(http.StatusInternalServerError) }
			},
		},
		{
			Name:     "null-body-500",
			Doc:      "Reads event.event of whatever was parsed. If that is null, it is a TypeError.",
			CaughtBy: ids("rsp/poison"),
			change: func(p *pipeline) {
				next := p.processInvalid
				p.processInvalid = func(x *exchange, err error) *response {
					if bytes.Equal(bytes.TrimSpace(x.Body), []byte("null")) {
						return status(http.StatusInternalServerError)
					}
					return next(x, err)
				}
			},
		},
		{
			Name:     "acts-on-any-method",
			Doc:      "Routes every method to the handler (app.all, a function without a method filter). PUT and DELETE have an effect.",
			CaughtBy: ids("rsp/non-post"),
			change:   anyMethod,
		},
		{
			Name:     "limits-concurrency",
			Doc:      "A gateway in front answers 429 when more than eight requests are under way. That is a status below 500, so those deliveries are lost.",
			CaughtBy: ids("rsp/burst"),
			change: countConcurrent(func(_ *exchange, others int) *response {
				if others >= burstLimit {
					return status(http.StatusTooManyRequests)
				}
				return nil
			}),
		},
		{
			Name:     "queues-in-memory",
			Doc:      "Puts what it has verified into a queue in its memory, answers 200 and works later (Config.EffectDelay). What is in the queue when the process is killed is lost, and nobody sends it again.",
			CaughtBy: ids("rsp/durable-accept"),
			change: func(p *pipeline) {
				next := p.record
				p.record = func(x *exchange) {
					x.background.after(x.config.EffectDelay, func() { next(x) })
				}
			},
		},
		{
			Name:     "reuses-request-memory",
			Doc:      "Answers 200 and works Config.Pause later, with a uuid in memory that every request uses again. The work of a delivery is stored under the id of whatever came last, refused forgeries included.",
			CaughtBy: ids("dlv/own-uuid"),
			change: func(p *pipeline) {
				var latest atomic.Pointer[string]
				serve := p.serve
				p.serve = func(x *exchange) *response {
					latest.Store(new(x.uuid()))
					return serve(x)
				}
				p.record = func(x *exchange) {
					x.background.after(x.config.Pause, func() { x.database.record(time.Now(), *latest.Load(), x.event.kind()) })
				}
			},
		},
		{
			Name:     "works-off-memory-slowly",
			Doc:      "Puts what it has verified into a queue in its memory, and answers 200. Four workers take Config.Work for a delivery, so that the queue grows when many come. It is lost with the process.",
			CaughtBy: ids("rsp/durable-accept"),
			change: func(p *pipeline) {
				next := p.record
				p.record = func(x *exchange) {
					later := *x
					later.ctx = x.background.ctx
					x.backlog.add(func(context.Context) {
						if later.pause(x.config.Work) {
							next(&later)
						}
					})
				}
			},
		},
		{
			Name:     "dedupes-in-memory",
			Doc:      "Keeps the uuids that it has seen in a map. To a new process, after a crash or a deployment, all of them are new.",
			CaughtBy: ids("dlv/dup-across-restart"),
			change:   func(p *pipeline) { p.claims = newDatabase() },
		},
	}
}

func redirectLivestreams(p *pipeline) {
	next := p.validate
	p.validate = func(x *exchange) *response {
		path := x.r.URL.EscapedPath()
		if x.event.kind() != rtk.LivestreamStatusUpdate || strings.HasSuffix(path, "/livestreams/") {
			return next(x)
		}
		return status(http.StatusPermanentRedirect).with("Location", strings.TrimSuffix(path, "/")+"/livestreams/")
	}
}
