package cli

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// rudeTarget answers each connection with answer, which owns it.
func rudeTarget(t *testing.T, answer func(net.Conn, <-chan struct{})) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	over := make(chan struct{})
	t.Cleanup(func() {
		close(over)
		ln.Close()
	})
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				answer(conn, over)
			}()
		}
	}()
	return "http://" + ln.Addr().String() + "/webhook"
}

// after reads a request's first line and then writes without end or once.
func after(text string, forEver bool) func(net.Conn, <-chan struct{}) {
	return func(conn net.Conn, over <-chan struct{}) {
		if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
			return
		}
		go io.Copy(io.Discard, conn)
		for {
			if _, err := io.WriteString(conn, text); err != nil || !forEver {
				return
			}
			select {
			case <-over:
				return
			default:
			}
		}
	}
}

func TestTargetsThatBehaveBadlyEndTheRunInWords(t *testing.T) {
	t.Parallel()
	tls := httptest.NewUnstartedServer(nil)
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	for _, c := range []struct {
		name    string
		url     string
		reason  string
		endless bool // only the time-out ends it
	}{
		{"answers garbage", rudeTarget(t, after("%PDF-1.7 not HTTP at all\r\n\r\n", false)), "does not speak HTTP", false},
		{"never answers", rudeTarget(t, func(_ net.Conn, over <-chan struct{}) { <-over }), "no answer within", true},
		{"announces an answer for ever", rudeTarget(t, after("HTTP/1.1 103 Early Hints\r\n\r\n", true)), "the first genuine delivery", true},
		{"sends a header of 10 MB", rudeTarget(t, after("HTTP/1.1 200 OK\r\nX-Long: "+strings.Repeat("a", 10<<20)+"\r\n\r\n", false)), "header", false},
		{"closes early", rudeTarget(t, after("HTTP/1.1 200 OK\r\nContent-Le", false)), "cut", false},
		{"speaks TLS on a plain port", strings.Replace(tls.URL, "https://", "http://", 1), "TLS", false},
		{"speaks plain HTTP on a TLS port", strings.Replace(rudeTarget(t, after("HTTP/1.1 200 OK\r\n\r\n", false)), "http://", "https://", 1), "TLS", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			timeout := "10s" // the target ends it, however busy the machine is
			if c.endless {
				timeout = "200ms"
			}
			r := call(t, "test", c.url, "--timeout", timeout, "--warm-up", "300ms", "--progress", "none")
			r.exits(t, exit.Inconclusive)
			assert.Assert(t, is.Contains(r.out, "INCONCLUSIVE ctl/valid-accepted"))
			assert.Assert(t, is.Contains(strings.Join(strings.Fields(r.out), " "), c.reason))
			for _, trace := range []string{"goroutine", "panic", ".go:"} {
				assert.Assert(t, !strings.Contains(r.out+r.err, trace), "%s", r.out)
			}
		})
	}
}

func TestAnswerWithoutEndIsCutAndCounts(t *testing.T) {
	t.Parallel()
	url := rudeTarget(t, after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat("5\r\nhello\r\n", 100), true))
	r := call(t, "test", url, "--timeout", "200ms", "--only", "sig/missing-header", "--progress", "none")
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "FAIL sig/missing-header"))
}
