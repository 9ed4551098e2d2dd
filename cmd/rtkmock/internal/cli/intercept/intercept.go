// Package intercept is "rtkmock intercept": it prints what brings other programs to
// the host names that a running rtkmock answers.
package intercept

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/interception"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender/intercept"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	return command.Group(&cobra.Command{
		Use:   "intercept",
		Short: "Lead other programs to the host names that rtkmock answers",
		Long: `Lead programs that rtkmock does not start itself to it, if they have api.realtime.cloudflare.com
or other host names of the real service in their source. A COMMAND of test or serve needs nothing
of this.`,
		Example: `  rtkmock serve --intercept always --listen 127.0.0.1:9010
  eval "$(rtkmock intercept env)"`,
	}, envCommand(a))
}

// defaultFrom is the address that the documents use for a running rtkmock.
const defaultFrom = "http://127.0.0.1:9010"

type envOptions struct {
	*app.App
	format intercept.Format
	from   string
	undo   bool
}

func envCommand(a *app.App) *cobra.Command {
	o := &envOptions{App: a}
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print variables, or what a container needs",
		Long: `Print what brings a program to the host names that a running "test" or "serve" answers, with
--intercept always or --intercept-listen: variables for a shell, an env file or GitHub Actions
(append these to the file that GITHUB_ENV names), or what a service of a compose file needs.
Variables that are set here are kept, and added to.

The lines are good for as long as that rtkmock runs.`,
		Example: `  eval "$(rtkmock intercept env)"
  rtkmock intercept env --format compose --from http://127.0.0.1:9010
  rtkmock intercept env --format github
  rtkmock intercept env --format github --undo`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	flags.Choice(cmd, &o.format, "format", intercept.FormatShell, intercept.Formats(), "lines for eval in a shell, an env file, a service of a compose file, or the file that GITHUB_ENV names")
	o.from = defaultFrom
	flags.String(cmd.Flags(), &o.from, "from", "URL", "address of the rtkmock that is running")
	cmd.Flags().BoolVar(&o.undo, "undo", false, "print what takes the variables back: of shell and github")
	return cmd
}

func (o *envOptions) run(ctx context.Context) error {
	settings, err := o.ask(ctx)
	if err != nil {
		return err
	}
	write := settings.Print
	if o.undo {
		write = settings.PrintUndo
	}
	if err := write(o.Out, o.format, o.Environ()); err != nil {
		return o.BadFlag("format", "%s", exit.Plain(err))
	}
	return nil
}

// Bounds of a question to another rtkmock.
const (
	askLimit  = 5 * time.Second
	maxAnswer = 1 << 20 // bytes
)

// ask returns the settings of the rtkmock that is running.
func (o *envOptions) ask(ctx context.Context) (*intercept.Settings, error) {
	u, err := url.Parse(o.from)
	if !target.IsHTTP(u, err) {
		return nil, o.BadFlag("from", "%w", flags.Found(o.from, "the address of a running rtkmock, such as %s", defaultFrom))
	}
	if err := target.Guard(ctx, o.Origin("from"), u, false); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(u.Scheme+"://"+u.Host, "/")+interception.Path, nil)
	if err != nil {
		return nil, err
	}
	// Its own requests are never intercepted, nor do they go through a proxy.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return nil, exit.Errorf(exit.Inconclusive, "%s: nothing answers at %s; start one with \"rtkmock serve --intercept always --listen %s\", or name the address of another", o.Origin("from"), o.from, u.Host)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	var shared interception.Shared
	if err == nil {
		err = json.Unmarshal(data, &shared)
	}
	switch {
	case err != nil || shared.Settings == nil && shared.Error == "":
		return nil, exit.Errorf(exit.Inconclusive, "%s: what answers at %s is no rtkmock that intercepts, or another version", o.Origin("from"), o.from)
	case shared.Error != "":
		return nil, exit.Errorf(exit.Inconclusive, "%s: %s: %s", o.Origin("from"), o.from, terminal.OneLine(shared.Error))
	}
	return shared.Settings, nil
}
