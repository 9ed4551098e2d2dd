package interception

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync/atomic"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	exits "github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/mocksender/intercept"
	"github.com/rtkmock/rtkmock/mocksender/intercept/supervisor"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Interception is under way from Open to Close.
type Interception struct {
	*intercept.Interception
	Way intercept.Way
	Why string // that way was taken

	dir     string // of --intercept-dir
	failing atomic.Bool
	cleaner *exec.Cmd
	watch   *supervisor.Supervisor
}

// Handler answers requests for the names.
type Handler struct {
	http.Handler
	Failed func() // is called for a fetch of the key that SetKeyFault has fail
}

// SetKeyFault has connections for the key document fail, if f is a fault of that
// kind. It may be called on nil.
func (i *Interception) SetKeyFault(f wellknown.Fault) {
	if i == nil {
		return
	}
	fault := intercept.NoFault
	if f.Connection() {
		fault = intercept.Fault(f) // they have the same names
	}
	// A change closes connections that are kept open. Other faults must not do that.
	if i.failing.Swap(f.Connection()) == f.Connection() && !f.Connection() {
		return
	}
	for _, host := range i.Settings().Hosts {
		if host != intercept.CloudflareHost && host != intercept.MediaHost {
			_ = i.SetFault(host, fault) // the host and the fault are known
		}
	}
}

// Open answers the names by handler. command says that there is a COMMAND to lead
// here. It returns nil where nothing is to be intercepted; why then says what was
// tried in vain.
func (f Flags) Open(ctx context.Context, a *app.App, command bool, handler Handler) (i *Interception, why string, err error) {
	if err := f.check(a); err != nil {
		return nil, "", err
	}
	if f.Mode == Never {
		return nil, "--intercept never", nil
	}
	var denied error
	if command {
		if denied = intercept.CheckHosts(ctx); denied == nil {
			i, err := f.start(ctx, a, intercept.WayHosts, "this machine lets a command have its own /etc/hosts", handler)
			return i, "", err
		}
		if ctx.Err() != nil {
			return nil, "", exits.ErrInterrupted
		}
		why = reason(denied)
	}
	switch {
	case f.Mode == Always && command:
		i, err = f.start(ctx, a, intercept.WayEnvironment, why, handler)
	case f.Mode == Always:
		i, err = f.start(ctx, a, intercept.WayEnvironment, "rtkmock starts no command", handler)
	case f.Listen != "":
		i, err = f.start(ctx, a, intercept.WayListener, "--intercept-listen", handler)
	}
	return i, why, err
}

// reason is why a machine denies the way hosts, and the way to have it.
func reason(denied error) string {
	text, out, _ := strings.Cut(exits.Plain(denied), ". ")
	if _, cause, ok := strings.Cut(text, supervisor.ErrPrivate.Error()+": "); ok {
		text = "no namespaces for a command: " + cause
	}
	if out, _, ok := strings.Cut(out, ", or use "); ok {
		text += "; to have it, " + strings.ToLower(out[:1]) + out[1:]
	}
	return "the way hosts cannot be had: " + text
}

// Environment answers the names by the environment of a COMMAND, and by no other
// way. why says why.
func (f Flags) Environment(ctx context.Context, a *app.App, why string, handler Handler) (*Interception, error) {
	return f.start(ctx, a, intercept.WayEnvironment, why, handler)
}

func (f Flags) start(ctx context.Context, a *app.App, way intercept.Way, why string, handler Handler) (*Interception, error) {
	inner, err := intercept.Start(ctx, intercept.Options{
		Handler: handler.Handler, OnFault: func(string, intercept.Fault) { handler.Failed() }, Way: way, Hosts: f.Hosts, Offline: f.Offline, Environ: a.Environ(), Dir: f.Dir, Listen: f.Listen,
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, exits.ErrInterrupted
	case err != nil:
		return nil, f.problem(a, err)
	}
	i := &Interception{Interception: inner, Way: way, Why: why, dir: f.Dir, cleaner: exec.Command("")}
	if i.watch, err = supervisor.Attach(i.cleaner, inner.Cleaner()); err == nil {
		err = i.watch.Start()
	}
	if err != nil {
		i.watch = nil
		i.Close()
		return nil, err
	}
	for _, note := range inner.Notes() {
		a.Notef("intercept  %s", note)
	}
	return i, nil
}

// Private is what the command sees otherwise than this machine: nil but with
// intercept.WayHosts.
func (i *Interception) Private() *supervisor.Private {
	if i == nil {
		return nil
	}
	return i.Plan(nil).Private
}

// Started says that the command runs, under this supervisor.
func (i *Interception) Started(pid int) {
	if i != nil && i.Way == intercept.WayHosts {
		i.Inside(fmt.Sprintf("/proc/%d/root", pid))
	}
}

// Environ returns environ with what the command needs.
func (i *Interception) Environ(environ []string) []string {
	if i == nil || i.Way == intercept.WayListener {
		return environ // who maps the names sets the rest, too
	}
	return i.Interception.Environ(environ)
}

// Leads reports whether the command is led here, as far as that is rtkmock's to do.
func (i *Interception) Leads() bool { return i != nil && i.Way != intercept.WayListener }

// Text says in a line what happens. With detail it says why, and names all hosts.
func (i *Interception) Text(detail bool) string {
	text := map[intercept.Way]string{
		intercept.WayHosts:       "the command finds api.realtime.cloudflare.com and the like here, by its own /etc/hosts",
		intercept.WayEnvironment: "programs find api.realtime.cloudflare.com and the like here, by variables of their environment",
		intercept.WayListener:    "whoever is led there finds api.realtime.cloudflare.com and the like at " + i.Settings().Listen,
	}[i.Way]
	if detail {
		text += fmt.Sprintf("; the way %s, because: %s; names: %s", i.Way, i.Why, strings.Join(i.Settings().Hosts, ", "))
	}
	return text
}

// Close ends it, and removes its files. It may be called on nil.
func (i *Interception) Close() {
	if i == nil {
		return
	}
	_ = i.Interception.Close() // the cleaner tries it once more
	if i.watch != nil {
		i.watch.Close()
		if err := i.cleaner.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
			return
		}
	}
}
