package target

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
	"github.com/rtkmock/rtkmock/conformance"
)

// addrVariable is where a started program listens.
const addrVariable = "RTKTEST_ADDR"

func TestMain(m *testing.M) { processtest.Main(m, act) }

// act is what a started program does.
func act(role string) int {
	switch role {
	case "dies":
		fmt.Fprintln(os.Stderr, "cannot find module 'express'")
		return 7
	case "listens":
		if _, err := net.Listen("tcp", os.Getenv(addrVariable)); err != nil {
			return 98
		}
	}
	processtest.AwaitEnd(processtest.Announce(role))
	return 0
}

// newProgram is this test in a role, about to be started.
func newProgram(t *testing.T, h *processtest.Hub, role string) *Program {
	t.Helper()
	ln, err := ListenApart(t.Context())
	assert.NilError(t, err)
	addr := ln.Addr().String()
	assert.NilError(t, ln.Close())
	p := &Program{Words: []string{os.Args[0]}, Env: h.As(role, addrVariable+"="+addr), Ready: Accepts(addr, nil), Limit: time.Minute}
	t.Cleanup(func() { p.Stop(t.Output()) })
	return p
}

func TestARestartIsANewProcessThatIsReady(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	p := newProgram(t, h, "listens")
	assert.NilError(t, p.Start(t.Context()))
	assert.NilError(t, p.AwaitReady(t.Context(), nil))
	first := h.Meet()
	assert.NilError(t, p.Restart(t.Context()))
	first.Gone()
	second := h.Meet()
	assert.NilError(t, p.Ready.Look(t.Context(), 0))
	assert.Equal(t, p.Ended(), "")
	assert.DeepEqual(t, p.Tail.Lines(2)[0], "[killed and started again by rtkmock]")
	p.Stop(t.Output())
	second.Gone()
}

func TestARestartThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	p := newProgram(t, h, "listens")
	assert.NilError(t, p.Start(t.Context()))
	assert.NilError(t, p.AwaitReady(t.Context(), nil))
	p.Env = h.As("dies")
	err := p.Restart(t.Context())
	assert.Error(t, err, "the command ended (exit status 7) before it was ready: "+p.Ready.Not+"; it printed last: cannot find module 'express'")
	h.Meet().Gone()
}

func TestARestartInVainIsEndedByTheContext(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	p := newProgram(t, h, "idles")
	assert.NilError(t, p.Start(t.Context()))
	h.Meet()
	ctx, cancel := context.WithCancel(t.Context())
	met := h.Once(cancel) // when the second one runs
	assert.Assert(t, p.Restart(ctx) != nil)
	p.Stop(t.Output())
	(<-met).Gone()
}

func TestRestartCommandWaitsUntilTheTargetIsReady(t *testing.T) {
	t.Parallel()
	target := httptest.NewServer(http.NotFoundHandler())
	defer target.Close()
	mark := filepath.Join(t.TempDir(), "restarted")
	r := &RestartCommand{
		Line: `echo done > "$MARK"`, Env: []string{"MARK=" + mark}, Place: at(t, target.URL),
		Ready: Accepts(strings.TrimPrefix(target.URL, "http://"), nil), Limit: time.Minute,
	}
	var _ conformance.Restarter = r
	errs := make(chan error, 1)
	go func() { errs <- r.Restart(t.Context()) }()
	for {
		if _, err := os.Stat(mark); err == nil {
			break
		}
		runtime.Gosched()
	}
	target.CloseClientConnections()
	assert.NilError(t, <-errs)

	target.Close()
	r.Limit = 100 * time.Millisecond
	assert.Error(t, r.Restart(t.Context()), "after --restart-cmd, "+r.Ready.Not)
	r.Line = "echo no such service; exit 4"
	assert.Error(t, r.Restart(t.Context()), "--restart-cmd: exit status 4: no such service")
}

func TestPrintedPortsAreThoseOfServers(t *testing.T) {
	t.Parallel()
	p := &Program{}
	fmt.Fprintln(&p.Tail, "Debugger listening on ws://127.0.0.1:9229/x\nReady at http://localhost:8080/, after 1234 ms\nlistening on port 3001\nkey http://example.com:81/\nport 99999")
	assert.Assert(t, p.Printed(8080) && p.Printed(3001))
	assert.Assert(t, !p.Printed(9229) && !p.Printed(1234) && !p.Printed(81))
}
