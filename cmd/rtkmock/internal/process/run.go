package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// maxOutput bounds what is kept of a command's standard output, in bytes.
const maxOutput = 64 << 10

// outputLimit is how long a command that has ended is waited for, if something
// that it has left behind holds its output open.
const outputLimit = 500 * time.Millisecond

// Output runs a command to its end and returns the first 64 KB of what it printed,
// also if it failed. It is killed, with its group, when ctx ends. The error has
// the last line of standard error.
func Output(ctx context.Context, args, env []string) ([]byte, error) {
	var out bounded
	var errs Tail
	cmd := command(ctx, args, env, kill, outputLimit)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := run(ctx, cmd, errs.Last)
	return out.buf.Bytes(), err
}

// Shell runs a line to its end, as the system's shell reads it, and throws its
// output away. Programs that the line starts in the background go on. The line is
// killed, with its group, when ctx ends. The error says what was printed last.
func Shell(ctx context.Context, line string, env []string) error {
	// A file and no pipe: a program in the background would hold a pipe open, and
	// end when it writes to one that is closed.
	file, err := os.CreateTemp("", "rtkmock-*.log")
	if err != nil {
		return fmt.Errorf("process: %w", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	cmd := command(ctx, shell(line), env, kill, outputLimit)
	cmd.Stdout, cmd.Stderr = file, file
	return run(ctx, cmd, func() string { return lastOf(file) })
}

// kill ends the group of p at once.
func kill(p *os.Process) error {
	killGroup(p)
	return nil
}

// run runs cmd. The error says why that failed, with the last line of output.
func run(ctx context.Context, cmd *exec.Cmd, lastLine func() string) error {
	err := cmd.Run()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("process: ended before it was done: %w", context.Cause(ctx))
	}
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		return fmt.Errorf("process: %w", err)
	}
	if text := lastLine(); text != "" {
		return fmt.Errorf("process: %w: %.300s", err, text)
	}
	return fmt.Errorf("process: %w", err)
}

// lastOf returns the last line of a file.
func lastOf(file *os.File) string {
	var t Tail
	if info, err := file.Stat(); err == nil {
		_, _ = io.Copy(&t, io.NewSectionReader(file, max(info.Size()-tailBytes, 0), tailBytes))
	}
	return t.Last()
}

// bounded keeps the first of what is written to it.
type bounded struct{ buf bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	b.buf.Write(p[:min(len(p), maxOutput-b.buf.Len())])
	return len(p), nil
}
