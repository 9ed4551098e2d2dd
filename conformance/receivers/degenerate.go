package receivers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
)

func degenerates() []Spec {
	return []Spec{
		{
			Name:     "always-200",
			Doc:      "Answers 200 to everything and reads nothing of it, as a health check or a page for people does.",
			CaughtBy: ids("ctl/key-held", unread, "sig/missing-header sig/empty-header"),
			change:   serveOnly(status(http.StatusOK)),
		},
		always(status(http.StatusFound).with("Location", "/login"), "a page that asks to log in first"),
		always(status(http.StatusBadRequest), "an endpoint of another service"),
		always(status(http.StatusUnauthorized), "a gateway that wants a token"),
		always(status(http.StatusNotFound), "a server that has no such path"),
		always(status(http.StatusInternalServerError), "an application that did not start"),
		{
			Name:     "hangs",
			Doc:      "Takes every request and never answers.",
			CaughtBy: ids("ctl/valid-accepted"),
			change: func(p *pipeline) {
				p.serve = func(x *exchange) *response {
					<-x.ctx.Done()
					return hangUp()
				}
			},
		},
		{
			Name:     "resets",
			Doc:      "Resets the connection as soon as a request has come.",
			CaughtBy: ids("ctl/valid-accepted"),
			change: serveRaw(func(c net.Conn) {
				if tcp, ok := c.(interface{ SetLinger(int) error }); ok {
					_ = tcp.SetLinger(0)
				}
			}),
		},
		{
			Name:     "answers-garbage",
			Doc:      "Answers with something that is not HTTP: the port belongs to a mail server.",
			CaughtBy: ids("ctl/valid-accepted"),
			change: serveRaw(func(c net.Conn) {
				_, _ = c.Write([]byte("220 mail.example ESMTP ready\r\n\x00\x01\xfe\xff\r\n\r\n"))
			}),
		},
		{
			Name:     "answers-for-ever",
			Doc:      "Answers 200 and a body that has no end. A status is an answer, so the rest is the same as with always-200.",
			CaughtBy: ids("ctl/key-held", unread, "sig/missing-header sig/empty-header"),
			change:   serveRaw(writeForever("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("and so on ", 100))),
		},
		{
			Name:     "header-for-ever",
			Doc:      "Answers with a header that has no end.",
			CaughtBy: ids("ctl/valid-accepted"),
			change:   serveRaw(writeForever("HTTP/1.1 200 OK\r\n", strings.Repeat("X-And-So-On: and so on\r\n", 40))),
		},
		{
			Name:   "random",
			Doc:    "Answers at random: a 2xx, a redirect, an error of either kind, a closed connection.",
			change: serveRandom,
		},
	}
}

// always answers r to everything.
func always(r *response, what string) Spec {
	return Spec{
		Name:     fmt.Sprintf("always-%d", r.status),
		Doc:      fmt.Sprintf("Answers %d to everything: %s.", r.status, what),
		CaughtBy: ids("ctl/valid-accepted"),
		change:   serveOnly(r),
	}
}

func serveOnly(r *response) change {
	return func(p *pipeline) { p.serve = func(*exchange) *response { return r } }
}

func serveRaw(write func(net.Conn)) change { return serveOnly(&response{raw: write}) }

// writeForever writes again and again until nobody reads any more. The write
// buffer is small, since nobody needs what is in it.
func writeForever(begin, again string) func(net.Conn) {
	return func(c net.Conn) {
		if tcp, ok := c.(interface{ SetWriteBuffer(int) error }); ok {
			_ = tcp.SetWriteBuffer(4 << 10)
		}
		_, err := c.Write([]byte(begin))
		for err == nil {
			_, err = c.Write([]byte(again))
		}
	}
}

// serveRandom draws answers, the same ones in every run.
func serveRandom(p *pipeline) {
	answers := []*response{
		status(http.StatusOK), status(http.StatusAccepted), status(http.StatusNoContent),
		status(http.StatusFound), status(http.StatusBadRequest), status(http.StatusUnauthorized),
		status(http.StatusInternalServerError), status(http.StatusBadGateway), hangUp(),
	}
	var mu sync.Mutex
	chance := rand.New(rand.NewPCG(1, 1))
	p.serve = func(*exchange) *response {
		mu.Lock()
		defer mu.Unlock()
		return answers[chance.IntN(len(answers))]
	}
}
