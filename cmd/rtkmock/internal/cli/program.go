package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// freeWithin is how long a program that was killed may still seem to be there.
const freeWithin = 5 * time.Second

// program is the receiver under test, run by rtkmock: COMMAND.
type program struct {
	ctx   context.Context // ends it
	words []string
	env   []string
	ready readiness
	limit time.Duration // until it is ready
	tail  process.Tail

	mu  sync.Mutex
	now *process.Process // guarded by mu; nil before the first start
	// anew says that it is being restarted, so that its end is rtkmock's doing;
	// guarded by mu.
	anew bool
}

// begin starts it, and does not wait until it is ready.
func (p *program) begin() error {
	proc, err := process.Start(p.ctx, process.Options{Args: p.words, Env: p.env, Output: &p.tail})
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.now = proc
	p.mu.Unlock()
	return nil
}

func (p *program) process() *process.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// await waits until it is ready.
func (p *program) await(ctx context.Context) error {
	proc := p.process()
	err := p.ready.wait(ctx, p.limit, proc.Done())
	if errors.Is(err, errGone) {
		return fmt.Errorf("the command ended (%s) before it was ready: %s", proc.Ended(), p.ready.not)
	}
	return err
}

// Restart implements conformance.Restarter: what it held in memory is gone, and
// nothing could be finished.
func (p *program) Restart(ctx context.Context) error {
	p.restarting(true)
	defer p.restarting(false)
	p.process().Kill()
	if err := p.vanished(ctx); err != nil {
		return err
	}
	fmt.Fprintln(&p.tail, "[killed and started anew by rtkmock]")
	if err := p.begin(); err != nil {
		return errors.New(startProblem(p.words[0], err))
	}
	err := p.await(ctx)
	if last := p.tail.Last(); err != nil && ctx.Err() == nil && last != "" {
		return fmt.Errorf("%w; it printed last: %.300s", err, oneLine(last))
	}
	return err
}

func (p *program) restarting(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.anew = yes
}

// vanished waits until what was killed is not to be seen any more.
func (p *program) vanished(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, freeWithin)
	defer cancel()
	for pause := firstPause; p.ready.look(ctx) == nil; pause = min(2*pause, lastPause) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s although the command was killed; if a container or a service holds the port, start that yourself and give --restart-cmd", p.ready.what)
		case <-time.After(pause):
		}
	}
	return nil
}

// died says how it ended, if it did by itself.
func (p *program) died() string {
	if proc := p.process(); proc != nil && p.ctx.Err() == nil {
		return proc.Ended()
	}
	return ""
}

// gone says the same to whoever reads the report, with what it printed last.
func (p *program) gone(hide *redact.Redactor) (how, last string) {
	p.mu.Lock()
	anew := p.anew
	p.mu.Unlock()
	if how = p.died(); how == "" || anew {
		return "", ""
	}
	return "the command ended by itself (" + how + ")", fmt.Sprintf("%.300s", oneLine(hide.Text(p.tail.Last())))
}

// stop ends it, and says so on w where that takes its time.
func (p *program) stop(w io.Writer) {
	proc := p.process()
	if proc == nil {
		return
	}
	waiting := time.AfterFunc(time.Second, func() {
		fmt.Fprintf(w, "rtkmock: waiting up to %s for the command to end\n", process.DefaultGrace)
	})
	defer waiting.Stop()
	proc.Stop()
}

// restartLimit bounds the command of --restart-cmd.
const restartLimit = time.Minute

// restartCommand restarts a target that is managed elsewhere: --restart-cmd.
type restartCommand struct {
	line  string
	env   []string
	ready readiness
	limit time.Duration // until the target is ready again
	place whereabouts   // where signs of the end of its process are looked for
}

// Restart implements conformance.Restarter, as far as the command does. What
// shows no sign of a new process, or failed where the target goes on, is a
// conformance.NotRestarted.
func (r *restartCommand) Restart(ctx context.Context) error {
	bounded, cancel := context.WithTimeoutCause(ctx, restartLimit, fmt.Errorf("it takes longer than %s", restartLimit))
	defer cancel()
	signs := &parting{whereabouts: r.place}
	signs.watch(ctx)
	if err := process.Shell(bounded, r.line, r.env); err != nil {
		signs.stop()
		why := "--restart-cmd: " + oneLine(plain(err))
		if ctx.Err() == nil && r.ready.look(ctx) == nil {
			return &conformance.NotRestarted{Why: why, Failed: true}
		}
		return errors.New(why)
	}
	gone := signs.end(ctx)
	if err := r.ready.wait(ctx, r.limit, nil); err != nil {
		return fmt.Errorf("after --restart-cmd, %w", err)
	}
	if !gone {
		return &conformance.NotRestarted{Why: unseen(signs)}
	}
	return nil
}
