//go:build unix

package cli

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
)

// However rtkmock ends, nothing that it has started goes on, and no folder is left.
func TestNothingIsLeftWhenRtkmockEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		end    func(rtkmock *os.Process, stdout *os.File)
		signal syscall.Signal // that it ends by; 0: by itself
		reason string
	}{
		{"by itself", func(*os.Process, *os.File) {}, 0, "the usual way"},
		{"by SIGPIPE", func(_ *os.Process, stdout *os.File) { stdout.Close() }, syscall.SIGPIPE, "as in: rtkmock test … | head -3"},
		{"by SIGKILL", func(p *os.Process, _ *os.File) { _ = p.Kill() }, syscall.SIGKILL, "it cannot clean up itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := processtest.NewHub(t)
			folder := t.TempDir()
			out, theirs, err := os.Pipe()
			assert.NilError(t, err)
			defer out.Close()
			args := []string{"test", anyPort, "--port-env", "PORT", "--only", "sig/missing-header", "--intercept", "always", "--", "env", "RTKTEST_ROLE=parent", os.Args[0]}
			rtkmock := exec.CommandContext(t.Context(), os.Args[0], args...)
			rtkmock.Env = h.As("rtkmock", "TMPDIR="+folder)
			rtkmock.Stdout, rtkmock.Stderr = theirs, t.Output()
			rtkmock.WaitDelay = 10 * time.Second
			assert.NilError(t, rtkmock.Start())
			theirs.Close()
			command := h.MeetAll(2) // the command, and what it has started
			c.end(rtkmock.Process, out)
			began := time.Now()
			_ = rtkmock.Wait()
			assert.Assert(t, time.Since(began) < 20*time.Second, "it does not end soon")
			status := rtkmock.ProcessState.Sys().(syscall.WaitStatus)
			switch {
			case c.signal == 0:
				assert.Equal(t, rtkmock.ProcessState.ExitCode(), exit.OK)
			default:
				assert.Equal(t, status.Signal(), c.signal, c.reason)
			}
			for _, p := range command {
				p.Gone()
			}
			awaitEmpty(t, folder)
		})
	}
}

// awaitEmpty waits until a folder is empty: what outlives rtkmock empties it.
func awaitEmpty(t *testing.T, folder string) {
	t.Helper()
	var left []string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(time.Millisecond) {
		entries, err := os.ReadDir(folder)
		assert.NilError(t, err)
		if len(entries) == 0 {
			return
		}
		left = nil
		for _, e := range entries {
			left = append(left, e.Name())
		}
	}
	t.Fatalf("left in the folder for temporary files: %s", strings.Join(left, ", "))
}
