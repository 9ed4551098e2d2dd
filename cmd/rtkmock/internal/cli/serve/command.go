package serve

import (
	"context"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/interception"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
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
		Args: o.words, Env: i.Environ(env), Hosts: i.Private(), Output: o.Streams.Out, Errors: o.Streams.Err,
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
