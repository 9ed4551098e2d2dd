package cli

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// anyPort is a target URL whose port is found when the command is started.
const anyPort = "http://127.0.0.1:{port}/webhook"

// started calls test with this test in the role of the command.
func started(t *testing.T, h *processtest.Hub, role string, flags []string, env ...string) result {
	t.Helper()
	args := append([]string{"test", anyPort, "--port-env", "PORT", "--only", "sig/missing-header"}, flags...)
	return caller{env: h.As(role, env...)}.call(t, append(args, "--", os.Args[0])...)
}

func TestACommandIsStartedJudgedAndEnded(t *testing.T) {
	h := processtest.NewHub(t)
	r := started(t, h, "receives", nil)
	r.exits(t, exit.OK)
	h.Meet().Gone()
	assert.Assert(t, is.Contains(r.err, "with the key URL as "+urlVar))
	assert.Assert(t, !strings.Contains(r.out+r.err, "started as"), "nobody asked what it printed: %s", r.err)
}

func TestACommandIsGivenTheKeyAsItAsksForIt(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := started(t, h, "receives", []string{"--key-pem-env", pemVar, "--key-env", "SOME_URL,OTHER_URL"})
	r.exits(t, exit.OK)
	h.Meet().Gone()
	assert.Assert(t, is.Contains(r.err, ", with the key URL as SOME_URL, OTHER_URL, and the key itself as "+pemVar+"\n"))
	r = started(t, h, "receives", []string{"--key-env", "WRONG_URL", "--warm-up", "1s"})
	r.exits(t, exit.Inconclusive)
	h.Meet().Gone()
	assert.Assert(t, is.Contains(r.err, "  | POST /webhook"))
	assert.Assert(t, is.Contains(r.err, "has not fetched the key; it found the URL in WRONG_URL (--key-env)\n"))
}

// The flag alone would leave its place in the command to be found.
func TestTheVariableThatACommandMissesIsInTheCommandToTypeNext(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	flags := []string{"--intercept", "never", "--warm-up", "1s"}
	r := started(t, h, "lacks-key", flags)
	r.exits(t, exit.Inconclusive)
	text := strings.Join(strings.Fields(strings.ReplaceAll(r.out, "\\\n", "")), " ")
	assert.Assert(t, is.Contains(text, "it says that it misses RTK_KEY_URL: give it the URL of the key there by --key-env RTK_KEY_URL"))
	assert.Assert(t, is.Contains(text, "type rtkmock test '"+anyPort+"' --port-env PORT --only sig/missing-header --intercept never --warm-up 1s --key-env RTK_KEY_URL -- "+os.Args[0]))

	// It has the variable: that is not what it misses.
	r = started(t, h, "lacks-key", append(flags, "--key-env", "RTK_KEY_URL"))
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, !strings.Contains(r.out, "it says that it misses"), r.out)
}

func TestADataRaceOfTheCommandIsANote(t *testing.T) {
	t.Parallel()
	r := started(t, processtest.NewHub(t), "races", nil)
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(strings.Join(strings.Fields(r.out), " "), "no answer shows: WARNING: DATA RACE (/app/hook.go:17), "))
}

func TestTheKeyEndpointRedirectsToItsOtherName(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	asked := make(chan string, 100)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.Host + r.URL.Path
	}))
	t.Cleanup(other.Close)
	name := strings.Replace(other.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	r := started(t, h, "follows-redirects", []string{"--only", "key/redirect-cross-host", "--advertise-other", "http://" + name + "/"})
	r.exits(t, exit.OK)
	h.Meet()
	h.AllGone()
	assert.Assert(t, len(asked) > 0, r.out)
	assert.Equal(t, <-asked, name+"/elsewhere/.well-known/webhooks.json")
}

func TestAnEndedRunLeavesNothingOfTheCommandBehind(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	started(t, h, "parent", nil).exits(t, exit.OK)
	h.Meet().Gone()
	h.Meet().Gone()
}

func TestACommandThatDiesEarlyIsInconclusive(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	file := filepath.Join(t.TempDir(), "report.json")
	assert.NilError(t, os.WriteFile(file, []byte(`{"headline":"conformant"}`), 0o600))
	r := started(t, h, "dies", []string{"--report", "json=" + file})
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, strings.HasPrefix(r.out, "inconclusive, "), r.out)
	written, err := os.ReadFile(file)
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(written), "the command ended (exit status 7) before it was ready"), "a report of before was left")
	want := "rtkmock: the last that the command printed:\n  | started as dies\n  | cannot find module 'express'\n" +
		"rtkmock: the command ended (exit status 7) before it was ready: 127.0.0.1:"
	assert.Assert(t, is.Contains(r.err, want))
}

func TestACommandThatNeverListensIsInconclusive(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := started(t, h, "idles", []string{"--wait-for-target", "300ms"})
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.err, "accepts no connection within 300ms (--wait-for-target, --wait-for)\n"))
	h.AllGone()
}

func TestACommandThatDiesDuringTheRunIsReported(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := started(t, h, "crashes", []string{"--warm-up", "1s"})
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.err, "  | POST /webhook"))
	assert.Assert(t, strings.HasSuffix(r.err, "rtkmock: the command ended during the run (exit status 5)\n"), r.err)
}

func TestACommandThatEndsByItselfEndsTheRun(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := started(t, h, "crashes-later", []string{"--only", "sig/*,key/*,http/*", "--parallel", "1", "--header", "X-Token: hunter4"})
	r.exits(t, exit.Nonconformant)
	out := strings.Join(strings.Fields(r.out), " ")
	assert.Assert(t, is.Contains(out, "stopped early: the command ended by itself (exit status 5); it printed last: POST /webhook (redacted); the last delivery that reached it: "))
	assert.Assert(t, is.Contains(out, "not run: the command ended by itself (exit status 5)"))
	assert.Assert(t, is.Contains(out, "FAIL ctl/alive-after"))
	h.Meet().Gone()
}

func TestWhatTheCommandPrintedIsShownWhenItFailsWithoutSecrets(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	args := []string{"test", anyPort + "?token=hunter3", "--port-env", "PORT", "--only", "sig/missing-header", "--header", "X-Token: hunter4", "--", os.Args[0]}
	r := caller{env: h.As("lets-forgeries-in")}.call(t, args...)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.err, "  | POST /webhook?token=(redacted) (redacted)\n"))
	assert.Assert(t, !strings.Contains(r.err+r.out, "hunter"), r.err)
	h.Meet().Gone()
}

// What COMMAND printed is long, and a terminal shows the last lines alone.
func TestTheVerdictComesAfterWhatTheCommandPrinted(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	both := newFeed()
	args := []string{"test", anyPort, "--port-env", "PORT", "--only", "sig/missing-header", "--report", "html=" + filepath.Join(t.TempDir(), "r.html"), "--", os.Args[0]}
	code := run(t.Context(), newApp(h.As("lets-forgeries-in"), terminal.Streams{In: strings.NewReader(""), Out: both, Err: both}), args)
	h.Meet().Gone()
	assert.Equal(t, code, exit.Nonconformant, both)
	text := both.String()
	assert.Assert(t, is.Contains(text, "  | POST /webhook"))
	_, end, _ := strings.Cut(text[strings.LastIndex(text, "  | "):], "\n")
	assert.Equal(t, strings.Count(end, "not conformant, 1 failure"), 2, text)
	end = end[strings.LastIndex(end, "not conformant"):]
	assert.Assert(t, is.Contains(end, "\n  FAIL   sig/missing-header\n  more   all evidence, with curl lines:"), end)
}

func TestAnInterruptionEndsTheCommand(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	met := h.Once(interrupt)
	r := caller{ctx: ctx, env: h.As("idles")}.call(t, "test", anyPort, "--port-env", "PORT", "--", os.Args[0])
	r.exits(t, exit.Interrupted)
	assert.Assert(t, strings.HasSuffix(r.err, "rtkmock: interrupted\n"), r.err)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	assert.Assert(t, is.Contains(lines[len(lines)-1], "partial the run was interrupted after 0 of "))
	(<-met).Gone()
}

func TestWaitForAURLHoldsTheRunBack(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := started(t, h, "warms", []string{"--wait-for", "http://127.0.0.1:{port}/healthz"})
	r.exits(t, exit.OK)
	h.Meet().Gone()
	r = started(t, h, "receives", []string{"--wait-for", "http://127.0.0.1:{port}/none", "--wait-for-target", "300ms"})
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.err, "/none does not answer 2xx within 300ms"))
	h.AllGone()
}

func TestWaitForWorksWithoutACommand(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	r := call(t, "test", server.URL, "--wait-for", server.URL+"/healthz?key=hunter2", "--wait-for-target", "300ms")
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, strings.HasSuffix(r.err, "/healthz?key=(redacted) does not answer 2xx within 300ms (--wait-for-target)\n"), r.err)
}

func TestACommandIsNotStartedWhereSomethingListensAlready(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	call(t, "test", server.URL, "--", os.Args[0]).
		says(t, exit.Usage, "test: "+addr+" accepts connections already, before the command is started; end what runs there, or leave the command out to test that")
}

func TestThePortCanBeAWordOfTheCommand(t *testing.T) {
	t.Parallel()
	r := caller{env: processtest.As("prints")}.call(t, "test", anyPort, "--", os.Args[0], "port={port}")
	r.exits(t, exit.Inconclusive)
	_, port, _ := strings.Cut(r.err, "  | port=")
	port, _, _ = strings.Cut(port, "\n")
	assert.Assert(t, is.Contains(r.err, "target   http://127.0.0.1:"+port+"/webhook\n"))
}

// The whole run: without a sign of an end, nothing that rests on one is passed.
func TestChecksThatRestOnARestartDoNotPassWithoutOne(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	file := filepath.Join(t.TempDir(), "effects")
	free := func() string {
		ln, err := target.ListenApart(t.Context())
		assert.NilError(t, err)
		defer ln.Close()
		return ln.Addr().String()
	}
	receiver, keys := free(), free()
	_, port, err := net.SplitHostPort(receiver)
	assert.NilError(t, err)
	p := &target.Program{
		Words: []string{os.Args[0]}, Ready: target.Accepts(receiver, nil), Limit: time.Minute,
		Env: h.As("receives", effectsVar+"="+file, "PORT="+port, urlVar+"=http://"+keys+"/.well-known/webhooks.json"),
	}
	assert.NilError(t, p.Start(t.Context()))
	t.Cleanup(func() { p.Stop(t.Output()) })
	assert.NilError(t, p.AwaitReady(t.Context(), nil))
	args := []string{
		"test", "http://" + receiver + "/webhook", "--listen", keys, "--effects-file", file,
		"--only", "rsp/durable-accept,dlv/dup-across-restart,key/stampede", "--verbose", "--restart-cmd",
	}
	r := call(t, append(args, "true")...)
	for _, id := range []string{"rsp/durable-accept", "dlv/dup-across-restart", "key/stampede"} {
		assert.Assert(t, is.Contains(r.err, "] skip "+id+": "))
	}
	assert.Assert(t, is.Contains(r.err, "was not seen to exit"))
	// With another key, so that the receiver has to fetch it.
	r = call(t, append(args, "echo no such service; exit 4", "--key", keyFile(t))...)
	assert.Assert(t, is.Contains(r.err, "] inconclusive key/stampede: the target was not restarted: --restart-cmd: exit status 4: no such service\n"))
	assert.Assert(t, !strings.Contains(r.err+r.out, "stopped working"), r.err)
}

func TestACommandThatMissesAVariableIsGivenTheFlagThatFillsIt(t *testing.T) {
	t.Parallel()
	r := started(t, processtest.NewHub(t), "misses", nil)
	r.exits(t, exit.Inconclusive)
	fix := "; it misses RTK_KEY_URL: rtkmock test '" + anyPort + "' --port-env PORT --only sig/missing-header --key-env RTK_KEY_URL -- " + os.Args[0] + "\n"
	assert.Assert(t, strings.HasSuffix(r.err, fix), r.err)
}

func TestACommandThatListensElsewhereIsNamedAndWaitedFor(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := started(t, h, "listens-elsewhere", []string{"--wait-for-target", "4s"})
	r.exits(t, exit.Inconclusive)
	h.Meet().Gone()
	_, address, _ := strings.Cut(r.err, "  | listening on http://")
	address, _, _ = strings.Cut(address, "\n")
	fix := "and not at 127.0.0.1:"
	assert.Equal(t, strings.Count(r.err, " listens at "+address+", "+fix), 2, "early, and at the end: %s", r.err)
	// --port-env did not help.
	typed := "if that is the receiver: rtkmock test http://" + address + "/webhook --only sig/missing-header --wait-for-target 4s -- " + os.Args[0] + "\n"
	assert.Assert(t, strings.HasSuffix(r.err, typed), r.err)
}

func TestATargetThatNobodyStartsCanBeStarted(t *testing.T) {
	t.Parallel()
	free, err := target.ListenAnywhere(t.Context())
	assert.NilError(t, err)
	url := "http://" + free.Addr().String() + "/webhook"
	free.Close()
	r := call(t, "test", url, "--wait-for-target", "100ms", "--only", "sig/missing-header")
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.out, "  or     let rtkmock start it, by your command in place of npm start\n"))
	start := "type rtkmock test " + url + " --wait-for-target 100ms --only sig/missing-header -- npm start"
	pasted := strings.ReplaceAll(r.out, "\\\n", "") // as a shell reads it
	assert.Assert(t, is.Contains(strings.Join(strings.Fields(pasted), " "), start))
	r = call(t, "test", url, "--wait-for-target", "100ms", "--only", "sig/missing-header", "--restart-cmd", "true")
	assert.Assert(t, !strings.Contains(r.out, "let rtkmock start it"), "it restarts that itself: %s", r.out)
}
