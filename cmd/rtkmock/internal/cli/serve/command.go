package serve

import (
	"context"
	"io"
	"os"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/interception"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
)

// Variables in which a command finds the APIs.
const (
	apiVariable     = "RTKMOCK_API_URL"
	controlVariable = "RTKMOCK_CONTROL_URL"
)

// runCommand runs COMMAND to its end. Its output is not touched, so that it sees a
// terminal where there is one. The error has its exit code.
func (o *options) runCommand(ctx context.Context, ready server.Ready, i *interception.Interception) error {
	env := append(o.Environ(), apiVariable+"="+ready.APIURL, controlVariable+"="+ready.ControlURL)
	names := o.keyEnv
	if len(names) == 0 {
		names = []string{target.KeyVariable}
	}
	for _, name := range names {
		env = append(env, name+"="+ready.KeyURL)
	}
	p, err := process.Start(ctx, process.Options{
		Args: o.words, Env: i.Environ(env), Hosts: i.Private(), Output: direct(o.Streams.Out, o.Out), Errors: direct(o.Streams.Err, o.Err),
	})
	if err != nil {
		return exit.Usagef("serve: the command: %s", target.StartProblem(o.words[0], err))
	}
	i.Started(p.PID())
	<-p.Done()
	if ctx.Err() != nil {
		return exit.ErrInterrupted
	}
	if how := p.Ended(); p.Code() > 128 {
		o.Notef("the command ended: %s", how)
	}
	return exit.Silent(p.Code())
}

// direct returns the stream itself if it is a file, which the command then has as
// its own, or else the output that guards it.
func direct(stream io.Writer, guarded *terminal.Output) io.Writer {
	if file, ok := stream.(*os.File); ok {
		return file
	}
	return guarded
}
