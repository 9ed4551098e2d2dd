//go:build e2e && linux

package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// block is a ```console block of a README. The words of its info string are
// those that readInfo knows; GitHub shows none of them.
type block struct {
	line       int      // where it begins
	commands   []string // the lines after "$ "
	want       []string // the other lines: an excerpt of the output
	background bool     // runs until the README ends
	clone      bool     // runs in a copy of the repository
	exit       int      // the exit code that is expected
	needs      []string // programs without which it is skipped
	skip       string   // why it cannot run at all
}

var (
	blockForm   = regexp.MustCompile("(?ms)^```console(| .*?)$\n(.*?)^```$")
	commandForm = regexp.MustCompile(`(?m)^\$ ((?:.*\\\n)*.*)$`)
)

// parseConsole returns the console blocks of a README.
func parseConsole(text string) ([]block, error) {
	var blocks []block
	found := blockForm.FindAllStringSubmatchIndex(text, -1)
	if len(found) != strings.Count(text, "```console") {
		return nil, errors.New("a console block is indented, or has no end")
	}
	for _, at := range found {
		b := block{line: 1 + strings.Count(text[:at[0]], "\n")}
		body := text[at[4]:at[5]]
		for _, command := range commandForm.FindAllStringSubmatch(body, -1) {
			b.commands = append(b.commands, command[1])
		}
		b.want = strings.FieldsFunc(commandForm.ReplaceAllString(body, ""), func(r rune) bool { return r == '\n' })
		if err := b.readInfo(text[at[2]:at[3]]); err != nil {
			return nil, fmt.Errorf("line %d: %w", b.line, err)
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

func (b *block) readInfo(info string) (err error) {
	info, skip, skipped := strings.Cut(info, " skip=") // the reason is the rest of the line
	b.skip = skip
	for _, word := range strings.Fields(info) {
		switch name, value, _ := strings.Cut(word, "="); {
		case word == "background":
			b.background = true
		case word == "clone":
			b.clone = true
		case name == "needs" && value != "":
			b.needs = strings.Split(value, ",")
		case name == "exit":
			b.exit, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("found %q, want background, clone, exit=CODE, needs=PROGRAM,… or skip=REASON", word)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case skipped && skip == "":
		return errors.New("skip= without a reason")
	case len(b.commands) == 0:
		return errors.New(`no line begins with "$ "`)
	case b.exit != 0 && len(b.commands) > 1:
		return errors.New("exit= is for a block with one command")
	case b.background && (len(b.want) == 0 || len(b.commands) > 1):
		return errors.New("background is for one command, with output that shows when it is ready")
	}
	return nil
}

// missing returns the first line of an excerpt that does not follow the others
// in the output, or nothing. "…" stands for anything.
func missing(output string, want []string) string {
	lines := strings.Split(output, "\n")
	for _, w := range want {
		like := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(w), "…", ".*") + `\s*$`)
		i := slices.IndexFunc(lines, like.MatchString)
		if i < 0 && w != "…" {
			return w
		}
		if w != "…" {
			lines = lines[i+1:]
		}
	}
	return ""
}

// screen holds what a block has printed so far.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // has room for one
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// console runs blocks, each in a shell of its own.
type console struct {
	dir, clone string // where they run
	env        []string
	limit      time.Duration  // of one command
	ends       []func() error // each ends a block that runs in the background
}

// run runs a block and says what is wrong with it.
func (c *console) run(ctx context.Context, b block) error {
	out := &screen{changed: make(chan struct{}, 1)}
	cmd := exec.CommandContext(ctx, "bash", "-e", "-o", "pipefail", "-c", strings.Join(b.commands, "\n"))
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, out, out
	if b.clone {
		cmd.Dir = c.clone
	}
	// Signals go to the shell and to all that it has started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	signal := func(s syscall.Signal) error { return syscall.Kill(-cmd.Process.Pid, s) }
	cmd.Cancel = func() error { return signal(syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	fail := func(format string, args ...any) error {
		_ = signal(syscall.SIGKILL)
		return fmt.Errorf("line %d: %s\n$ %s\n%s", b.line, fmt.Sprintf(format, args...), strings.Join(b.commands, "\n$ "), out)
	}
	late := time.After(c.limit * time.Duration(len(b.commands)))
	for {
		select {
		case <-late:
			return fail("neither over nor ready in time")
		case <-out.changed:
			if b.background && missing(out.String(), b.want) == "" {
				c.ends = append(c.ends, func() error {
					if err := signal(syscall.SIGTERM); err != nil {
						return fail("it had ended by itself")
					}
					<-done
					return nil
				})
				return nil
			}
		case err := <-done:
			switch line := missing(out.String(), b.want); {
			case b.background:
				return fail("ended by itself: %v", err)
			case cmd.ProcessState.ExitCode() != b.exit:
				return fail("%v, want exit status %d", err, b.exit)
			case errors.Is(err, exec.ErrWaitDelay):
				return fail("something that it started is still running")
			case line != "":
				return fail("this line is not in the output, or not at its place: %q", line)
			}
			return nil
		}
	}
}
