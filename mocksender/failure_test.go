package mocksender_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/memnet"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// respond reads one request, then writes what write writes.
func respond(write func(c net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := sendertest.ReadRequest(bufio.NewReader(c)); err == nil {
			write(c)
		}
	}
}

func say(text string) func(net.Conn) {
	return respond(func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		_ = c.(interface{ CloseWrite() error }).CloseWrite()
		sendertest.BlockUntilClosed(c)
	})
}

// repeat writes text forever, every so often.
func repeat(start, text string, every time.Duration) func(net.Conn) {
	return respond(func(c net.Conn) {
		_, err := io.WriteString(c, start)
		for err == nil {
			if every > 0 {
				sendertest.Pass(every)
			}
			_, err = io.WriteString(c, text)
		}
	})
}

func TestHostileAnswersAreClassedAndBounded(t *testing.T) {
	const kib = 1 << 10
	cases := []struct {
		name   string
		handle func(net.Conn)
		class  mocksender.Class
		msg    string // {addr} stands for the target
		took   time.Duration
	}{
		{"never answers", sendertest.BlockUntilClosed, mocksender.ClassTimeout, "{addr} did not answer within 3s", 3 * time.Second},
		{"stops in the status line", respond(func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 20")
			sendertest.BlockUntilClosed(c)
		}), mocksender.ClassTimeout, "{addr} did not end its response header within 3s", 3 * time.Second},
		{"drips its header forever", repeat("HTTP/1.1 200 OK\r\n", "x-drip: 1\r\n", 100*time.Millisecond),
			mocksender.ClassTimeout, "{addr} did not end its response header within 3s", 3 * time.Second},
		{"drips 1xx forever", repeat("", "HTTP/1.1 103 Early Hints\r\n\r\n", 100*time.Millisecond),
			mocksender.ClassTimeout, "{addr} did not end its response header within 3s", 3 * time.Second},
		{"endless header", repeat("HTTP/1.1 200 OK\r\n", strings.Repeat("x-flood: 1\r\n", kib), 0),
			mocksender.ClassProtocol, "the response header of {addr} exceeds 1048576 bytes", 0},
		{"endless header line", repeat("HTTP/1.1 200 OK\r\nx: ", strings.Repeat("x", 64*kib), 0),
			mocksender.ClassProtocol, "the response header of {addr} exceeds 1048576 bytes", 0},
		{"endless 1xx", repeat("", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), 0),
			mocksender.ClassProtocol, "the response header of {addr} exceeds 1048576 bytes", 0},
		{"10 MB header", respond(func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nx-big: "+strings.Repeat("x", 10_000*kib)+"\r\n\r\n")
		}), mocksender.ClassProtocol, "the response header of {addr} exceeds 1048576 bytes", 0},
		{"closes at once", func(net.Conn) {}, mocksender.ClassReset, "{addr} cut the connection without an answer", 0},
		{"closes after the request", respond(func(net.Conn) {}), mocksender.ClassReset, "{addr} cut the connection without an answer", 0},
		{"resets", respond(func(c net.Conn) { _ = c.(*memnet.Conn).Abort() }), mocksender.ClassReset, "{addr} cut the connection without an answer", 0},
		{"closes in the header", say("HTTP/1.1 200 OK\r\nContent-Le"), mocksender.ClassReset, "{addr} cut the connection in the middle of the response header", 0},
		{"closes in the first word", say("HT"), mocksender.ClassReset, "{addr} cut the connection in the middle of the response header", 0},
		{"garbage", say("\x00\x01garbage\r\n\r\n"), mocksender.ClassProtocol, `{addr} does not answer in HTTP/1: its answer begins with "\x00\x01garbage\r\n\r\n"`, 0},
		{"garbage without an end", repeat("", "\x00\xff", 0), mocksender.ClassProtocol, "the response header of {addr} exceeds 1048576 bytes", 0},
		{"garbage and close", say("220 mail.example ESMTP"), mocksender.ClassProtocol, `{addr} does not answer in HTTP/1: its answer begins with "220 mail.example ESMTP"`, 0},
		{"HTTP/2", say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), mocksender.ClassProtocol, `{addr} does not answer in HTTP/1: its answer begins with "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"`, 0},
		{"status 0", say("HTTP/1.1 000 Nothing\r\n\r\n"), mocksender.ClassProtocol, "{addr} sent a malformed response header", 0},
		{"status word", say("HTTP/1.1 two hundred\r\n\r\n"), mocksender.ClassProtocol, "{addr} sent a malformed response header", 0},
		{"bad field", say("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), mocksender.ClassProtocol, "{addr} sent a malformed response header", 0},
		{"two lengths", say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), mocksender.ClassProtocol, "{addr} sent a malformed response header", 0},
		{"TLS alert", say("\x15\x03\x01\x00\x02\x02\x46"), mocksender.ClassTLS, "{addr} speaks TLS: the URL should begin with https://", 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				n.Target("target:80", tc.handle)
				o := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/").Last().Outcome
				assert.Equal(t, o.Class, tc.class, "%v", o.Err)
				assert.Error(t, o.Err, strings.ReplaceAll(tc.msg, "{addr}", "target:80"))
				assert.Equal(t, o.Status, 0)
				assert.Equal(t, o.Took, tc.took)
				var e *mocksender.NetError
				assert.Assert(t, errors.As(o.Err, &e) && e.Class == o.Class)
			})
		})
	}
}

// A 2xx is a delivery whatever becomes of the response body.
func TestStatusStandsWhateverBecomesOfTheBody(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	cases := []struct {
		name, reason string
		handle       func(net.Conn)
		body         string
		truncated    bool
		lasts        time.Duration
	}{
		{"whole", "all of it fits", say(head + "Content-Length: 5\r\n\r\nhello"), "hello", false, 0},
		{"to the end", "a body without a length ends with the connection", say(head + "\r\nhello"), "hello", false, 0},
		{"chunked", "chunks are put together", say(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), "hello", false, 0},
		{"exactly the bound", "nothing is missing", say(head + "Content-Length: 10\r\n\r\n0123456789"), "0123456789", false, 0},
		{"beyond the bound", "no more is kept", say(head + "Content-Length: 11\r\n\r\n0123456789x"), "0123456789", true, 0},
		{"endless", "no more is read", repeat(head+"\r\n", "0123456789", 0), "0123456789", true, 0},
		{"endless trailer", "no more is read", repeat(head+"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", "x: y\r\n", 0), "x", true, 0},
		{"drip", "the attempt's time is the end", repeat(head+"\r\n", "x", time.Second/2+1), "xxxxx", true, 3 * time.Second},
		{"never", "the attempt's time is the end", respond(func(c net.Conn) {
			_, _ = io.WriteString(c, head+"Content-Length: 5\r\n\r\nhe")
			sendertest.BlockUntilClosed(c)
		}), "he", true, 3 * time.Second},
		{"cut", "what came is kept", say(head + "Content-Length: 5\r\n\r\nhe"), "he", true, 0},
		{"bad chunk", "what came is kept", say(head + "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\nzz\r\n"), "he", true, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				n.Target("target:80", tc.handle)
				start := time.Now()
				r := sendertest.Send(t, n.Sender(mocksender.Options{MaxAnswer: 10}), "http://target/")
				o := r.Last().Outcome
				assert.Equal(t, r.Fate, mocksender.Delivered)
				assert.NilError(t, o.Err)
				assert.Equal(t, o.Class, mocksender.Class(""))
				assert.Equal(t, string(o.Body), tc.body)
				assert.Equal(t, o.Truncated, tc.truncated, tc.reason)
				assert.Equal(t, time.Since(start), tc.lasts)
				assert.Equal(t, o.Took, time.Duration(0), "the body does not count")
			})
		})
	}
}

// What drips is waited for less each time, until a body comes whole.
func TestBodyIsWaitedForAsLongAsItIsWorth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Target("drips:80", repeat("HTTP/1.1 200 OK\r\n\r\n", "x", 30*time.Millisecond))
		n.Target("whole:80", say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
		s := n.Sender(mocksender.Options{BodyTime: 200 * time.Millisecond})
		lasts := func(url string, want time.Duration, truncated bool) {
			t.Helper()
			start := time.Now()
			o := sendertest.Send(t, s, url).Last().Outcome
			assert.Equal(t, o.Status, http.StatusOK)
			assert.Equal(t, o.Truncated, truncated)
			assert.Equal(t, time.Since(start), want)
		}
		lasts("http://drips/", 200*time.Millisecond, true)
		lasts("http://drips/", 100*time.Millisecond, true)
		lasts("http://drips/", 50*time.Millisecond, true)
		lasts("http://whole/", 0, false)
		lasts("http://drips/", 200*time.Millisecond, true)
	})
}

// A thousand answers are kept in a run, and so little of each that they fit.
func TestOfALargeHeaderIsKeptWhatMatters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		var head strings.Builder
		head.WriteString("HTTP/1.1 302 Found\r\n")
		for i := range 900 {
			fmt.Fprintf(&head, "X-%03d: %s\r\n", i, strings.Repeat("x", 1000))
		}
		head.WriteString("Retry-After: 7\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")
		n.Target("target:80", say(head.String()))
		h := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/").Last().Outcome.Header
		assert.Equal(t, h.Get("Location")+h.Get("Retry-After"), "/there7")
		size := 0
		for name, values := range h {
			size += len(name) + len(strings.Join(values, ""))
		}
		assert.Assert(t, size <= mocksender.KeptHeader && size > mocksender.KeptHeader-2000, "%d bytes", size)
	})
}

// The bound is exact, and what follows the header does not count.
func TestHeaderMayHaveAsManyBytesAsTheBound(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
	for less, want := range []mocksender.Class{"", mocksender.ClassProtocol} {
		n := sendertest.NewNetwork(t)
		n.Target("target:80", say(head+strings.Repeat("x", 500)))
		s := n.Sender(mocksender.Options{MaxHeader: int64(len(head) - less)})
		o := sendertest.Send(t, s, "http://target/").Last().Outcome
		assert.Equal(t, o.Class, want)
		assert.Equal(t, len(o.Body) == 500, want == "")
	}
}

func TestChunksOfOneByteAreReadToTheEnd(t *testing.T) {
	n := sendertest.NewNetwork(t)
	n.Target("target:80", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1\r\nx\r\n", 50_000)+"0\r\n\r\n"))
	o := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/").Last().Outcome
	assert.Equal(t, len(o.Body), 50_000)
	assert.Assert(t, !o.Truncated)
}

func TestDialErrorsAreClassed(t *testing.T) {
	dialError := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	cases := []struct {
		name  string
		err   error
		class mocksender.Class
		msg   string
	}{
		{"unknown host", dialError(&net.DNSError{Err: "no such host", Name: "target", IsNotFound: true}), mocksender.ClassDNS, "the host name target does not resolve"},
		{"no name server", dialError(&net.DNSError{Err: "i/o timeout", Name: "target", IsTimeout: true}), mocksender.ClassDNS, "the host name target could not be looked up: the name server does not answer"},
		{"refused", dialError(os.NewSyscallError("connect", syscall.ECONNREFUSED)), mocksender.ClassRefused, "nothing listens at target:80"},
		{"reset", dialError(os.NewSyscallError("connect", syscall.ECONNRESET)), mocksender.ClassReset, "target:80 cut the connection"},
		{"system time-out", dialError(os.NewSyscallError("connect", syscall.ETIMEDOUT)), mocksender.ClassTimeout, "target:80 did not take the connection within 3s"},
		{"unreachable", dialError(os.NewSyscallError("connect", syscall.ENETUNREACH)), mocksender.ClassOther, "target:80: network is unreachable"},
		{"own words", errors.New("a\nlong " + strings.Repeat("story ", 100)), mocksender.ClassOther, "target:80: " + ("a long " + strings.Repeat("story ", 100))[:160] + "…"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s := sendertest.NewSender(t, mocksender.Options{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, tc.err }})
			r := sendertest.Send(t, s, "http://target/")
			o := r.Last().Outcome
			assert.Equal(t, o.Class, tc.class)
			assert.Error(t, o.Err, tc.msg)
			assert.ErrorIs(t, o.Err, tc.err)
			assert.Equal(t, r.Fate, mocksender.Exhausted)
		})
	}
}

func TestAWantOfFilesIsNoOutcomeOfTheTarget(t *testing.T) {
	for _, err := range []error{
		&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", syscall.EMFILE)},
		&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "dial udp: socket: too many open files", Name: "target"}},
	} {
		s := sendertest.NewSender(t, mocksender.Options{
			Retry: mocksender.Retry{Waits: []time.Duration{0}},
			Dial:  func(context.Context, string, string) (net.Conn, error) { return nil, err },
		})
		r, failure := s.Send(t.Context(), "http://target/", mocksender.Delivery{Event: rtk.Event{Body: []byte("{}")}})
		assert.ErrorContains(t, failure, "mocksender: no connection to target:80 could be opened from here: ")
		assert.ErrorContains(t, failure, "too many open files")
		assert.Equal(t, r.Fate, mocksender.Abandoned)
		assert.Equal(t, len(r.Attempts), 1)
		assert.Equal(t, r.Last().Outcome.Class, mocksender.ClassOwn)
	}
}

func TestDialIsBoundedByTheTimeOut(t *testing.T) {
	gaveUp := errors.New("gave up")
	for _, err := range []error{context.DeadlineExceeded, gaveUp} {
		synctest.Test(t, func(t *testing.T) {
			s := sendertest.NewSender(t, mocksender.Options{Timeout: time.Minute, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, err
			}})
			o := sendertest.Send(t, s, "http://target/").Last().Outcome
			assert.Equal(t, o.Class, mocksender.ClassTimeout)
			assert.Error(t, o.Err, "target:80 did not take the connection within 1m0s")
			assert.ErrorIs(t, o.Err, err)
			assert.Equal(t, o.Took, time.Minute)
		})
	}
}

// A port that was just free is refused by the real network too.
func TestClosedPortIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	addr := l.Addr().String()
	assert.NilError(t, l.Close())
	o := sendertest.Send(t, sendertest.NewSender(t, mocksender.Options{}), "http://"+addr+"/").Last().Outcome
	assert.Equal(t, o.Class, mocksender.ClassRefused)
	assert.Error(t, o.Err, "nothing listens at "+addr)
}

func TestResetOfTheRealNetworkIsClassed(t *testing.T) {
	addr := sendertest.Loopback(t, respond(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }))
	o := sendertest.Send(t, sendertest.NewSender(t, mocksender.Options{}), "http://"+addr+"/").Last().Outcome
	assert.Equal(t, o.Class, mocksender.ClassReset)
	assert.Error(t, o.Err, addr+" cut the connection without an answer")
}

// An early refusal wins over the write error that closing the connection with
// the rest of the request unread causes.
func TestEarlyAnswerWinsOverTheWriteError(t *testing.T) {
	early := func(c net.Conn) {
		_, _ = bufio.NewReaderSize(c, 16).ReadString('\n')
		_, _ = io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig")
	}
	addr := sendertest.Loopback(t, early)
	n := sendertest.NewNetwork(t)
	n.Target("target:80", early)
	for _, size := range []int{100, 8 << 20} {
		d := sendertest.SampleDelivery()
		d.Event.Body = bytes.Repeat([]byte{'x'}, size)
		for i := range 20 {
			for url, s := range map[string]*mocksender.Sender{
				"http://" + addr + "/": sendertest.NewSender(t, mocksender.Options{}),
				"http://target/":       n.Sender(mocksender.Options{}),
			} {
				r := sendertest.Send(t, s, url, d)
				assert.Equal(t, r.Last().Outcome.Status, 413, "%d bytes to %s, try %d: %v", size, url, i, r.Last().Outcome.Err)
				assert.Equal(t, string(r.Last().Outcome.Body), "big")
			}
		}
	}
}

// The target has answered and gone before the request goes out, so that
// writing fails.
func TestAnswerIsReadThoughNothingCouldBeWritten(t *testing.T) {
	n := sendertest.NewNetwork(t)
	gone := make(chan struct{})
	n.Target("target:80", func(c net.Conn) {
		_, _ = io.WriteString(c, sendertest.Status(503))
		_ = c.Close()
		close(gone)
	})
	s := sendertest.NewSender(t, mocksender.Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := n.DialContext(ctx, network, addr)
		<-gone
		return c, err
	}})
	assert.Equal(t, sendertest.Send(t, s, "http://target/").Last().Outcome.Status, 503)
}

// The target answers and keeps the connection open, but never reads the rest.
func TestEarlyAnswerEndsTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Target("target:80", func(c net.Conn) {
			_, _ = bufio.NewReaderSize(c, 16).ReadString('\n')
			_, _ = io.WriteString(c, sendertest.Status(401))
			sendertest.Pass(time.Hour)
		})
		d := sendertest.SampleDelivery()
		d.Event.Body = make([]byte, 1<<20)
		start := time.Now()
		r := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/", d)
		assert.Equal(t, r.Last().Outcome.Status, 401)
		assert.Assert(t, time.Since(start) < time.Second, "it took %v", time.Since(start))
	})
}

func TestTargetThatNeverReadsTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Target("target:80", func(net.Conn) { sendertest.Pass(time.Hour) })
		d := sendertest.SampleDelivery()
		d.Event.Body = make([]byte, 1<<20)
		o := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/", d).Last().Outcome
		assert.Equal(t, o.Class, mocksender.ClassTimeout)
		assert.Error(t, o.Err, "target:80 did not read the request within 3s")
		assert.Equal(t, o.Took, 3*time.Second)
	})
}
