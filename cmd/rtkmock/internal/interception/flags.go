// Package interception is what test and serve share to answer the host names of
// the real service for a command that has them in its source: the flags, the
// choice of a way, and what other processes are told of it.
package interception

import (
	"errors"
	"io/fs"
	"net"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/mocksender/intercept"
)

// Mode says whether host names are intercepted.
type Mode string

// The modes.
const (
	Auto   Mode = "auto"   // for a command, as far as that harms nobody
	Always Mode = "always" // in whatever way there is
	Never  Mode = "never"
)

// Flags are the flags about interception.
type Flags struct {
	Mode    Mode
	Hosts   []string
	Offline bool
	Listen  string
	Dir     string
}

// Add adds the flags. what explains the modes of the verb.
func (f *Flags) Add(cmd *cobra.Command, mode Mode, what string) {
	fs := cmd.Flags()
	flags.Choice(cmd, &f.Mode, "intercept", mode, []Mode{Auto, Always, Never}, "answer api.realtime.cloudflare.com and other host names of the real service, for a COMMAND that has them in its source: "+what)
	flags.CommaList(fs, &f.Hosts, "intercept-host", "NAME", "one more host name to answer; repeatable", func(s string) (string, error) {
		host, err := intercept.ParseHost(s)
		if err != nil {
			return "", flags.Found(s, "a host name such as api.example.com")
		}
		return host, nil
	})
	fs.BoolVar(&f.Offline, "intercept-offline", false, "refuse what is not RealtimeKit's under api.cloudflare.com, which else goes on to the real host")
	flags.String(fs, &f.Listen, "intercept-listen", "ADDR", `also answer the names at this address, such as 0.0.0.0:443, for containers: "rtkmock intercept env --format compose" prints what they need`)
	flags.String(fs, &f.Dir, "intercept-dir", "DIR", "keep the certificates for this in the folder DIR; without it, in a temporary one that others cannot read")
}

// check checks what goes together.
func (f Flags) check(a *app.App) error {
	if f.Mode == Never {
		for _, given := range []struct {
			flag string
			set  bool
		}{{"intercept-host", len(f.Hosts) > 0}, {"intercept-offline", f.Offline}, {"intercept-listen", f.Listen != ""}, {"intercept-dir", f.Dir != ""}} {
			if given.set {
				return a.BadFlag(given.flag, "it goes with --intercept auto or always, found never")
			}
		}
	}
	if f.Listen == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(f.Listen)
	if err != nil {
		return a.BadFlag("intercept-listen", "%w", flags.Found(f.Listen, "HOST:PORT such as 0.0.0.0:443"))
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return a.BadFlag("intercept-listen", "found the port %q in %q, want a number from 0 to 65535", port, f.Listen)
	}
	return nil
}

// problem names the flag that an error of intercept.Start is about.
func (f Flags) problem(a *app.App, err error) error {
	var path *fs.PathError
	var op *net.OpError
	switch {
	case f.Dir != "" && errors.As(err, &path):
		return a.BadFlag("intercept-dir", "%s: %s", path.Path, files.Problem(path))
	case f.Listen != "" && errors.Is(err, fs.ErrPermission):
		return a.BadFlag("intercept-listen", "%s: permission denied; run as root, or let users have the port by sysctl net.ipv4.ip_unprivileged_port_start=443", f.Listen)
	case f.Listen != "" && errors.As(err, &op):
		return a.BadFlag("intercept-listen", "%s: %s", f.Listen, server.ListenProblem(err))
	}
	return a.BadFlag("intercept", "%s", exit.Plain(err))
}
