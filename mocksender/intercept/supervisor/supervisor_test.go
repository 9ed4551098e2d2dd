//go:build unix

package supervisor_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/intercept/supervisor"
)

// Variables that make this test another program: one that starts a supervisor,
// or one that is started by it.
const (
	roleVar = "RTKMOCK_SUPERVISOR_TEST_ROLE"
	hubVar  = "RTKMOCK_SUPERVISOR_TEST_HUB"
	planVar = "RTKMOCK_SUPERVISOR_TEST_PLAN"
)

func TestMain(m *testing.M) {
	if supervisor.Requested(os.Args) {
		os.Exit(supervisor.Main())
	}
	if role := os.Getenv(roleVar); role != "" {
		time.AfterFunc(time.Minute, func() { os.Exit(99) }) // whatever goes wrong
		os.Exit(act(role))
	}
	os.Exit(m.Run())
}

// act is what the programs do.
func act(role string) int {
	switch role {
	case "program": // starts a supervisor, and stays until it is killed
		var plan supervisor.Plan
		if json.Unmarshal([]byte(os.Getenv(planVar)), &plan) != nil {
			return 98
		}
		cmd := exec.Command("unused")
		cmd.Env = append(os.Environ(), roleVar+"=family")
		s, err := supervisor.Attach(cmd, plan)
		if err == nil {
			err = s.Start()
		}
		if err != nil {
			fmt.Println(err)
			return 97
		}
		report(role)
	case "family": // as npm, which starts node, which starts a daemon
		start("child", false)
		start("daemon", true)
		report(role)
	case "leaves":
		start("daemon", true)
		report(role)
	case "polite":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		go report(role)
		<-signals
		return 3
	case "check":
		fmt.Print(supervisor.Check(context.Background()))
	case "child", "daemon":
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
		report(role)
	case "stays":
		report(role)
	}
	return 0
}

// start starts this program in another role, in a session of its own or not.
func start(role string, session bool) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: session}
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
	}
}

// report connects with the test, which sees by that when this program ends, and
// does not return before the test hangs up.
func report(role string) {
	conn, err := net.Dial("tcp", os.Getenv(hubVar))
	if err == nil {
		fmt.Fprintln(conn, role)
		_, _ = io.Copy(io.Discard, conn)
	}
}

// hub is where programs report.
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

// cmd is this program in a role.
func (h *hub) cmd(role string) *exec.Cmd {
	cmd := exec.CommandContext(h.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role, hubVar+"="+h.ln.Addr().String())
	cmd.Stdout, cmd.Stderr = h.t.Output(), h.t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// supervise starts a command in a role under a supervisor.
func (h *hub) supervise(role string, plan supervisor.Plan) (*exec.Cmd, *supervisor.Supervisor) {
	h.t.Helper()
	cmd := h.cmd(role)
	s, err := supervisor.Attach(cmd, plan)
	assert.NilError(h.t, err)
	h.t.Cleanup(s.Close)
	assert.NilError(h.t, s.Start())
	return cmd, s
}

// meet waits for programs to report, and returns their connections by role.
func (h *hub) meet(n int) map[string]net.Conn {
	h.t.Helper()
	out := map[string]net.Conn{}
	for range n {
		assert.NilError(h.t, h.ln.(*net.TCPListener).SetDeadline(time.Now().Add(30*time.Second)))
		conn, err := h.ln.Accept()
		assert.NilError(h.t, err)
		assert.NilError(h.t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
		h.t.Cleanup(func() { conn.Close() })
		role, err := bufio.NewReader(conn).ReadString('\n') // they say no more
		assert.NilError(h.t, err)
		out[strings.TrimSpace(role)] = conn
	}
	return out
}

// gone waits until all these programs have ended.
func gone(t *testing.T, programs map[string]net.Conn) {
	t.Helper()
	for role, conn := range programs {
		_, err := conn.Read(make([]byte, 1))
		assert.Assert(t, err != nil && !errors.Is(err, os.ErrDeadlineExceeded), "%s goes on: %v", role, err)
	}
}

// ways are the two plans that a command may run under: with namespaces of its
// own where this machine allows them, and without.
func ways(t *testing.T, run func(t *testing.T, plan supervisor.Plan)) {
	t.Run("plain", func(t *testing.T) { run(t, supervisor.Plan{Args: []string{os.Args[0]}}) })
	t.Run("private", func(t *testing.T) {
		if err := supervisor.Check(t.Context()); errors.Is(err, supervisor.ErrPrivate) {
			t.Skip(err)
		}
		run(t, supervisor.Plan{Args: []string{os.Args[0]}, Private: &supervisor.Private{Dir: t.TempDir()}})
	})
}

func shell(plan supervisor.Plan, line string) supervisor.Plan {
	plan.Args = []string{"/bin/sh", "-c", line}
	return plan
}

func TestTheEndOfTheCommandIsPassedOn(t *testing.T) {
	ways(t, func(t *testing.T, plan supervisor.Plan) {
		for line, want := range map[string]struct {
			code   int
			signal syscall.Signal
		}{
			"exit 0":        {0, 0},
			"exit 7":        {7, 0},
			"kill -TERM $$": {128 + 15, syscall.SIGTERM},
			"kill -KILL $$": {128 + 9, syscall.SIGKILL},
		} {
			cmd, s := newHub(t).supervise("", shell(plan, line))
			_ = cmd.Wait()
			assert.Equal(t, cmd.ProcessState.ExitCode(), want.code, line)
			assert.Equal(t, s.Signal(), want.signal, line)
		}
	})
}

func TestTheCommandGetsEnvironmentFolderAndOutputButNoInput(t *testing.T) {
	ways(t, func(t *testing.T, plan supervisor.Plan) {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), "unused")
		cmd.Env, cmd.Dir = []string{"A=b c", "PATH=" + os.Getenv("PATH")}, dir
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out
		// With the pipe for reports the command would keep it open.
		s, err := supervisor.Attach(cmd, shell(plan, `echo "$A"; pwd -P; cat; echo error >&2; ! [ -p /proc/$$/fd/3 ]`))
		assert.NilError(t, err)
		defer s.Close()
		assert.NilError(t, s.Start())
		assert.NilError(t, cmd.Wait())
		real, err := filepath.EvalSymlinks(dir)
		assert.NilError(t, err)
		assert.Equal(t, out.String(), "b c\n"+real+"\nerror\n")
	})
}

func TestASignalToTheGroupEndsTheCommandAsItLikes(t *testing.T) {
	ways(t, func(t *testing.T, plan supervisor.Plan) {
		for role, code := range map[string]int{"stays": 128 + 15, "polite": 3} {
			h := newHub(t)
			cmd, _ := h.supervise(role, plan)
			programs := h.meet(1)
			assert.NilError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM))
			_ = cmd.Wait()
			assert.Equal(t, cmd.ProcessState.ExitCode(), code)
			gone(t, programs)
		}
	})
}

func TestASignalThatComesBeforeTheCommandIsForIt(t *testing.T) {
	h := newHub(t)
	cmd := h.cmd("stays")
	cmd.Args = []string{"rtkmock: supervisor"}
	in, err := cmd.StdinPipe()
	assert.NilError(t, err)
	reports, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	assert.NilError(t, err)
	defer reports.Close()
	cmd.ExtraFiles = []*os.File{reports}
	assert.NilError(t, cmd.Start())
	text, err := json.Marshal(supervisor.Plan{Args: []string{os.Args[0]}})
	assert.NilError(t, err)
	// More than the pipe holds: once it is written, the supervisor reads.
	_, err = fmt.Fprintf(in, "%s%s", text, strings.Repeat(" ", 1<<20))
	assert.NilError(t, err)
	assert.NilError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM))
	_, err = fmt.Fprintln(in)
	assert.NilError(t, err)
	_ = cmd.Wait()
	assert.Equal(t, cmd.ProcessState.ExitCode(), 128+15)
}

func TestWhatTheCommandLeavesEndsWithIt(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere the program ends the group, and a session of its own is not in it")
	}
	ways(t, func(t *testing.T, plan supervisor.Plan) {
		h := newHub(t)
		cmd, _ := h.supervise("leaves", plan)
		programs := h.meet(2)
		programs["leaves"].Close() // which has it end
		delete(programs, "leaves")
		assert.NilError(t, cmd.Wait())
		gone(t, programs)
	})
}

func TestNothingIsLeftWhenTheProgramIsKilled(t *testing.T) {
	ways(t, func(t *testing.T, plan supervisor.Plan) {
		h := newHub(t)
		folder := filepath.Join(t.TempDir(), "folder")
		assert.NilError(t, os.MkdirAll(filepath.Join(folder, "below"), 0o700))
		plan.Remove = []string{folder}
		text, err := json.Marshal(plan)
		assert.NilError(t, err)
		program := h.cmd("program")
		program.Env = append(program.Env, planVar+"="+string(text))
		assert.NilError(t, program.Start())
		programs := h.meet(4)
		assert.NilError(t, program.Process.Kill())
		_ = program.Wait()
		if runtime.GOOS != "linux" {
			delete(programs, "daemon")
		}
		gone(t, programs)
		awaitRemoved(t, folder)
	})
}

// awaitRemoved waits until a folder is gone: the supervisor removes it after it
// has ended the command.
func awaitRemoved(t *testing.T, folder string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(time.Millisecond) {
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			return
		}
	}
	t.Fatalf("%s is left", folder)
}

func TestASupervisorWithoutACommandWaitsAndCleansUp(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "folder")
	assert.NilError(t, os.Mkdir(folder, 0o700))
	cmd, s := newHub(t).supervise("", supervisor.Plan{Remove: []string{folder}})
	_, err := os.Stat(folder)
	assert.NilError(t, err)
	s.Close()
	assert.NilError(t, cmd.Wait())
	_, err = os.Stat(folder)
	assert.Assert(t, errors.Is(err, os.ErrNotExist))
}

func TestCloseEndsTheCommandAtOnce(t *testing.T) {
	ways(t, func(t *testing.T, plan supervisor.Plan) {
		h := newHub(t)
		cmd, s := h.supervise("child", plan) // which does not heed SIGTERM
		programs := h.meet(1)
		s.Close()
		_ = cmd.Wait()
		gone(t, programs)
	})
}

func TestACommandThatCannotBeStartedSaysWhy(t *testing.T) {
	ways(t, func(t *testing.T, plan supervisor.Plan) {
		plan.Args = []string{"rtkmock-no-such-program"}
		cmd := newHub(t).cmd("")
		s, err := supervisor.Attach(cmd, plan)
		assert.NilError(t, err)
		err = s.Start()
		assert.Error(t, err, `supervisor: exec: "rtkmock-no-such-program": executable file not found in $PATH`)
		assert.Assert(t, cmd.ProcessState != nil, "it was waited for")
	})
}

func TestAFileOfTheSystemIsAnotherForTheCommandAlone(t *testing.T) {
	ways(t, func(t *testing.T, plan supervisor.Plan) {
		if plan.Private == nil {
			t.Skip("without namespaces there is none")
		}
		before, err := os.ReadFile("/etc/hosts")
		assert.NilError(t, err)
		plan.Private.Files = []supervisor.File{
			{Path: "hosts", Content: []byte("127.0.0.1 here\n"), Mode: 0o644},
			{Path: "deep/er/file", Content: []byte("deep"), Mode: 0o600},
		}
		plan.Private.Binds = []supervisor.Bind{{Path: "hosts", Over: "/etc/hosts"}}
		var out strings.Builder
		cmd := exec.CommandContext(t.Context(), "unused")
		cmd.Env, cmd.Stdout, cmd.Stderr = os.Environ(), &out, &out
		s, err := supervisor.Attach(cmd, shell(plan, "cat /etc/hosts "+plan.Private.Dir+"/deep/er/file; echo; echo $$; readlink /proc/self/exe >/dev/null && echo proc"))
		assert.NilError(t, err)
		defer s.Close()
		assert.NilError(t, s.Start())
		entries, err := os.ReadDir(plan.Private.Dir)
		assert.NilError(t, err)
		assert.Equal(t, len(entries), 0, "its files are not on the disk")
		assert.NilError(t, cmd.Wait())
		assert.Assert(t, is.Regexp(`^127.0.0.1 here\ndeep\n\d\d?\nproc\n$`, out.String()), "with low numbers of processes")
		after, err := os.ReadFile("/etc/hosts")
		assert.NilError(t, err)
		assert.Equal(t, string(after), string(before))
	})
}

func TestWhatCannotBeMountedIsNamed(t *testing.T) {
	ways(t, func(t *testing.T, plan supervisor.Plan) {
		if plan.Private == nil {
			t.Skip("without namespaces nothing is mounted")
		}
		plan.Private.Binds = []supervisor.Bind{{Path: "none", Over: "/etc/hosts"}}
		s, err := supervisor.Attach(newHub(t).cmd(""), plan)
		assert.NilError(t, err)
		err = s.Start()
		assert.Assert(t, errors.Is(err, supervisor.ErrPrivate))
		assert.Error(t, err, "supervisor: no private namespaces: mounting over /etc/hosts: no such file or directory")
	})
}

func TestAUserWithoutTheCapabilityIsToldSo(t *testing.T) {
	cmd := newHub(t).cmd("check")
	cmd.Stdout = nil
	if runtime.GOOS == "linux" && os.Getuid() == 0 {
		cmd.Path = "/proc/self/exe" // whatever the folders of this test allow others
		cmd.Dir = "/"
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	out, err := cmd.Output()
	assert.NilError(t, err)
	assert.Assert(t, is.Regexp("^supervisor: no private namespaces: (this machine denies them to this user \\(operation not permitted\\)|they need Linux)$", string(out)))
}
