package receivers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Degenerate returns what is no receiver at all and may yet be found under a
// URL: a page of somebody else's, a proxy without a server behind it, a port
// that speaks something else. The caller owns the slice.
func Degenerate() []Flaw {
	all := []Flaw{
		{
			Name:  "always-200",
			Doc:   "Answers 200 to whatever comes and reads nothing of it, as a health check or a page for people does.",
			Kills: ids("ctl/key-held", unread, "sig/missing-header sig/empty-header"),
			twist: constant(status(http.StatusOK)),
		},
		gone(status(http.StatusFound).with("Location", "/login"), "a page that asks to log in first"),
		gone(status(http.StatusBadRequest), "an endpoint of another service"),
		gone(status(http.StatusUnauthorized), "a gateway that wants a token"),
		gone(status(http.StatusNotFound), "a server that has no such path"),
		gone(status(http.StatusInternalServerError), "an application that did not start"),
	}
	all = append(all, wordless()...)
	for i := range all {
		all[i].Degenerate = true
	}
	return all
}

// gone answers a to everything.
func gone(a answer, what string) Flaw {
	return Flaw{
		Name:  fmt.Sprintf("always-%d", a.status),
		Doc:   fmt.Sprintf("Answers %d to whatever comes: %s.", a.status, what),
		Kills: ids("ctl/valid-accepted"),
		twist: constant(a),
	}
}

func constant(a answer) func(*behaviour) {
	return func(b *behaviour) { b.serve = func(*exchange) answer { return a } }
}

// wordless answer with nothing that could be understood, or with chance.
func wordless() []Flaw {
	return []Flaw{
		{
			Name:  "hangs",
			Doc:   "Takes every request and never answers.",
			Kills: ids("ctl/valid-accepted"),
			twist: func(b *behaviour) {
				b.serve = func(x *exchange) answer {
					<-x.ctx.Done()
					return answer{cut: true}
				}
			},
		},
		{
			Name:  "resets",
			Doc:   "Resets the connection as soon as a request has come.",
			Kills: ids("ctl/valid-accepted"),
			twist: constant(answer{raw: func(c net.Conn) {
				if tcp, ok := c.(interface{ SetLinger(int) error }); ok {
					_ = tcp.SetLinger(0)
				}
			}}),
		},
		{
			Name:  "answers-garbage",
			Doc:   "Answers with what is no HTTP: the port belongs to a mail server.",
			Kills: ids("ctl/valid-accepted"),
			twist: constant(answer{raw: func(c net.Conn) {
				_, _ = c.Write([]byte("220 mail.example ESMTP ready\r\n\x00\x01\xfe\xff\r\n\r\n"))
			}}),
		},
		{
			Name:  "answers-for-ever",
			Doc:   "Answers 200 and a body that has no end. A status is an answer, so that it is the same as always-200 otherwise.",
			Kills: ids("ctl/key-held", unread, "sig/missing-header sig/empty-header"),
			twist: constant(answer{raw: func(c net.Conn) { forEver(c, "HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("and so on ", 100)) }}),
		},
		{
			Name:  "header-for-ever",
			Doc:   "Answers with a header that has no end.",
			Kills: ids("ctl/valid-accepted"),
			twist: constant(answer{raw: func(c net.Conn) { forEver(c, "HTTP/1.1 200 OK\r\n", strings.Repeat("X-And-So-On: and so on\r\n", 40)) }}),
		},
		{
			Name:  "random",
			Doc:   "Answers with whatever chance gives: a 2xx, a redirect, an error of either kind, a cut connection.",
			twist: random,
		},
	}
}

// forEver writes until nobody reads any more. What is under way is kept small:
// it is written in vain.
func forEver(c net.Conn, begin, again string) {
	if tcp, ok := c.(interface{ SetWriteBuffer(int) error }); ok {
		_ = tcp.SetWriteBuffer(4 << 10)
	}
	_, err := c.Write([]byte(begin))
	for err == nil {
		_, err = c.Write([]byte(again))
	}
}

// random draws lots, the same ones in every run.
func random(b *behaviour) {
	lots := []answer{
		status(http.StatusOK), status(http.StatusAccepted), status(http.StatusNoContent),
		status(http.StatusFound), status(http.StatusBadRequest), status(http.StatusUnauthorized),
		status(http.StatusInternalServerError), status(http.StatusBadGateway), {cut: true},
	}
	var mu sync.Mutex
	chance := rand.New(rand.NewPCG(1, 1))
	b.serve = func(*exchange) answer {
		mu.Lock()
		defer mu.Unlock()
		return lots[chance.IntN(len(lots))]
	}
}
