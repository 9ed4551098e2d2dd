//go:build e2e && unix

package checks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// program is a receiver in a process of its own, as -- COMMAND starts one: it gets
// the URL of the key, and the harness kills it and starts it again.
type program struct {
	url, effects string

	dir  string
	env  []string
	args []string
	addr string

	mu      sync.Mutex
	cmd     *exec.Cmd
	done    chan struct{} // closed when cmd has ended
	killed  bool          // by the harness
	printed bytes.Buffer
}

// startProgram starts a receiver in dir, and returns when it listens. It gets its port
// in PORT and in place of {port}, and the file of its effects in EFFECTS.
func startProgram(t *testing.T, dir string, args, env []string) *program {
	t.Helper()
	port := freePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	p := &program{url: "http://" + addr, effects: filepath.Join(t.TempDir(), "effects.jsonl"), dir: dir, addr: addr}
	for _, arg := range args {
		p.args = append(p.args, strings.NewReplacer("{port}", port, "{python}", python()).Replace(arg))
	}
	p.env = slices.Concat(os.Environ(), env, []string{
		"PORT=" + port, "EFFECTS=" + p.effects,
		"NODE_ENV=production", "NEXT_TELEMETRY_DISABLED=1", "GIN_MODE=release", "PYTHONDONTWRITEBYTECODE=1",
	})
	assert.NilError(t, p.start())
	t.Cleanup(func() {
		p.kill()
		if text := p.output(); t.Failed() {
			t.Logf("the receiver printed last:\n%s", text[max(len(text)-2000, 0):])
		}
	})
	assert.NilError(t, p.awaitListening(t.Context()), "%s", p.output())
	return p
}

var givenPorts atomic.Int32

// freePort returns a port that nobody listens at. It is given away once, and none that
// the system gives to clients: a receiver that is restarted has to get it again.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(10_000 + os.Getpid()%10_000 + int(givenPorts.Add(1)))
		if ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			assert.NilError(t, ln.Close())
			return port
		}
	}
	t.Fatal("a thousand ports in a row are taken")
	return ""
}

func (p *program) start() error {
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Dir, cmd.Env = p.dir, p.env
	cmd.Stdout, cmd.Stderr = p, p
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd, p.done, p.killed = cmd, done, false
	return nil
}

// Write keeps what the receiver prints.
func (p *program) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.printed.Write(text)
}

func (p *program) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.printed.String()
}

// Restart implements conformance.Restarter.
func (p *program) Restart(ctx context.Context) error {
	p.kill()
	if err := p.start(); err != nil {
		return err
	}
	return p.awaitListening(ctx)
}

// kill ends the process and all that it has started.
func (p *program) kill() {
	p.mu.Lock()
	again := p.killed
	p.killed = true
	cmd, done := p.cmd, p.done
	p.mu.Unlock()
	if !again { // the number may be another's by now
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	<-done
}

// Exited says how the receiver ended by itself, as the command line does.
func (p *program) Exited() (how, last string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
	default:
		return "", ""
	}
	if p.killed {
		return "", ""
	}
	lines := strings.Split(strings.TrimSpace(p.printed.String()), "\n")
	return fmt.Sprintf("the command ended by itself (%s)", p.cmd.ProcessState), lines[len(lines)-1]
}

func (p *program) awaitListening(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.addr)
		if err == nil {
			err = conn.Close()
			if how, last := p.Exited(); how != "" {
				return fmt.Errorf("somebody else listens, %s: %s", how, last)
			}
			return err
		}
		select {
		case <-p.done:
			return errors.New("the receiver ended before it listened")
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
