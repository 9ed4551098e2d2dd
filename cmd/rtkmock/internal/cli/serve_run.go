package cli

import (
	"context"
	"errors"
	"strconv"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/metrics"
	"github.com/rtkmock/rtkmock/mocksender/service/page"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// ready is what --ready-file and --output json tell of a server.
type ready struct {
	KeyURL     string `json:"key_url,omitempty"`
	URL        string `json:"url"`
	APIURL     string `json:"api_url,omitempty"`
	ControlURL string `json:"control_url,omitempty"`
	EffectsURL string `json:"effects_url,omitempty"`
	PID        int    `json:"pid"`
}

// Paths of what serve serves.
const (
	apiPath     = "/client/v4"
	controlPath = "/_rtkmock"
)

func (a *app) serve(f *serveFlags) error {
	disk, err := a.openState(f)
	if err != nil {
		return err
	}
	closeDisk := func() {}
	if disk != nil {
		closeDisk = func() { _ = disk.Close() } // unless the service has done so
	}
	defer closeDisk()
	keyring := inBackground(func() (*rtk.Keyring, error) { return a.stateKeys(f.key, disk) }) // while the address is opened
	main, control, closeFaces, err := a.openFaces(f)
	if err != nil {
		return err
	}
	defer closeFaces()
	keys, err := keyring()
	if err != nil {
		return err
	}
	server := wellknown.New(keys)
	if err := server.SetFault(f.fault); err != nil {
		return a.bad("key-fault", "%s", plain(err))
	}
	first := newGate(server)
	log := a.newServeLog(f.logFormat)
	main.serve(logged(log, first))
	first.keyFirst()
	svc, err := a.openService(f, server, kept(disk, f.keep), log, main, control)
	if err != nil {
		return err
	}
	defer a.endService(svc, disk != nil)
	first.let(svc.Handler())
	if control != main {
		control.serve(logged(log, svc.ControlHandler()))
	}
	return a.serveUntilEnd(f, svc, log, main, control)
}

// openFaces opens the addresses of everything and of the control API, which is
// the same unless it has one of its own.
func (a *app) openFaces(f *serveFlags) (main, control *face, closeAll func(), err error) {
	if main, err = a.listen(f.listen); err != nil {
		return nil, nil, nil, err
	}
	control, closeAll = main, main.close
	if f.controlListen != "" {
		if control, err = a.listen(listenFlags{addr: f.controlListen, flag: "control-listen"}); err != nil {
			main.close()
			return nil, nil, nil, err
		}
		closeAll = func() {
			control.close()
			main.close()
		}
	}
	cert, err := a.certificate(f.tls, f.state, hostNames(main, control))
	if err != nil {
		closeAll()
		return nil, nil, nil, err
	}
	main.secure(cert, f.listen.advertise != "")
	if control != main {
		control.secure(cert, false)
	}
	return main, control, closeAll, nil
}

// openService makes the service that the flags describe.
func (a *app) openService(f *serveFlags, keys *wellknown.Server, store service.Store, log serveLog, main, control *face) (*service.Service, error) {
	sender, err := a.senderOptions(&f.deliveryFlags)
	if err != nil {
		return nil, err
	}
	profile, err := a.retryProfile(&f.retry)
	if err != nil {
		return nil, err
	}
	if f.probeEvery > 0 && f.reduceAfter == 0 {
		return nil, a.bad("probe-every", "attempts are never reduced, want --reduce-after with it")
	}
	if f.reduceAfter > 0 {
		sender.Health = &mocksender.HealthPolicy{Failures: f.reduceAfter, ProbeEvery: f.probeEvery}
	}
	seed := f.seedOr()
	f.retry.into(&sender, seed)
	sender.Retry, sender.Timeout, sender.Header = profile, f.timeout, f.headers()
	links := artifacts.New()
	links.BaseURL = main.base + artifactsPath
	links.SetTTL(f.artifactTTL)
	measured := metrics.New(keys)
	o := service.Options{
		Keys: keys, Artifacts: links, BaseURL: main.base, Sender: sender, Seed: seed,
		Store: store,
		Token: f.token, ConflictOnURL: f.conflict, NoneIs404: f.noneIs404, AllowRemote: f.allowRemote,
		ControlToken: f.controlToken, ControlApart: control != main, ControlURL: control.base,
		Page:         page.Handler(),
		LastingLinks: f.artifactTTL > 0,
		Queue:        f.queue,
		Connections:  connections(openFiles()),
		Log:          log.inside(),
		OnAttempt:    measured.Attempt,
		Metrics:      measured,
	}
	svc, err := service.New(o)
	if err != nil {
		return nil, usagef("serve: %s", plain(err))
	}
	measured.Watch(svc)
	return svc, svc.SetScale(f.timeScale)
}

// serveUntilEnd tells the addresses and waits for the end.
func (a *app) serveUntilEnd(f *serveFlags, svc *service.Service, log serveLog, main, control *face) error {
	told := ready{
		KeyURL: main.base + rtk.KeyDocumentPath, URL: main.base, APIURL: main.base + apiPath,
		ControlURL: control.base + controlPath, PID: pid(),
	}
	if err := a.tell(f.readyFile, f.output, told, "key URL: "+told.KeyURL); err != nil {
		return err
	}
	defer a.untell(f.readyFile)
	a.hintListen(f.listen)
	a.logf("rtkmock: webhooks API  %s", told.APIURL)
	a.logf("rtkmock: control API   %s", told.ControlURL)
	a.logf("rtkmock: live page     %s/", control.base)
	watch := svc.Watch()
	go noteDeliveries(log, watch.C)
	<-a.ctx.Done()
	// A request that a fault holds back would hold the end up too.
	_ = svc.Keys().SetFault(wellknown.None)
	return nil
}

// endService gives what is under way a moment, and says what is given up.
func (a *app) endService(svc *service.Service, lasting bool) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	left, err := svc.Close(ctx)
	switch {
	case left > 0 && lasting:
		a.logf("rtkmock: left for the next start: %s pending", countOf(left, "delivery that is", "deliveries that are"))
	case left > 0:
		a.logf("rtkmock: given up: %s pending", countOf(left, "delivery that was", "deliveries that were"))
	}
	if err != nil && !errors.Is(err, service.ErrClosed) {
		a.logf("rtkmock: %s", oneLine(plain(err)))
	}
}

// noteDeliveries notes the end of each delivery.
func noteDeliveries(log serveLog, updates <-chan service.Update) {
	for u := range updates {
		switch {
		case u.Kind == service.Missed:
			log.missed()
		case u.Kind == service.DeliverySet && u.Delivery.State != service.Pending:
			log.delivery(u)
		}
	}
}

func deliveryLine(d *service.Summary) string {
	line := string(d.Event) + " to " + d.URL + "  " + string(d.State)
	switch {
	case d.Reason != "":
		line += ": " + d.Reason
	case d.Status > 0:
		line += " with " + strconv.Itoa(d.Status)
	case d.Error != "":
		line += ": " + d.Error
	}
	if d.Attempts > 1 {
		line += ", after " + strconv.Itoa(d.Attempts) + " attempts"
	}
	return line + "  (delivery " + strconv.FormatUint(d.ID, 10) + ")"
}
