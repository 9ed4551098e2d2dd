package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/intercept/supervisor"
)

// DefaultGrace is how long a program may take to end once it has been asked to.
const DefaultGrace = 3 * time.Second

// killLimit is how long Kill waits for the system. Only a program that hangs in
// the system itself takes longer.
const killLimit = 5 * time.Second

// Options say what is started. The zero value of each field but Args is its
// default.
type Options struct {
	Args   []string            // the program and its arguments; required
	Env    []string            // "NAME=value"; nil: none at all
	Output io.Writer           // takes standard output, never concurrently; nil: nobody does
	Errors io.Writer           // takes standard error; nil: Output does
	Grace  time.Duration       // between asking and killing; 0: DefaultGrace
	Hosts  *supervisor.Private // what the program sees otherwise than this machine; nil: nothing
}

// Process is a program under way, together with what it has started, under a
// supervisor: all of it ends with rtkmock, however that ends. On systems other
// than Linux, a daemon that leaves the program's group goes on.
type Process struct {
	cmd        *exec.Cmd
	supervisor *supervisor.Supervisor
	grace      time.Duration
	ask        context.CancelFunc
	done       chan struct{}
	err        error          // how it ended; nil: with status 0; written before done is closed
	signal     syscall.Signal // that ended it; 0: none did
}

// Start starts a program in a process group of its own, so that signals from
// the terminal do not reach it. Its standard input is empty. When ctx ends, the
// group is asked to end, by SIGTERM, and killed once the grace is over.
//
// The error matches exec.ErrNotFound, fs.ErrNotExist or fs.ErrPermission where
// that is the reason, and supervisor.ErrPrivate where this machine denies Hosts.
func Start(ctx context.Context, o Options) (*Process, error) {
	if _, err := exec.LookPath(o.Args[0]); err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &Process{ask: cancel, done: make(chan struct{}), grace: cmp.Or(o.Grace, DefaultGrace)}
	// The supervisor comes first: killed before it, it could end nothing.
	p.cmd = command(ctx, o.Args, o.Env, askGroup, p.grace+killLimit)
	p.cmd.Stdout, p.cmd.Stderr = o.Output, o.Errors
	if o.Errors == nil {
		p.cmd.Stderr = o.Output
	}
	var err error
	p.supervisor, err = supervisor.Attach(p.cmd, supervisor.Plan{Args: o.Args, Private: o.Hosts})
	if err == nil {
		err = p.supervisor.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("process: %w", err)
	}
	go p.wait()
	go p.endWith(ctx)
	return p, nil
}

// command is a program in a process group of its own, to which end happens with ctx.
// delay is how long it is waited for then, or after it has ended and something that
// it has left behind holds its output open.
func command(ctx context.Context, args, env []string, end func(*os.Process) error, delay time.Duration) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append([]string{}, env...) // nil would stand for rtkmock's own
	cmd.Cancel = func() error { return end(cmd.Process) }
	cmd.WaitDelay = delay
	ownGroup(cmd)
	return cmd
}

// wait ends the rest of the group with the program that leads it: the rest would
// keep the port, and outlive the run.
func (p *Process) wait() {
	defer close(p.done)
	defer p.ask() // frees the context
	p.err = p.cmd.Wait()
	p.signal = p.supervisor.Signal()
	p.supervisor.Close()
	killRest(p.cmd.Process)
}

// endWith has the supervisor kill what has not ended within the grace after ctx.
func (p *Process) endWith(ctx context.Context) {
	<-ctx.Done()
	select {
	case <-p.done:
	case <-time.After(p.grace):
		p.supervisor.Kill()
	}
}

// Done is closed when the program has ended, and its group with it.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended says how the program ended, such as "exit status 1" or "signal:
// killed", or "" while it goes on.
func (p *Process) Ended() string {
	select {
	case <-p.done:
	default:
		return ""
	}
	var exit *exec.ExitError
	switch {
	case p.signal != 0:
		return "signal: " + p.signal.String()
	case errors.As(p.err, &exit):
		return exit.String()
	case p.err == nil, errors.Is(p.err, exec.ErrWaitDelay), p.cmd.ProcessState != nil && p.cmd.ProcessState.Success():
		return "exit status 0"
	}
	return p.err.Error()
}

// Stop asks the group to end, kills the programs that have not ended within the
// grace, and returns when that is done.
func (p *Process) Stop() {
	p.ask()
	p.await()
}

// Kill ends the group at once, without a chance to finish anything, and
// returns when it is gone.
func (p *Process) Kill() {
	select {
	case <-p.done:
		return // the number may be another's by now
	default:
	}
	p.supervisor.Kill()
	p.await()
}

func (p *Process) await() {
	timer := time.NewTimer(p.cmd.WaitDelay + time.Second)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		killGroup(p.cmd.Process) // the supervisor hangs
	}
}

// PID returns the number of the supervisor.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Code returns the exit code of a program that has ended: its own, or 128 more than
// the number of the signal that ended it.
func (p *Process) Code() int {
	<-p.done
	return p.cmd.ProcessState.ExitCode()
}

// Find returns why no program can be started by name, or nil. A name without a slash is looked up in PATH.
func Find(name string) error {
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Errorf("process: %w", err)
	}
	return nil
}
