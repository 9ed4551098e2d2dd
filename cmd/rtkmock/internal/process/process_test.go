//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
)

func TestMain(m *testing.M) { processtest.Main(m, act) }

// act is what a started program does.
func act(role string) int {
	switch role {
	case "says":
		fmt.Println("out")
		fmt.Fprintln(os.Stderr, "err")
		return 7
	case "floods":
		for range 100 {
			fmt.Println(strings.Repeat("x", 10_000))
		}
		fmt.Fprintln(os.Stderr, "full")
		return 1
	case "ignores":
		signal.Ignore(syscall.SIGTERM)
	case "parent":
		child := exec.Command(os.Args[0])
		child.Env = processtest.As("ignores")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr // holds them open
		if child.Start() != nil {
			return 98
		}
	}
	processtest.AwaitEnd(processtest.Announce(role))
	return 0
}

// hub starts programs.
type hub struct {
	*processtest.Hub
	t *testing.T
}

func newHub(t *testing.T) *hub { return &hub{processtest.NewHub(t), t} }

func (h *hub) options(role string) Options {
	return Options{
		Args:   []string{os.Args[0]},
		Env:    h.As(role),
		Output: h.t.Output(),
		Grace:  time.Hour, // a test that waits for it fails
	}
}

func TestStopAsksAndWaitsUntilTheProgramHasEnded(t *testing.T) {
	h := newHub(t)
	p, err := Start(t.Context(), h.options("stays"))
	assert.NilError(t, err)
	program := h.MeetAll(1)["stays"]
	assert.Equal(t, p.Ended(), "")
	p.Stop()
	program.Gone()
	assert.Equal(t, p.Ended(), "signal: terminated")
	p.Stop()
	p.Kill() // neither harms
}

func TestAProgramThatIgnoresTheSignalIsKilledAfterTheGrace(t *testing.T) {
	h := newHub(t)
	o := h.options("ignores")
	o.Grace = 50 * time.Millisecond
	p, err := Start(t.Context(), o)
	assert.NilError(t, err)
	program := h.MeetAll(1)["ignores"]
	p.Stop()
	program.Gone()
	assert.Equal(t, p.Ended(), "signal: killed")
}

func TestKillEndsTheWholeGroupAtOnce(t *testing.T) {
	h := newHub(t)
	p, err := Start(t.Context(), h.options("parent"))
	assert.NilError(t, err)
	programs := h.MeetAll(2)
	p.Kill()
	programs["parent"].Gone()
	programs["ignores"].Gone()
	assert.Equal(t, p.Ended(), "signal: killed")
}

func TestTheEndOfTheContextEndsTheGroup(t *testing.T) {
	h := newHub(t)
	o := h.options("parent")
	o.Grace = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Start(ctx, o)
	assert.NilError(t, err)
	programs := h.MeetAll(2)
	cancel()
	<-p.Done()
	programs["parent"].Gone()
	programs["ignores"].Gone()
}

func TestWhatAProgramLeavesBehindEndsWithIt(t *testing.T) {
	h := newHub(t)
	o := h.options("parent")
	o.Grace = 50 * time.Millisecond
	p, err := Start(t.Context(), o)
	assert.NilError(t, err)
	programs := h.MeetAll(2)
	programs["parent"].Close() // and it ends
	<-p.Done()
	programs["ignores"].Gone()
	assert.Equal(t, p.Ended(), "exit status 0")
}

func TestBothOutputsAreKept(t *testing.T) {
	h := newHub(t)
	var tail Tail
	o := h.options("says")
	o.Output = &tail
	p, err := Start(t.Context(), o)
	assert.NilError(t, err)
	<-p.Done()
	assert.DeepEqual(t, tail.Lines(9), []string{"out", "err"})
	assert.Equal(t, p.Ended(), "exit status 7")
}

func TestProgramsThatCannotBeStartedSayWhy(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	assert.NilError(t, os.WriteFile(plain, nil, 0o644))
	for _, c := range []struct {
		name string
		want error
	}{
		{"rtkmock-no-such-program", exec.ErrNotFound},
		{filepath.Join(dir, "none"), fs.ErrNotExist},
		{plain, fs.ErrPermission},
	} {
		assert.Assert(t, errors.Is(Find(c.name), c.want), "%s: %v", c.name, Find(c.name))
		_, err := Start(t.Context(), Options{Args: []string{c.name}})
		assert.Assert(t, errors.Is(err, c.want), "%s: %v", c.name, err)
	}
	assert.NilError(t, os.WriteFile(plain, []byte("#!/rtkmock/no/such/interpreter\n"), 0o755))
	assert.NilError(t, os.Chmod(plain, 0o755))
	_, err := Start(t.Context(), Options{Args: []string{plain}})
	assert.Assert(t, errors.Is(err, fs.ErrNotExist), "%v", err)
	assert.Assert(t, Find(dir) != nil)
	assert.NilError(t, Find(os.Args[0]))
}

func TestOutputReturnsWhatWasPrintedOrWhyNot(t *testing.T) {
	h := newHub(t)
	says := h.options("says")
	_, err := Output(t.Context(), says.Args, says.Env)
	assert.Error(t, err, "process: exit status 7: err")

	floods := h.options("floods")
	_, err = Output(t.Context(), floods.Args, floods.Env)
	assert.Error(t, err, "process: exit status 1: full", "its pipe never fills up")

	out, err := Output(t.Context(), []string{"/bin/sh", "-c", "echo $A"}, []string{"A=b c"})
	assert.NilError(t, err)
	assert.Equal(t, string(out), "b c\n")
}

func TestOutputIsBoundedInTime(t *testing.T) {
	h := newHub(t)
	o := h.options("ignores")
	ctx, cancel := context.WithCancelCause(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := Output(ctx, o.Args, o.Env)
		failed <- err
	}()
	program := h.MeetAll(1)["ignores"]
	cancel(errors.New("enough"))
	assert.Error(t, <-failed, "process: ended before it was done: enough")
	program.Gone()
}

func TestShellLetsWhatItStartsGoOn(t *testing.T) {
	h := newHub(t)
	o := h.options("stays")
	assert.NilError(t, Shell(t.Context(), fmt.Sprintf("'%s' & echo started", os.Args[0]), o.Env))
	program := h.MeetAll(1)["stays"]
	program.Close() // and it ends
}

func TestShellSaysWhatFailed(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	err := Shell(t.Context(), "echo first; echo 'no such service' >&2; exit 3", os.Environ())
	assert.Error(t, err, "process: exit status 3: no such service")
	left, err := os.ReadDir(os.TempDir())
	assert.NilError(t, err)
	assert.Equal(t, len(left), 0, "a file is left")
}

func TestTailKeepsTheEndOfALongOutput(t *testing.T) {
	var tail Tail
	for i := range 100_000 {
		fmt.Fprintf(&tail, "line %d\n", i)
	}
	assert.DeepEqual(t, tail.Lines(2), []string{"line 99998", "line 99999"})
	all := tail.Lines(1 << 20)
	assert.Assert(t, len(all) > 1000)
	assert.Equal(t, all[0][:5], "line ", "a line that was cut is left out")
	assert.Assert(t, cap(tail.buf) <= 4*tailBytes, cap(tail.buf))

	fmt.Fprintf(&tail, "%s\nend\r\n\n", strings.Repeat("y", 1<<20))
	assert.DeepEqual(t, tail.Lines(1<<20), []string{"end"})
	assert.Equal(t, tail.Last(), "end")
	assert.Equal(t, (&Tail{}).Last(), "")
}

func TestWordsAreSplitAsAShellSplitsThem(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"  a  b\tc\n", []string{"a", "b", "c"}},
		{`a 'b c' "d 'e'" f"g"'h'`, []string{"a", "b c", "d 'e'", "fgh"}},
		{`'' ""`, []string{"", ""}},
		{`a\ b "c\"d\e" '\'`, []string{"a b", `c"d\e`, `\`}},
		{`echo "$HOME" > x`, []string{"echo", "$HOME", ">", "x"}},
		{"", nil},
	} {
		got, err := SplitWords(c.text)
		assert.NilError(t, err)
		assert.DeepEqual(t, got, c.want)
	}
}
