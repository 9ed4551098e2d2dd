package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/interception"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/intercept"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/metrics"
	"github.com/rtkmock/rtkmock/mocksender/service/page"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Paths of what is served.
const (
	apiPath     = "/client/v4"
	controlPath = "/_rtkmock"
)

func (o *options) run(ctx context.Context) error {
	if len(o.words) > 0 {
		if err := target.CheckCommand("serve", o.words); err != nil {
			return err
		}
		if o.intercept.Mode == interception.Auto {
			o.intercept.Mode = interception.Always // it is what the command is started here for
		}
	} else if len(o.keyEnv) > 0 {
		return o.BadFlag("key-env", "it goes with a command to start: serve --key-env %s -- COMMAND", o.keyEnv[0])
	}
	preload, err := o.readPreload()
	if err != nil {
		return err
	}
	disk, err := o.openState()
	if err != nil {
		return err
	}
	if disk != nil {
		defer disk.Close() // unless the service has done so
	}
	// The key is read or made while the address is opened.
	ring := sync.OnceValues(func() (*rtk.Keyring, error) { return o.keyring(disk) })
	go ring() //nolint:errcheck // the call below gets the error
	s, err := o.openServers(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	keys, err := ring()
	if err != nil {
		return err
	}
	keyServer := wellknown.New(keys)
	var current atomic.Pointer[interception.Interception]
	keyServer.OnFault = func(f wellknown.Fault) { current.Load().SetKeyFault(f) }
	if err := keyServer.SetFault(o.fault); err != nil {
		return o.BadFlag("key-fault", "%s", exit.Plain(err))
	}
	gate := newGate(keyServer)
	log := newLog(o.App, o.logFormat)
	s.main.Serve(log.handler(interception.Serve(current.Load, gate)))
	gate.awaitFirstKey()
	svc, err := o.openService(s, keyServer, storeOf(disk, o.keep), log)
	if err != nil {
		return err
	}
	defer o.endService(svc, disk != nil)
	if err := o.restore(svc, preload); err != nil {
		return err
	}
	gate.open(svc.Handler())
	if s.control != s.main {
		s.control.Serve(log.handler(svc.ControlHandler()))
	}
	i, _, err := o.intercept.Open(ctx, o.App, len(o.words) > 0, interception.Handler{Handler: log.handler(names(keyServer, svc)), Failed: keyServer.Failed})
	if err != nil {
		return err
	}
	defer i.Close()
	current.Store(i)
	i.SetKeyFault(o.fault)
	return o.serve(ctx, svc, log, s, i)
}

// names answers the host names of the real service.
func names(keys http.Handler, svc *service.Service) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, keys)
	mux.Handle(intercept.MediaHost+"/", svc.Artifacts())
	mux.Handle("/", interception.API(svc.Handler()))
	return mux
}

// servers are the addresses of everything and of the control API. They are the
// same unless the control API has one of its own.
type servers struct{ main, control *server.Server }

func (s servers) close() {
	if s.control != s.main {
		s.control.Close()
	}
	s.main.Close()
}

func (o *options) openServers(ctx context.Context) (s servers, err error) {
	if s.main, err = server.Open(ctx, o.App, o.Server); err != nil {
		return s, err
	}
	s.control = s.main
	if o.controlListen != "" {
		if s.control, err = server.Open(ctx, o.App, server.Flags{Listen: o.controlListen, Flag: "control-listen"}); err != nil {
			s.main.Close()
			return s, err
		}
	}
	cert, err := o.certificate(s.hostNames())
	if err != nil {
		s.close()
		return s, err
	}
	if cert != nil {
		s.main.Secure(*cert, o.Server.Advertise != "")
		if s.control != s.main {
			s.control.Secure(*cert, false)
		}
	}
	return s, nil
}

// hostNames are the hosts by which others may reach the servers.
func (s servers) hostNames() []string {
	all := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil {
		all = append(all, host)
	}
	for _, srv := range []*server.Server{s.main, s.control} {
		all = append(all, server.HostOf(srv.Base))
		if host, _, err := net.SplitHostPort(srv.Listener.Addr().String()); err == nil {
			all = append(all, host)
		}
	}
	return all
}

// openService makes the service that the flags describe.
func (o *options) openService(s servers, keys *wellknown.Server, kept store.Store, log eventLog) (*service.Service, error) {
	if _, err := o.Complete(o.App); err != nil {
		return nil, err
	}
	if o.reduce.ProbeEvery > 0 && o.reduce.Failures == 0 {
		return nil, o.BadFlag("probe-every", "attempts are never reduced, want --reduce-after with it")
	}
	if o.reduce.Failures > 0 {
		o.Sender.Health = &o.reduce
	}
	o.Sender.Header = o.Header
	links := artifacts.New()
	links.BaseURL = s.main.Base + server.ArtifactsPath
	if o.intercept.Mode == interception.Always || o.intercept.Listen != "" {
		o.service.LinksURL = "https://" + intercept.MediaHost
		links.BaseURL = o.service.LinksURL
	}
	links.SetTTL(o.artifactTTL)
	measured := metrics.New(keys)
	so := &o.service
	so.Keys, so.Store, so.Log = keys, kept, log.log
	so.Sender, so.Seed, so.AllowRemote = o.Sender, o.Payload.Seed, o.AllowRemote
	so.BaseURL, so.Artifacts, so.LastingLinks = s.main.Base, links, o.artifactTTL > 0
	so.ControlURL, so.ControlApart = s.control.Base, s.control != s.main
	so.Page, so.Metrics, so.OnAttempt = page.Handler(), measured, measured.Attempt
	so.Connections = connections(openFiles())
	if so.Processing == 0 {
		so.Processing = -1 // the zero value is the default
	}
	svc, err := service.New(*so)
	if err != nil {
		return nil, exit.Usagef("serve: %s", exit.Plain(err))
	}
	o.Degrade(svc.API(), links)
	measured.Watch(svc)
	return svc, svc.SetScale(o.timeScale)
}

// serve prints the addresses and waits for the end: of the command, or by an
// interruption.
func (o *options) serve(ctx context.Context, svc *service.Service, log eventLog, s servers, i *interception.Interception) error {
	ready := server.Ready{
		KeyURL: s.main.Base + rtk.KeyDocumentPath, URL: s.main.Base, APIURL: s.main.Base + apiPath,
		ControlURL: s.control.Base + controlPath, PID: os.Getpid(),
	}
	if err := o.readyFile.Write(o.App, ready); err != nil {
		return err
	}
	defer o.readyFile.Remove()
	switch {
	case len(o.words) > 0:
		o.Notef("key URL       %s", ready.KeyURL) // standard output is the command's
	case o.Form != terminal.FormJSON:
		o.Printf("key URL: %s\n", ready.KeyURL)
	default:
		if err := o.JSONLine(ready); err != nil {
			return err
		}
	}
	o.Server.Hint(o.App)
	o.Notef("REST API      %s", ready.APIURL)
	o.Notef("control API   %s", ready.ControlURL)
	o.Notef("live page     %s/", s.control.Base)
	if i != nil {
		o.Notef("names         %s", i.Text(true))
	}
	if i.Leads() && len(o.words) == 0 {
		o.Notef(`              in another terminal: eval "$(rtkmock intercept env --from %s)"`, s.main.Base)
	}
	go log.deliveries(svc.Watch().C)
	// A request that a fault holds back would delay the end.
	defer svc.Keys().SetFault(wellknown.None) //nolint:errcheck // None is always a fault
	defer svc.API().SetFault(rest.NoFault)    //nolint:errcheck // likewise
	if len(o.words) > 0 {
		return o.runCommand(ctx, ready, i)
	}
	<-ctx.Done()
	return nil
}

// endService gives deliveries under way a moment, and says what is given up.
func (o *options) endService(svc *service.Service, lasting bool) {
	ctx, cancel := context.WithTimeout(context.Background(), server.ShutdownLimit)
	defer cancel()
	left, err := svc.Close(ctx)
	switch {
	case left > 0 && lasting:
		o.Notef("left for the next start: %s pending", terminal.Count(left, "delivery that is", "deliveries that are"))
	case left > 0:
		o.Notef("given up: %s pending", terminal.Count(left, "delivery that was", "deliveries that were"))
	}
	if err != nil && !errors.Is(err, dispatch.ErrClosed) {
		o.Notef("%s", exit.Plain(err))
	}
}
