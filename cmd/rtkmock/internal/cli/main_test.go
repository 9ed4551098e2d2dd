package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Variables that make this test a program to be started.
const (
	roleVar    = "RTKTEST_ROLE"
	hubVar     = "RTKTEST_HUB"     // where it reports that it runs; see hub
	effectsVar = "RTKTEST_EFFECTS" // file to which it appends its effects
	pemVar     = "RTKTEST_PEM"     // the key
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		// It ends in any case, soon after the tests that it belongs to.
		time.AfterFunc(time.Minute, func() { os.Exit(99) })
		if err := act(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(98)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// act is what a started program does.
func act(role string) error {
	fmt.Println("\x1b[32mstarted\x1b[0m as " + role)
	switch role {
	case "dies":
		fmt.Fprintln(os.Stderr, "cannot find module 'express'")
		os.Exit(7)
	case "parent":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), roleVar+"=receives")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			return err
		}
	case "prints":
		fmt.Print(os.Args[1])
		return nil
	}
	if err := present(role); err != nil || role == "idles" || role == "parent" {
		select {} // a program that does nothing
	}
	return receive(role)
}

// present connects with the test, which sees by that when this program ends.
func present(role string) error {
	hub := os.Getenv(hubVar)
	if hub == "" {
		return nil
	}
	conn, err := net.Dial("tcp", hub)
	if err == nil {
		_, err = fmt.Fprintln(conn, role)
	}
	return err
}

// receive is the reference receiver, or a flawed one called role.
func receive(role string) error {
	config := receivers.Config{KeyURL: os.Getenv(defaultKeyEnv), OnDelivery: recordEffect()}
	if text := os.Getenv(pemVar); text != "" {
		key, err := rtk.ParsePublicKey([]byte(text))
		if err != nil {
			return err
		}
		config.KeyURL, config.PublicKey = "", key
	}
	rc := receivers.Reference(config)
	if flaw := map[string]string{"lets-forgeries-in": "accepts-missing-header", "follows-redirects": "follows-redirects-anywhere"}[role]; flaw != "" {
		rc, _ = receivers.Flawed(flaw, config)
	}
	var asked, posts atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 4 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Printf("%s %s %s\n", r.Method, r.URL, r.Header.Get("X-Token"))
		switch {
		case role == "crashes", role == "crashes-later" && posts.Add(1) > 19:
			os.Exit(5)
		case role == "warms" && asked.Load() < 4:
			fmt.Println("too early")
			w.WriteHeader(http.StatusNotFound)
		default:
			rc.ServeHTTP(w, r)
		}
	})
	return http.ListenAndServe(net.JoinHostPort("127.0.0.1", os.Getenv("PORT")), mux)
}

// recordEffect appends the first effect of each delivery to a file.
func recordEffect() func(receivers.Delivery) {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(d receivers.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		path := os.Getenv(effectsVar)
		if path == "" || !d.Verified || d.Status/100 != 2 || seen[d.UUID] {
			return
		}
		seen[d.UUID] = true
		line, _ := json.Marshal(map[string]string{"uuid": d.UUID})
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, _ = f.Write(append(line, '\n'))
			f.Close()
		}
	}
}

// hub is where programs report that they run.
type hub struct {
	t  *testing.T
	ln net.Listener
}

func newHub(t *testing.T) *hub {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	t.Cleanup(func() { ln.Close() })
	return &hub{t, ln}
}

// as is the environment of a program that plays role.
func (h *hub) as(role string, more ...string) []string {
	return append(append(os.Environ(), roleVar+"="+role, hubVar+"="+h.ln.Addr().String()), more...)
}

// lives is a program that runs, or did.
type lives struct {
	t    *testing.T
	role string
	conn net.Conn
	in   *bufio.Reader
}

// meet waits for a program to report.
func (h *hub) meet() lives {
	h.t.Helper()
	return <-h.once(func() {})
}

// once calls f when a program reports, and then passes that on.
func (h *hub) once(f func()) <-chan lives {
	out := make(chan lives, 1)
	go func() {
		conn, err := h.ln.Accept()
		if err != nil {
			return // the test is over
		}
		h.t.Cleanup(func() { conn.Close() })
		in := bufio.NewReader(conn)
		role, _ := in.ReadString('\n')
		f()
		out <- lives{h.t, strings.TrimSpace(role), conn, in}
	}()
	return out
}

// allGone waits until all programs have ended that reported and were not met. A
// program that was ended early may not have come so far.
func (h *hub) allGone() {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.ln.Addr().String())
	assert.NilError(h.t, err)
	defer conn.Close()
	fmt.Fprintln(conn, "the last")
	for {
		l := h.meet()
		if l.role == "the last" {
			return
		}
		l.gone()
	}
}

// gone waits until it has ended.
func (l lives) gone() {
	l.t.Helper()
	assert.NilError(l.t, l.conn.SetReadDeadline(time.Now().Add(30*time.Second)))
	_, err := io.Copy(io.Discard, l.in)
	assert.Assert(l.t, !errors.Is(err, os.ErrDeadlineExceeded), "%s goes on", l.role)
}
