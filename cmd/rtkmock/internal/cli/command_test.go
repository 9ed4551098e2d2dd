package cli

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
)

// anyPort is a target URL whose port is found when the command is started.
const anyPort = "http://127.0.0.1:{port}/webhook"

// started calls test with this test in the role of the command.
func (h *hub) started(role string, flags []string, env ...string) result {
	h.t.Helper()
	args := append([]string{"test", anyPort, "--port-env", "PORT", "--only", "sig/missing-header"}, flags...)
	return caller{env: h.as(role, env...)}.call(h.t, append(args, "--", os.Args[0])...)
}

func TestACommandIsStartedJudgedAndEnded(t *testing.T) {
	h := newHub(t)
	r := h.started("receives", nil)
	r.exits(t, ExitOK)
	h.meet().gone()
	assert.Assert(t, is.Contains(r.err, "with the key URL as "+defaultKeyEnv))
	assert.Assert(t, !strings.Contains(r.out+r.err, "started as"), "nobody asked what it printed: %s", r.err)
}

func TestACommandIsGivenTheKeyAsItAsksForIt(t *testing.T) {
	h := newHub(t)
	h.started("receives", []string{"--key-pem-env", pemVar, "--key-env", "SOME_URL,OTHER_URL"}).exits(t, ExitOK)
	h.meet().gone()
	r := h.started("receives", []string{"--key-env", "WRONG_URL", "--warm-up", "1s"})
	r.exits(t, ExitInconclusive)
	h.meet().gone()
	assert.Assert(t, is.Contains(r.err, "  | started as receives\n"))
	assert.Assert(t, is.Contains(r.err, "has not fetched the key; it found the URL in WRONG_URL (--key-env)\n"))
}

func TestTheKeyEndpointRedirectsToItsOtherName(t *testing.T) {
	h := newHub(t)
	asked := make(chan string, 100)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.Host + r.URL.Path
	}))
	t.Cleanup(other.Close)
	name := strings.Replace(other.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	r := h.started("follows-redirects", []string{"--only", "key/redirect-cross-host", "--advertise-other", "http://" + name + "/"})
	r.exits(t, ExitOK)
	h.meet()
	h.allGone()
	assert.Assert(t, len(asked) > 0, r.out)
	assert.Equal(t, <-asked, name+"/elsewhere/.well-known/webhooks.json")
}

func TestAnEndedRunLeavesNothingOfTheCommandBehind(t *testing.T) {
	h := newHub(t)
	h.started("parent", nil).exits(t, ExitOK)
	h.meet().gone()
	h.meet().gone()
}

func TestACommandThatDiesEarlyIsInconclusive(t *testing.T) {
	h := newHub(t)
	file := filepath.Join(t.TempDir(), "report.json")
	assert.NilError(t, os.WriteFile(file, []byte(`{"headline":"conformant"}`), 0o600))
	r := h.started("dies", []string{"--report", "json=" + file})
	r.exits(t, ExitInconclusive)
	assert.Assert(t, strings.HasPrefix(r.out, "inconclusive, "), r.out)
	written, err := os.ReadFile(file)
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(written), "the command ended (exit status 7) before it was ready"), "a report of before was left")
	want := "rtkmock: the last that the command printed:\n  | started as dies\n  | cannot find module 'express'\n" +
		"rtkmock: the command ended (exit status 7) before it was ready: 127.0.0.1:"
	assert.Assert(t, is.Contains(r.err, want))
}

func TestACommandThatNeverListensIsInconclusive(t *testing.T) {
	h := newHub(t)
	r := h.started("idles", []string{"--wait-for-target", "300ms"})
	r.exits(t, ExitInconclusive)
	assert.Assert(t, is.Contains(r.err, "accepts no connection within 300ms (--wait-for-target, --wait-for)\n"))
	h.allGone()
}

func TestACommandThatDiesDuringTheRunIsTold(t *testing.T) {
	h := newHub(t)
	r := h.started("crashes", []string{"--warm-up", "1s"})
	r.exits(t, ExitInconclusive)
	assert.Assert(t, is.Contains(r.err, "  | POST /webhook"))
	assert.Assert(t, strings.HasSuffix(r.err, "rtkmock: the command ended during the run (exit status 5)\n"), r.err)
}

func TestACommandThatEndsByItselfEndsTheRun(t *testing.T) {
	h := newHub(t)
	r := h.started("crashes-later", []string{"--only", "sig/*,key/*,http/*", "--parallel", "1", "--header", "X-Token: hunter4"})
	r.exits(t, ExitNonconformant)
	out := strings.Join(strings.Fields(r.out), " ")
	assert.Assert(t, is.Contains(out, "stopped early: the command ended by itself (exit status 5); it printed last: POST /webhook (redacted); the last delivery that reached it: "))
	assert.Assert(t, is.Contains(out, "not run: the command ended by itself (exit status 5)"))
	assert.Assert(t, is.Contains(out, "FAIL ctl/alive-after"))
	h.meet().gone()
}

func TestWhatTheCommandPrintedIsShownWhenItFailsWithoutSecrets(t *testing.T) {
	h := newHub(t)
	args := []string{"test", anyPort + "?token=hunter3", "--port-env", "PORT", "--only", "sig/missing-header", "--header", "X-Token: hunter4", "--", os.Args[0]}
	r := caller{env: h.as("lets-forgeries-in")}.call(t, args...)
	r.exits(t, ExitNonconformant)
	assert.Assert(t, is.Contains(r.err, "  | POST /webhook?token=(redacted) (redacted)\n"))
	assert.Assert(t, !strings.Contains(r.err+r.out, "hunter"), r.err)
	h.meet().gone()
}

func TestAnInterruptionEndsTheCommand(t *testing.T) {
	h := newHub(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	met := h.once(interrupt)
	r := caller{ctx: ctx, env: h.as("idles")}.call(t, "test", anyPort, "--port-env", "PORT", "--", os.Args[0])
	r.exits(t, ExitInterrupted)
	(<-met).gone()
}

func TestWaitForAURLHoldsTheRunBack(t *testing.T) {
	h := newHub(t)
	r := h.started("warms", []string{"--wait-for", "http://127.0.0.1:{port}/healthz"})
	r.exits(t, ExitOK)
	h.meet().gone()
	r = h.started("receives", []string{"--wait-for", "http://127.0.0.1:{port}/none", "--wait-for-target", "300ms"})
	r.exits(t, ExitInconclusive)
	assert.Assert(t, is.Contains(r.err, "/none does not answer 2xx within 300ms"))
	h.allGone()
}

func TestWaitForWorksWithoutACommand(t *testing.T) {
	target := httptest.NewServer(http.NotFoundHandler())
	defer target.Close()
	r := call(t, "test", target.URL, "--wait-for", target.URL+"/healthz?key=hunter2", "--wait-for-target", "300ms")
	r.exits(t, ExitInconclusive)
	assert.Assert(t, strings.HasSuffix(r.err, "/healthz?key=(redacted) does not answer 2xx within 300ms (--wait-for-target)\n"), r.err)
}

func TestACommandIsNotStartedWhereSomethingListensAlready(t *testing.T) {
	target := httptest.NewServer(http.NotFoundHandler())
	defer target.Close()
	addr := strings.TrimPrefix(target.URL, "http://")
	call(t, "test", target.URL, "--", os.Args[0]).
		says(t, ExitUsage, "test: "+addr+" accepts connections already, before the command is started; end what runs there, or leave the command out to test that")
}

func TestThePortCanBeAWordOfTheCommand(t *testing.T) {
	r := caller{env: append(os.Environ(), roleVar+"=prints")}.call(t, "test", anyPort, "--", os.Args[0], "port={port}")
	r.exits(t, ExitInconclusive)
	_, port, _ := strings.Cut(r.err, "  | port=")
	port, _, _ = strings.Cut(port, "\n")
	assert.Assert(t, is.Contains(r.err, "target   http://127.0.0.1:"+port+"/webhook\n"))
}

// newProgram is this test in a role, about to be started.
func (h *hub) newProgram(role string, env ...string) *program {
	h.t.Helper()
	a := &app{ctx: h.t.Context()}
	taken, err := a.takePort()
	assert.NilError(h.t, err)
	port := taken.number
	taken.free()
	p := &program{
		ctx: h.t.Context(), words: []string{os.Args[0]}, env: h.as(role, append(env, "PORT="+port)...),
		ready: accepting("127.0.0.1:" + port), limit: time.Minute,
	}
	h.t.Cleanup(func() { p.stop(h.t.Output()) })
	return p
}

func TestARestartIsANewProcessThatIsReady(t *testing.T) {
	h := newHub(t)
	p := h.newProgram("receives")
	assert.NilError(t, p.begin())
	assert.NilError(t, p.await(t.Context()))
	first := h.meet()
	assert.NilError(t, p.Restart(t.Context()))
	first.gone()
	second := h.meet()
	assert.NilError(t, p.ready.look(t.Context()))
	assert.Equal(t, p.died(), "")
	assert.DeepEqual(t, p.tail.Lines(2)[0], "[killed and started anew by rtkmock]")
	p.stop(t.Output())
	second.gone()
}

func TestARestartThatFailsSaysWhy(t *testing.T) {
	h := newHub(t)
	p := h.newProgram("receives")
	assert.NilError(t, p.begin())
	assert.NilError(t, p.await(t.Context()))
	p.env = h.as("dies")
	err := p.Restart(t.Context())
	assert.Error(t, err, "the command ended (exit status 7) before it was ready: "+p.ready.not+"; it printed last: cannot find module 'express'")
	h.meet().gone()
}

func TestARestartInVainIsEndedByTheContext(t *testing.T) {
	h := newHub(t)
	p := h.newProgram("idles")
	assert.NilError(t, p.begin())
	h.meet()
	ctx, cancel := context.WithCancel(t.Context())
	met := h.once(cancel) // when the second one runs
	assert.Assert(t, p.Restart(ctx) != nil)
	p.stop(t.Output())
	(<-met).gone()
}

func TestRestartCommandWaitsUntilTheTargetIsReady(t *testing.T) {
	target := httptest.NewServer(http.NotFoundHandler())
	defer target.Close()
	mark := filepath.Join(t.TempDir(), "restarted")
	r := &restartCommand{
		line: `echo done > "$MARK"`, env: []string{"MARK=" + mark}, place: at(t, target.URL),
		ready: accepting(strings.TrimPrefix(target.URL, "http://")), limit: time.Minute,
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
	r.limit = 100 * time.Millisecond
	assert.Error(t, r.Restart(t.Context()), "after --restart-cmd, "+r.ready.not)
	r.line = "echo no such service; exit 4"
	assert.Error(t, r.Restart(t.Context()), "--restart-cmd: exit status 4: no such service")
}
