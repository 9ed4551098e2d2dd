package supervisor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// startLimit bounds how long a supervisor may take to prepare everything. It
// takes milliseconds, or hangs.
const startLimit = 30 * time.Second

// mostReports bounds what is read from a supervisor, in bytes.
const mostReports = 64 << 10

// ErrPrivate is wrapped by errors that say that the machine does not allow
// namespaces. Without Plan.Private the command would run.
var ErrPrivate = errors.New("supervisor: no private namespaces")

// Supervisor is the program's end of a supervisor.
type Supervisor struct {
	cmd     *exec.Cmd
	plan    Plan
	control *os.File   // a pipe that ends with this process
	theirs  []*os.File // their ends, until they are handed on
	reports *os.File   // nil where no third descriptor can be handed on
	lines   *bufio.Reader
	closing sync.Once
}

// Attach makes cmd, which has not been started, a supervisor that carries out
// plan. It sets the path, the arguments, standard input and, where it needs
// them, ExtraFiles and SysProcAttr. All else is the caller's, and goes on to the
// command. The caller starts cmd by Start and calls Close after cmd.Wait.
func Attach(cmd *exec.Cmd, plan Plan) (*Supervisor, error) {
	s := &Supervisor{cmd: cmd, plan: plan}
	if err := s.connect(); err != nil {
		s.Close()
		return nil, err
	}
	if plan.Private != nil {
		if err := private(cmd); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// connect makes the pipes.
func (s *Supervisor) connect() (err error) {
	if s.cmd.Path, err = self(); err != nil {
		return fmt.Errorf("supervisor: finding this program: %w", err)
	}
	s.cmd.Err = nil // of the lookup of another path
	s.cmd.Args = []string{name}
	in, control, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("supervisor: %w", err)
	}
	s.cmd.Stdin, s.control, s.theirs = in, control, []*os.File{in}
	if !canReport {
		return nil
	}
	if len(s.cmd.ExtraFiles) > 0 {
		return errors.New("supervisor: ExtraFiles would not reach the command")
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("supervisor: %w", err)
	}
	s.reports, s.lines = r, bufio.NewReader(io.LimitReader(r, mostReports))
	s.theirs = append(s.theirs, w)
	s.cmd.ExtraFiles = []*os.File{w}
	return nil
}

// Start starts the supervisor, waits until it has carried out the plan, and
// returns why it could not. Where the machine denies namespaces, the error
// matches ErrPrivate. After an error nothing is left to wait for or to close.
func (s *Supervisor) Start() error {
	err := s.cmd.Start()
	s.closeTheirs()
	if err != nil {
		s.Close()
		return s.startError(err)
	}
	if err := s.carriedOut(); err != nil {
		s.Close()
		_ = s.cmd.Wait()
		return err
	}
	return nil
}

// startError tells a system that denies namespaces from other reasons why a
// process cannot be started.
func (s *Supervisor) startError(err error) error {
	var failed *os.PathError
	if errors.As(err, &failed) {
		err = failed.Err // not of interest: the path of this program
	}
	denied := errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSYS)
	if s.plan.Private != nil && denied {
		return fmt.Errorf("%w: this machine denies them to this user (%v)", ErrPrivate, err)
	}
	return fmt.Errorf("supervisor: %w", err)
}

func (s *Supervisor) carriedOut() error {
	text, err := json.Marshal(s.plan)
	if err != nil {
		return fmt.Errorf("supervisor: %w", err)
	}
	if _, err := s.control.Write(append(text, '\n')); err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("supervisor: %w", err)
	}
	if s.reports == nil {
		return nil
	}
	_ = s.reports.SetReadDeadline(time.Now().Add(startLimit))
	r, err := s.next()
	if err != nil {
		return fmt.Errorf("supervisor: it did not report whether the command was started: %w", err)
	}
	_ = s.reports.SetReadDeadline(time.Time{})
	if why, ok := strings.CutPrefix(r.Error, privately); ok {
		return fmt.Errorf("%w: %s", ErrPrivate, why)
	}
	if r.Errno != 0 {
		return fmt.Errorf("supervisor: %w", &os.PathError{Op: "starting", Path: s.plan.Args[0], Err: r.Errno})
	}
	if r.Error != "" {
		return fmt.Errorf("supervisor: %s", r.Error)
	}
	return nil
}

// privately begins a report of an error that has to do with namespaces.
const privately = "private: "

// Signal returns the signal that ended the command, or 0, after cmd.Wait and before
// Close. The supervisor's own exit status is that of the command, and 128 more
// than the number of a signal.
func (s *Supervisor) Signal() syscall.Signal {
	if s.reports == nil {
		return 0
	}
	// The supervisor is gone, so the pipe has ended.
	_ = s.reports.SetReadDeadline(time.Now().Add(time.Second))
	r, err := s.next()
	if err != nil {
		return 0
	}
	return syscall.Signal(r.Signal)
}

func (s *Supervisor) next() (r report, err error) {
	line, err := s.lines.ReadBytes('\n')
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(line, &r)
}

// Kill has the supervisor end the command, and all that came of it, at once: the
// pipe to it ends.
func (s *Supervisor) Kill() {
	if s.control != nil {
		s.control.Close()
	}
}

// Close is Kill, and frees what the supervisor needed here.
func (s *Supervisor) Close() {
	s.closing.Do(func() {
		s.closeTheirs()
		s.Kill()
		if s.reports != nil {
			s.reports.Close()
		}
	})
}

func (s *Supervisor) closeTheirs() {
	for _, f := range s.theirs {
		f.Close()
	}
	s.theirs = nil
}

// Check tries whether this machine lets a command have namespaces of its own, by
// making some. An error that matches ErrPrivate says what was refused.
func Check(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "rtkmock-check-*")
	if err != nil {
		return fmt.Errorf("supervisor: %w", err)
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(ctx, name)
	s, err := Attach(cmd, Plan{Private: &Private{
		Dir:   dir,
		Files: []File{{Path: "hosts", Mode: 0o644}},
		Binds: []Bind{{Path: "hosts", Over: "/etc/hosts"}},
	}})
	if err != nil {
		return err
	}
	if err := s.Start(); err != nil {
		return err
	}
	s.Close()
	_ = cmd.Wait()
	return nil
}
