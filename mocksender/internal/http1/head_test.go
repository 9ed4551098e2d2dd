package http1

import (
	"bufio"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// What a connection remembers of a header changes nothing of what is read.
func FuzzHead(f *testing.F) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: today\r\n\r\nok"
	for _, stream := range []string{
		ok + ok + ok,
		ok + ok[:len(ok)-1],
		ok + strings.Replace(ok, "today", "later", 1) + ok,
		strings.Repeat("HTTP/1.1 204 No Content\r\n\r\n", 3),
		strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 2) + ok,
		strings.Repeat("HTTP/1.1 200 OK\nContent-Length: 6\n\na\r\n\r\nb", 3),
		strings.Repeat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 3),
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n"+ok, 3),
		strings.Repeat("HTTP/1.1 200 OK\r\n\r\n", 3),
		strings.Repeat("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 2),
		strings.Repeat("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 5000)+"\r\nContent-Length: 2\r\n\r\nok", 2),
		"\r\n\r\n" + ok, "HTTP/1.1 200 OK\r\n", "",
	} {
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		c := newConn(stub{r: strings.NewReader(stream)}, nil, route{})
		c.in.reset(math.MaxInt64)
		got := answers(c.br, func() (int, http.Header, bool, io.Reader, error) {
			h, err := c.readHead(nil)
			return h.status, h.header, h.close, h.body, err
		})
		br := bufio.NewReader(strings.NewReader(stream))
		want := answers(br, func() (int, http.Header, bool, io.Reader, error) {
			res, err := http.ReadResponse(br, nil)
			if err != nil {
				return 0, nil, false, nil, err
			}
			return res.StatusCode, res.Header, res.Close, res.Body, nil
		})
		assert.DeepEqual(t, got, want)
	})
}

// answers reads responses with next until one is not whole.
func answers(br *bufio.Reader, next func() (int, http.Header, bool, io.Reader, error)) (all []answer) {
	for range 8 {
		status, header, closes, body, err := next()
		a := answer{Status: status, Header: header, Close: closes, Failed: err != nil}
		if err == nil {
			a.Body, err = io.ReadAll(body)
			a.Cut = err != nil
		}
		a.Left = br.Buffered()
		if all = append(all, a); err != nil {
			break
		}
	}
	return all
}

type answer struct {
	Status             int
	Header             http.Header
	Close, Failed, Cut bool
	Body               []byte
	Left               int
}

// stub is a connection of which nothing but reading is used.
type stub struct {
	net.Conn
	r io.Reader
}

func (s stub) Read(p []byte) (int, error) { return s.r.Read(p) }
