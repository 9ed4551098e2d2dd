package cli

import (
	"context"
	"errors"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
)

// Main runs the command line args, without the program's name, and returns the
// exit code. env holds "NAME=value" entries. When ctx ends, Main returns soon.
func Main(ctx context.Context, args, env []string, streams terminal.Streams) int {
	return run(ctx, app.New(env, streams), args)
}

func run(ctx context.Context, a *app.App, args []string) int {
	root := newRoot(a, args...)
	if args == nil {
		args = []string{} // nil would make cobra read os.Args
	}
	a.Args = args
	root.SetArgs(args)
	return end(ctx, a, root.ExecuteContext(ctx))
}

// end prints what went wrong as one line and returns the exit code.
func end(ctx context.Context, a *app.App, err error) int {
	code := exit.OK
	var e *exit.Error
	switch {
	case err == nil:
	case errors.As(err, &e):
		code = e.Code
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		code, err = exit.Interrupted, exit.ErrInterrupted
	default:
		code = exit.Harness
	}
	if err != nil && err.Error() != "" {
		a.Notef("%s", err)
	}
	if failure := a.Out.Failure(); failure != nil && code != exit.Interrupted {
		a.Notef("%s", failure)
		code = exit.Harness
	}
	return code
}
