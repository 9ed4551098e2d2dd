package receivers

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/netutil"
)

// httpFlaws use HTTP wrongly.
func httpFlaws() []Spec {
	return []Spec{
		// These take the header of a request more strictly than HTTP does.
		{
			Name:     "exact-header-names",
			Doc:      "Looks rtk-signature up in lower case, on a platform that gives header names as they were spelled (REST events of API Gateway). It finds no signature when a proxy spells it Rtk-Signature.",
			CaughtBy: ids("http/header-case"),
			change: wrapConns(func(p *pipeline, c net.Conn) net.Conn {
				return &exactNamesConn{Conn: c, names: []string{p.headers.Signature, p.headers.UUID, p.headers.WebhookID}}
			}),
		},
		{
			Name:     "exact-content-type",
			Doc:      "Compares Content-Type with application/json and answers 415 to anything else, so also to a charset.",
			CaughtBy: ids("http/content-type"),
			change: stop(http.StatusUnsupportedMediaType, func(x *exchange) bool {
				return x.r.Method == http.MethodPost && x.header("Content-Type") != "application/json"
			}),
		},
		{
			Name:     "expect-400",
			Doc:      "A filter in front answers 400 to Expect: 100-continue, which it does not know.",
			CaughtBy: ids("http/expect-continue"),
			change:   stop(http.StatusBadRequest, func(x *exchange) bool { return x.header("Expect") != "" }),
		},
		// These get less of a body than was sent.
		{
			Name:     "reads-once",
			Doc:      "Reads the body with one call of recv and takes that for the whole body. It is the whole body as long as sender and receiver are on the same machine.",
			CaughtBy: ids("http/slow-body http/chunked"),
			change: func(p *pipeline) {
				p.readBody = func(x *exchange) ([]byte, error) {
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
			Name:     "adds-chunks-as-text",
			Doc:      "Makes text of each piece of the body as it comes and adds them up, body += chunk in Node. A letter that is divided between two pieces is lost.",
			CaughtBy: ids("http/slow-body http/chunked"),
			change: func(p *pipeline) {
				p.readBody = func(x *exchange) ([]byte, error) {
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
			Name:     "chunked-400",
			Doc:      "Answers 400 to a body without Content-Length, instead of 411 or reading it.",
			CaughtBy: ids("http/chunked"),
			change: stop(http.StatusBadRequest, func(x *exchange) bool {
				return slices.Contains(x.r.TransferEncoding, "chunked")
			}),
		},
		{
			Name:     "reads-content-length",
			Doc:      "Reads CONTENT_LENGTH bytes, as CGI and WSGI scripts do. Of a chunked body it reads none.",
			CaughtBy: ids("http/chunked"),
			change:   func(p *pipeline) { p.readBody = contentLength },
		},
		{
			Name:     "ignores-chunked",
			Doc:      "Reads CONTENT_LENGTH bytes, and answers 200 to a body that is empty: nothing to do. Of a chunked body it reads none.",
			CaughtBy: ids("http/chunked"),
			change: func(p *pipeline) {
				p.readBody = contentLength
				next := p.verify
				p.verify = func(x *exchange) error {
					if x.r.ContentLength < 0 {
						return nil
					}
					return next(x)
				}
			},
		},
		{
			Name:     "truncated-200",
			Doc:      "Logs what goes wrong while the body is read as \"client went away\" and answers 200. Nothing is left of a delivery that was cut off, and nobody sends it again.",
			CaughtBy: ids("http/truncated-body"),
			change: respondWith(func(_ *exchange, r *response) *response {
				if r.status == http.StatusBadRequest {
					return status(http.StatusOK)
				}
				return r
			}),
		},
		{
			Name:     "truncated-hangs-up-for-good",
			Doc:      "When a body ends early, an uncaught exception ends the process.",
			CaughtBy: ids("http/truncated-body ctl/alive-after"),
			change:   dieAfter(func(_ *exchange, r *response) bool { return r.status == http.StatusBadRequest }),
		},
		// These use connections wrongly.
		{
			Name:     "surplus-bytes",
			Doc:      "Counts characters for Content-Length where bytes are wanted. The end of an answer comes after its length, and is taken for the beginning of the next one.",
			CaughtBy: ids("http/keep-alive"),
			change: wrapConns(func(_ *pipeline, c net.Conn) net.Conn {
				return &trailingConn{Conn: c, extra: func(_, answer []byte) string {
					if !bytes.HasPrefix(answer, []byte("HTTP/1.1 ")) || bytes.HasPrefix(answer, []byte("HTTP/1.1 1")) {
						return ""
					}
					return "}\n"
				}}
			}),
		},
		{
			Name:     "leaves-body-unread",
			Doc:      "Rejects a request without a signature before it reads the body. Its server then takes the body for the next request, and answers 400 to whoever comes next on this connection.",
			CaughtBy: ids("http/keep-alive"),
			change: wrapConns(func(p *pipeline, c net.Conn) net.Conn {
				field := []byte("\n" + strings.ToLower(p.headers.Signature) + ":")
				return &trailingConn{Conn: c, extra: func(request, answer []byte) string {
					if bytes.Contains(bytes.ToLower(request), field) || !bytes.HasPrefix(answer, []byte("HTTP/1.1 401")) {
						return ""
					}
					return "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
				}}
			}),
		},
		{
			Name:     "few-connections",
			Doc:      "Serves fifty connections at a time, each by a worker that waits for its request. Whoever opens sixty and sends nothing keeps everybody else out.",
			CaughtBy: ids("http/oversize"),
			change: func(p *pipeline) {
				p.listen = func(ln net.Listener) net.Listener { return netutil.LimitListener(ln, fewConnections) }
			},
		},
		{
			Name:     "one-body-at-a-time",
			Doc:      "Reads bodies under one lock. A body that does not end delays all that come after it.",
			CaughtBy: ids("http/oversize"),
			change: func(p *pipeline) {
				turn := make(chan struct{}, 1)
				p.readBody = func(x *exchange) ([]byte, error) {
					select {
					case turn <- struct{}{}:
					case <-x.ctx.Done():
						return nil, x.ctx.Err()
					}
					defer func() { <-turn }()
					return readBody(x)
				}
			},
		},
	}
}

// contentLength reads as many bytes as Content-Length says.
func contentLength(x *exchange) ([]byte, error) {
	if x.r.ContentLength < 0 {
		return nil, nil
	}
	return readBody(x)
}

// fewConnections is how many connections a small server serves at a time. A run
// has fewer open itself.
const fewConnections = 50
