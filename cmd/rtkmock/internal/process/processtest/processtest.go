// Package processtest lets a test binary play the programs that its tests start,
// and shows the tests when those programs run and when they end.
package processtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/intercept/supervisor"
)

// Variables that make a test binary a program.
const (
	roleVariable = "RTKTEST_ROLE"
	hubVariable  = "RTKTEST_HUB"
)

// Main runs the tests of m, or, in a program that a test has started, act, or the
// supervisor of such a program. A program ends in any case, soon after the tests
// that it belongs to.
func Main(m *testing.M, act func(role string) int) {
	if supervisor.Requested(os.Args) {
		os.Exit(supervisor.Main())
	}
	if role := os.Getenv(roleVariable); role != "" {
		time.AfterFunc(time.Minute, func() { os.Exit(99) })
		os.Exit(act(role))
	}
	os.Exit(m.Run())
}

// Announce connects with the test, which sees by that when this program ends. The
// connection is nil if there is no test.
func Announce(role string) net.Conn {
	conn, err := net.Dial("tcp", os.Getenv(hubVariable))
	if err != nil {
		return nil
	}
	fmt.Fprintln(conn, role)
	return conn
}

// AwaitEnd does not return before the test hangs up.
func AwaitEnd(conn net.Conn) {
	if conn != nil {
		_, _ = io.Copy(io.Discard, conn)
	}
}

// As is the environment of a program that plays role.
func As(role string, more ...string) []string {
	return append(append(os.Environ(), roleVariable+"="+role), more...)
}

// Hub is where programs announce themselves.
type Hub struct {
	t     *testing.T
	ln    net.Listener
	cache string // the user's cache folder, to the programs
}

// NewHub returns a hub for one test.
func NewHub(t *testing.T) *Hub {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return &Hub{t, ln, t.TempDir()}
}

// As is the environment of a program that plays role and announces itself.
func (h *Hub) As(role string, more ...string) []string {
	return As(role, append([]string{hubVariable + "=" + h.ln.Addr().String(), "XDG_CACHE_HOME=" + h.cache}, more...)...)
}

// Program is a program that runs, or did.
type Program struct {
	net.Conn
	Role string
	t    *testing.T
	in   *bufio.Reader
}

// meetLimit is how long Meet waits. A program that hangs takes longer.
const meetLimit = time.Minute

// Meet waits for a program to announce itself.
func (h *Hub) Meet() Program {
	h.t.Helper()
	select {
	case p := <-h.Once(func() {}):
		return p
	case <-time.After(meetLimit):
		h.t.Fatalf("no program has announced itself within %s", meetLimit)
		return Program{}
	}
}

// MeetAll waits for n programs, and returns them by role.
func (h *Hub) MeetAll(n int) map[string]Program {
	h.t.Helper()
	out := map[string]Program{}
	for range n {
		p := h.Meet()
		out[p.Role] = p
	}
	return out
}

// Once calls f when a program announces itself, and then passes the program on.
func (h *Hub) Once(f func()) <-chan Program {
	out := make(chan Program, 1)
	go func() {
		conn, err := h.ln.Accept()
		if err != nil {
			return // the test is over
		}
		h.t.Cleanup(func() { conn.Close() })
		in := bufio.NewReader(conn)
		role, _ := in.ReadString('\n')
		f()
		out <- Program{conn, strings.TrimSpace(role), h.t, in}
	}()
	return out
}

// AllGone waits until all programs have ended that announced themselves and were
// not met. A program that was ended early may not have come so far.
func (h *Hub) AllGone() {
	h.t.Helper()
	const last = "the last"
	conn, err := net.Dial("tcp", h.ln.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintln(conn, last)
	for p := h.Meet(); p.Role != last; p = h.Meet() {
		p.Gone()
	}
}

// Gone waits until the program has ended.
func (p Program) Gone() {
	p.t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.Copy(io.Discard, p.in); errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatalf("%s goes on", p.Role)
	}
}
