package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/intercept/supervisor"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// killedLimit is how long a program that was killed may still seem to be there.
const killedLimit = 5 * time.Second

// KeyVariable is the variable that the guide's sample reads the URL of the key from.
const KeyVariable = "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"

// ParseVariable reads the name of an environment variable.
func ParseVariable(s string) (string, error) {
	if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(s) {
		return "", flags.Found(s, "the name of an environment variable, such as %s", KeyVariable)
	}
	return s, nil
}

// Names lead a program's host names elsewhere.
type Names interface {
	// Private is what the program sees otherwise than this machine, from its next
	// start on; nil: nothing.
	Private() *supervisor.Private
	// Started is told the number of the process that the program runs under.
	Started(pid int)
}

// Program is a receiver that rtkmock starts itself: COMMAND.
type Program struct {
	Words []string
	Env   []string
	Names Names // nil: they lead where they always do
	Ready Readiness
	Limit time.Duration // until it is ready
	Tail  process.Tail  // what it printed last
	Signs process.Signs // of defects, in what it printed

	ctx context.Context // ends it

	mu         sync.Mutex
	process    *process.Process // nil before the first start
	restarting bool             // so that its end is rtkmock's doing
}

// Start starts it, and does not wait until it is ready. It ends with ctx.
func (p *Program) Start(ctx context.Context) error {
	p.ctx = ctx
	return p.start()
}

func (p *Program) start() error {
	o := process.Options{Args: p.Words, Env: p.Env, Output: io.MultiWriter(&p.Tail, &p.Signs)}
	if p.Names != nil {
		o.Hosts = p.Names.Private()
	}
	proc, err := process.Start(p.ctx, o)
	if err != nil {
		return errors.New(StartProblem(p.Words[0], err))
	}
	if p.Names != nil {
		p.Names.Started(proc.PID())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.process = proc
	return nil
}

// StartProblem says in a few words why the program called name cannot be started.
func StartProblem(name string, err error) string {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Sprintf("found no program %q in PATH", name)
	case errors.Is(err, supervisor.ErrPrivate):
		return exit.Plain(errors.Unwrap(err)) + "; --intercept never starts the command as it is"
	case errors.Is(err, fs.ErrPermission):
		return name + ": permission denied; is it executable?"
	}
	return name + ": " + files.Problem(err)
}

// CheckCommand returns why a verb cannot start a command, or nil.
func CheckCommand(verb string, words []string) error {
	if words[0] == "" {
		return exit.Usagef("%s: %w", verb, flags.Empty("COMMAND"))
	}
	err := process.Find(words[0])
	if err == nil {
		return nil
	}
	hint := ""
	switch {
	case strings.ContainsAny(words[0], " \t") && len(words) == 1:
		hint = `; want the command without quotes, or sh -c '…'`
	case strings.Contains(words[0], "="):
		hint = "; a variable is set by env " + words[0]
	}
	return exit.Usagef("%s: the command: %s%s", verb, StartProblem(words[0], err), hint)
}

func (p *Program) current() (proc *process.Process, restarting bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.process, p.restarting
}

// AwaitReady waits until it is ready. t, if it is not nil, gets a note where that
// takes time.
func (p *Program) AwaitReady(ctx context.Context, t *terminal.Terminal) error {
	proc, _ := p.current()
	err := p.Ready.Wait(ctx, t, p.Limit, proc.Done())
	if errors.Is(err, errExited) {
		return fmt.Errorf("the command ended (%s) before it was ready: %s", proc.Ended(), p.Ready.Not)
	}
	return err
}

// Restart implements conformance.Restarter. It kills the program: what is in
// memory is lost, and nothing is finished.
func (p *Program) Restart(ctx context.Context) error {
	p.setRestarting(true)
	defer p.setRestarting(false)
	proc, _ := p.current()
	proc.Kill()
	err := p.again(ctx, "[killed and started again by rtkmock]")
	if err == nil {
		err = p.AwaitReady(ctx, nil)
	}
	if last := p.printed(); err != nil && ctx.Err() == nil && last != "" {
		return fmt.Errorf("%w; it printed last: %.300s", err, terminal.OneLine(last))
	}
	return err
}

// Again ends it, and starts it with what is in its fields now. It does not wait
// until it is ready.
func (p *Program) Again(ctx context.Context) error {
	p.setRestarting(true)
	defer p.setRestarting(false)
	proc, _ := p.current()
	proc.Stop()
	return p.again(ctx, "[ended and started again by rtkmock]")
}

// again starts a program that was ended, with a line about that in its output.
func (p *Program) again(ctx context.Context, line string) error {
	if err := p.awaitGone(ctx); err != nil {
		return err
	}
	fmt.Fprintln(&p.Tail, line)
	return p.start()
}

func (p *Program) setRestarting(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.restarting = yes
}

// awaitGone waits until nothing answers for the program that was killed.
func (p *Program) awaitGone(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, killedLimit)
	defer cancel()
	for d := firstPause; p.Ready.Look(ctx, 0) == nil; d = min(2*d, lastPause) {
		if !pause(ctx, d) {
			return fmt.Errorf("%s although the command was killed; if a container or a service holds the port, start that yourself and give --restart-cmd", p.Ready.What)
		}
	}
	return nil
}

// Ended says how it ended, if it did so by itself.
func (p *Program) Ended() string {
	if proc, _ := p.current(); proc != nil && p.ctx.Err() == nil {
		return proc.Ended()
	}
	return ""
}

// Exited says how it ended by itself, and what it printed last, for a report.
func (p *Program) Exited(hide *redact.Redactor) (how, last string) {
	how = p.Ended()
	if _, restarting := p.current(); how == "" || restarting {
		return "", ""
	}
	return "the command ended by itself (" + how + ")", fmt.Sprintf("%.300s", terminal.OneLine(hide.Text(p.printed())))
}

// printed is what says most of what it printed: the last line is often no more than
// the version of the runtime.
func (p *Program) printed() string { return cmp.Or(p.Tail.Failure(), p.Tail.Last()) }

// Listening returns the addresses at which it listens: those that the system names, or
// else those that it printed and that accept connections.
func (p *Program) Listening() []netip.AddrPort {
	proc, _ := p.current()
	found := proc.Listening()
	if runtime.GOOS == "linux" {
		return found
	}
	for _, port := range p.printedPorts() {
		at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
		if Accepts(at.String(), nil).Look(p.ctx, 0) == nil && !slices.Contains(found, at) {
			found = append(found, at)
		}
	}
	return found
}

// Printed reports whether it printed a port as one that it listens at.
func (p *Program) Printed(port uint16) bool { return slices.Contains(p.printedPorts(), port) }

// printedPort are ways in which servers say where they listen: "http://localhost:8080",
// "port 3001".
var printedPort = regexp.MustCompile(`(?i)\bhttps?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d{2,5})\b|\bport:? (\d{2,5})\b`)

func (p *Program) printedPorts() []uint16 {
	var ports []uint16
	for _, found := range printedPort.FindAllStringSubmatch(strings.Join(p.Tail.Lines(printedLines), "\n"), -1) {
		if n, err := strconv.ParseUint(cmp.Or(found[1], found[2]), 10, 16); err == nil && n > 0 {
			ports = append(ports, uint16(n))
		}
	}
	return ports
}

// printedLines is how many of the last lines are searched for a port.
const printedLines = 200

// Failure is the error that it printed last, for a report; "" if there is none.
func (p *Program) Failure(hide *redact.Redactor) string {
	return fmt.Sprintf("%.300s", terminal.OneLine(hide.Text(p.Tail.Failure())))
}

// Stop ends it, and says on w that this takes time.
func (p *Program) Stop(w io.Writer) {
	proc, _ := p.current()
	if proc == nil {
		return
	}
	waiting := time.AfterFunc(time.Second, func() {
		fmt.Fprintf(w, "rtkmock: waiting up to %s for the command to end\n", process.DefaultGrace)
	})
	defer waiting.Stop()
	proc.Stop()
}

// restartLimit bounds the time of --restart-cmd.
const restartLimit = time.Minute

// RestartCommand restarts a target that is managed elsewhere: --restart-cmd.
type RestartCommand struct {
	Line  string
	Env   []string
	Ready Readiness
	Limit time.Duration // until the target is ready again
	Place Place         // where signs of the end of its process are looked for

	signLimit time.Duration // for tests; 0: the default
}

// Restart implements conformance.Restarter, as far as the command does. If there
// is no sign of a new process, or if the command fails and the target goes on,
// the error is a conformance.NotRestarted.
func (r *RestartCommand) Restart(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, restartLimit, fmt.Errorf("it takes longer than %s", restartLimit))
	defer cancel()
	watcher := &exitWatcher{Place: r.Place, limit: r.signLimit}
	watcher.watch(ctx)
	if err := process.Shell(limited, r.Line, r.Env); err != nil {
		watcher.stop()
		why := "--restart-cmd: " + terminal.OneLine(exit.Plain(err))
		if ctx.Err() == nil && r.Ready.Look(ctx, 0) == nil {
			return &conformance.NotRestarted{Why: why, Failed: true}
		}
		return errors.New(why)
	}
	exited := watcher.end(ctx)
	if err := r.Ready.Wait(ctx, nil, r.Limit, nil); err != nil {
		return fmt.Errorf("after --restart-cmd, %w", err)
	}
	if !exited {
		return &conformance.NotRestarted{Why: fmt.Sprintf(
			"--restart-cmd ran to its end, but the process at %s was not seen to exit (%s): let it kill that process, or leave that to -- COMMAND; behind a proxy, test the receiver's own URL",
			Address(r.Place.URL), watcher.why(),
		)}
	}
	return nil
}
