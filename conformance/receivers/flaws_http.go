package receivers

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
)

// headFlaws take the header of a request for more exact than HTTP has it.
func headFlaws() []Flaw {
	return []Flaw{
		{
			Name: "exact-header-names",
			Doc: "Looks rtk-signature up in lower case, on a platform that hands header names out as they were spelt (REST events of API Gateway): " +
				"there is no signature as soon as a proxy spells it Rtk-Signature.",
			Kills: ids("http/header-case"),
			twist: func(b *behaviour) {
				b.listen = func(ln net.Listener) net.Listener {
					return listening(ln, func(c net.Conn) net.Conn {
						return &exactNames{Conn: c, names: []string{b.headers.Signature, b.headers.UUID, b.headers.WebhookID}}
					})
				}
			},
		},
		{
			Name:  "exact-content-type",
			Doc:   "Compares Content-Type with application/json and answers 415 to anything else: a charset is anything else.",
			Kills: ids("http/content-type"),
			twist: admitting(func(x *exchange) *answer {
				if x.r.Method != http.MethodPost || x.header("Content-Type") == "application/json" {
					return nil
				}
				a := status(http.StatusUnsupportedMediaType)
				return &a
			}),
		},
		{
			Name:  "expect-400",
			Doc:   "A filter in front answers 400 to Expect: 100-continue, which it does not know.",
			Kills: ids("http/expect-continue"),
			twist: admitting(func(x *exchange) *answer {
				if x.header("Expect") == "" {
					return nil
				}
				a := status(http.StatusBadRequest)
				return &a
			}),
		},
	}
}

// bodyFlaws get less of a body than was sent.
func bodyFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "reads-once",
			Doc:   "Reads the body with one call of recv and takes that for all of it. It is all of it, as long as sender and receiver are on the same machine.",
			Kills: ids("http/slow-body http/chunked"),
			twist: func(b *behaviour) {
				b.read = func(x *exchange) ([]byte, error) {
					body := make([]byte, 64<<10)
					n, err := x.r.Body.Read(body)
					if errors.Is(err, io.EOF) {
						err = nil
					}
					return body[:n], err
				}
			},
		},
		{
			Name:  "adds-chunks-as-text",
			Doc:   "Makes text of each piece of the body as it comes and adds them up, body += chunk in Node: a letter that is divided between two pieces is lost.",
			Kills: ids("http/slow-body http/chunked"),
			twist: func(b *behaviour) {
				b.read = func(x *exchange) ([]byte, error) {
					var body []byte
					piece := make([]byte, 64<<10)
					for {
						n, err := x.r.Body.Read(piece)
						body = append(body, bytes.ToValidUTF8(piece[:n], []byte("\uFFFD"))...)
						if errors.Is(err, io.EOF) || len(body) > maxBody {
							return body, nil
						}
						if err != nil {
							return body, err
						}
					}
				}
			},
		},
		{
			Name:  "chunked-400",
			Doc:   "Answers 400 to a body without Content-Length, instead of 411 or reading it.",
			Kills: ids("http/chunked"),
			twist: admitting(func(x *exchange) *answer {
				if !slices.Contains(x.r.TransferEncoding, "chunked") {
					return nil
				}
				a := status(http.StatusBadRequest)
				return &a
			}),
		},
		{
			Name:  "reads-content-length",
			Doc:   "Reads CONTENT_LENGTH bytes, as CGI and WSGI scripts do: of a chunked body, none.",
			Kills: ids("http/chunked"),
			twist: func(b *behaviour) {
				next := b.read
				b.read = func(x *exchange) ([]byte, error) {
					if x.r.ContentLength < 0 {
						return nil, nil
					}
					return next(x)
				}
			},
		},
		{
			Name:  "truncated-200",
			Doc:   "Logs what goes wrong while the body is read as \"client went away\" and answers 200: of a delivery that was cut off, nothing is left, and nobody sends it again.",
			Kills: ids("http/truncated-body"),
			twist: func(b *behaviour) {
				next := b.serve
				b.serve = func(x *exchange) answer {
					a := next(x)
					if a.status == http.StatusBadRequest {
						return b.accept(x)
					}
					return a
				}
			},
		},
		{
			Name:  "truncated-hangs-up-for-good",
			Doc:   "An uncaught exception when a body ends early ends the process.",
			Kills: ids("http/truncated-body ctl/alive-after"),
			twist: func(b *behaviour) {
				var dead set
				next := b.serve
				b.serve = func(x *exchange) answer {
					if dead.has("") {
						return answer{cut: true}
					}
					a := next(x)
					if a.status == http.StatusBadRequest {
						dead.add("")
						return answer{cut: true}
					}
					return a
				}
			},
		},
	}
}

// fewConnections is how many connections a small server serves at a time. A run
// has fewer open itself.
const fewConnections = 50

// connectionFlaws misuse connections.
func connectionFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "surplus-bytes",
			Doc:   "Counts characters for Content-Length where bytes were asked for, so that the end of an answer comes behind it and is taken for the beginning of the next one.",
			Kills: ids("http/keep-alive"),
			twist: func(b *behaviour) {
				b.listen = func(ln net.Listener) net.Listener {
					return listening(ln, func(c net.Conn) net.Conn { return &surplus{Conn: c} })
				}
			},
		},
		{
			Name:  "leaves-body-unread",
			Doc:   "Refuses what has no signature before it reads the body, on a server that takes the body for the next request then: 400, to whoever comes next on this connection.",
			Kills: ids("http/keep-alive"),
			twist: func(b *behaviour) {
				b.listen = func(ln net.Listener) net.Listener {
					return listening(ln, func(c net.Conn) net.Conn { return &leftover{Conn: c, name: b.headers.Signature} })
				}
			},
		},
		{
			Name:  "few-connections",
			Doc:   "Serves fifty connections at a time, each by a worker that waits for its request: whoever opens sixty and says nothing keeps everybody else out.",
			Kills: ids("http/oversize"),
			twist: func(b *behaviour) {
				b.listen = func(ln net.Listener) net.Listener { return limited(ln, fewConnections) }
			},
		},
		{
			Name:  "one-body-at-a-time",
			Doc:   "Reads bodies under one lock: a body that does not end holds up all that come after it.",
			Kills: ids("http/oversize"),
			twist: func(b *behaviour) {
				turn := make(chan struct{}, 1)
				next := b.read
				b.read = func(x *exchange) ([]byte, error) {
					select {
					case turn <- struct{}{}:
					case <-x.ctx.Done():
						return nil, x.ctx.Err()
					}
					defer func() { <-turn }()
					return next(x)
				}
			},
		},
	}
}
