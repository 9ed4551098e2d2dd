package mocksender_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
)

func TestURLSaysWhereTheRequestGoes(t *testing.T) {
	cases := []struct {
		url, dial, line, host string
		reason                string
	}{
		{"http://target", "target:80", "POST / HTTP/1.1", "target", "the scheme's port, the root"},
		{"http://target:8080/a/b?c=d&e=%20#f", "target:8080", "POST /a/b?c=d&e=%20 HTTP/1.1", "target:8080", "the query goes with it, the fragment does not"},
		{"http://target?c", "target:80", "POST /?c HTTP/1.1", "target", "a query without a path"},
		{"HTTP://Target/%7Ea b/\u00e9", "Target:80", "POST /~a%20b/%C3%A9 HTTP/1.1", "Target", "what a request line cannot hold is escaped"},
		{"http://[::1]:9000/", "[::1]:9000", "POST / HTTP/1.1", "[::1]:9000", "an IPv6 address"},
		{"http://[fe80::1%25eth0]:9000/", "[fe80::1%eth0]:9000", "POST / HTTP/1.1", "[fe80::1]:9000", "a zone is for this machine only"},
	}
	for _, tc := range cases {
		t.Run(tc.url, func(t *testing.T) {
			var dialled string
			near, far := net.Pipe()
			defer far.Close()
			heads := make(chan sendertest.Received, 1)
			go func() {
				g, _ := sendertest.ReadRequest(bufio.NewReader(far))
				heads <- g
				_, _ = io.WriteString(far, sendertest.Status(200))
			}()
			s := sendertest.NewSender(t, mocksender.Options{Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
				dialled = addr
				return near, nil
			}})
			r := sendertest.Send(t, s, tc.url)
			g := <-heads
			assert.Equal(t, r.Fate, mocksender.Delivered)
			assert.Equal(t, dialled, tc.dial, tc.reason)
			assert.Equal(t, g.Head[:len(tc.line)+2], tc.line+"\r\n", tc.reason)
			assert.Equal(t, g.Request.Host, tc.host, tc.reason)
		})
	}
}
