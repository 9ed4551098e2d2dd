package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes. Where more than one applies, the first in this order is used.
const (
	ExitInterrupted   = 130 // ended by a signal; what was known so far is reported
	ExitHarness       = 4   // rtkmock itself failed
	ExitUsage         = 2   // a mistake in the command line, a setting or an input file
	ExitNothing       = 5   // the selection leaves nothing to do
	ExitNonconformant = 1   // the target falls short, a delivery was refused, a file is invalid
	ExitInconclusive  = 3   // the target was not reached, or nothing could be proved
	ExitOK            = 0
)

// Streams are the three standard streams of one call.
type Streams struct {
	In  io.Reader
	Out io.Writer // results
	Err io.Writer // progress, logs and errors

	// InIsTTY, OutIsTTY and ErrIsTTY say that a person sits at a terminal.
	InIsTTY, OutIsTTY, ErrIsTTY bool
	// Width returns the terminal's width in columns; 0, or a nil func: unknown.
	Width func() int
}

// app is one call of Main.
type app struct {
	ctx     context.Context
	streams Streams
	out     *sink
	err     *sink
	env     map[string]string
	// origins says of each set flag where its value comes from, as an error
	// message names it: "--key", "RTKMOCK_KEY", "rtkmock.yaml:3: key".
	origins map[string]string
	color   string // --color
	config  string // --config
}

// Main runs the command line args, without the program's name, and returns the
// exit code. env holds "NAME=value" entries. When ctx ends, Main returns soon.
func Main(ctx context.Context, args, env []string, streams Streams) int {
	a := &app{
		ctx:     ctx,
		streams: streams,
		out:     &sink{w: streams.Out, name: "standard output"},
		err:     &sink{w: streams.Err, name: "standard error"},
		env:     environment(env),
		origins: map[string]string{},
	}
	root := newRoot(a, args...)
	if args == nil {
		args = []string{} // nil would make cobra read os.Args
	}
	root.SetArgs(args)
	return a.finish(root.ExecuteContext(ctx))
}

// Tree returns the command tree, for generators of documentation.
func Tree() *cobra.Command {
	return newRoot(&app{ctx: context.Background(), out: &sink{}, err: &sink{}})
}

// finish prints what went wrong as one line and returns the exit code.
func (a *app) finish(err error) int {
	code := ExitOK
	if err != nil {
		var e *exitError
		switch {
		case errors.As(err, &e):
			code = e.code
		case a.ctx.Err() != nil && errors.Is(err, context.Canceled):
			code, err = ExitInterrupted, &exitError{ExitInterrupted, errors.New("interrupted")}
		default:
			code = ExitHarness
		}
		if text := err.Error(); text != "" {
			a.logf("rtkmock: %s", oneLine(text))
		}
	}
	if a.out.failure != nil && code != ExitInterrupted {
		a.logf("rtkmock: %s", oneLine(a.out.failure.Error()))
		code = ExitHarness
	}
	return code
}

// logf writes one line to standard error.
func (a *app) logf(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }

// printf writes to standard output.
func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.out, format, args...) }

func environment(entries []string) map[string]string {
	env := make(map[string]string, len(entries))
	for _, entry := range entries {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			env[name] = value
		}
	}
	return env
}
