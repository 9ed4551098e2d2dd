package receivers

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// answerFlaws accept rightly and answer wrongly.
func answerFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "redirects-livestreams",
			Doc:   "Serves livestreams under a route with a final slash and redirects what comes without it: the sender follows no redirect, so the event is lost.",
			Kills: ids("rsp/no-redirect evt/accept-livestreaming.statusUpdate evt/lifecycle"),
			twist: redirectLivestreams,
		},
		{
			Name:  "slow-answers",
			Doc:   "Calls somebody else's API before it accepts anything: each 2xx takes Config.Slow.",
			Kills: ids("rsp/latency"),
			twist: responding(func(x *exchange, a answer) answer {
				if a.status == http.StatusOK {
					x.pause(x.rc.c.Slow)
				}
				return a
			}),
		},
		{
			Name:  "downloads-before-answering",
			Doc:   "Fetches recordings, chats and transcripts, all links of an event at once, while the sender waits for the answer.",
			Kills: ids("rsp/inline-work"),
			twist: func(b *behaviour) {
				b.apply = func(x *exchange) error {
					var wg sync.WaitGroup
					for _, link := range b.follow(x) {
						wg.Go(func() { x.rc.follow(x.ctx, link) })
					}
					wg.Wait()
					b.record(x)
					return nil
				}
			},
		},
		{
			Name:  "poison-500",
			Doc:   "Does not catch what the parser throws: a signed body that is no JSON comes back until the sender gives up.",
			Kills: ids("rsp/poison evt/deep-nesting"),
			twist: func(b *behaviour) {
				b.unreadable = func(*exchange, error) answer { return status(http.StatusInternalServerError) }
			},
		},
		{
			Name:  "null-body-500",
			Doc:   "Reads event.event of whatever was parsed: of null, that is a TypeError.",
			Kills: ids("rsp/poison"),
			twist: func(b *behaviour) {
				next := b.unreadable
				b.unreadable = func(x *exchange, err error) answer {
					if bytes.Equal(bytes.TrimSpace(x.body), []byte("null")) {
						return status(http.StatusInternalServerError)
					}
					return next(x, err)
				}
			},
		},
		{
			Name:  "acts-on-any-method",
			Doc:   "Routes every method to the handler (app.all, a function without a method filter): PUT and DELETE take effect.",
			Kills: ids("rsp/non-post"),
			twist: func(b *behaviour) {
				b.admit = func(*exchange) *answer { return nil }
			},
		},
	}
}

func redirectLivestreams(b *behaviour) {
	next := b.study
	b.study = func(x *exchange) *answer {
		path := x.r.URL.EscapedPath()
		if x.event.kind() != rtk.LivestreamStatusUpdate || strings.HasSuffix(path, "/livestreams/") {
			return next(x)
		}
		to := strings.TrimSuffix(path, "/") + "/livestreams/"
		a := status(http.StatusPermanentRedirect).with("Location", to)
		return &a
	}
}

// burstRoom is how many deliveries at once the flaws below can take. Checks
// that run beside each other stay below it.
const burstRoom = 8

// loadFlaws are right until there is much to do.
func loadFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "limits-concurrency",
			Doc:   "A gateway in front answers 429 when more than eight requests are under way: a status below 500, so what is refused is lost.",
			Kills: ids("rsp/burst"),
			twist: func(b *behaviour) {
				var c crowd
				next := b.serve
				b.serve = func(x *exchange) answer {
					others := c.enter()
					defer c.leave()
					if others >= burstRoom {
						return status(http.StatusTooManyRequests)
					}
					contend(x, others)
					return next(x)
				}
			},
		},
	}
}

// crowd counts the requests that are under way.
type crowd struct {
	mu    sync.Mutex
	under int
}

// enter returns how many others are under way.
func (c *crowd) enter() (others int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.under++
	return c.under - 1
}

// leave returns how many are left.
func (c *crowd) leave() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.under--
	return c.under
}

// contend takes the longer the more others are at work, as behind one lock: a
// burst piles up, and what comes one by one hardly waits.
func contend(x *exchange, others int) {
	x.pause(time.Duration(others+1) * 6 * time.Millisecond)
}
