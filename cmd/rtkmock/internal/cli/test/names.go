package test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"sync/atomic"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/interception"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/intercept"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// names are the host names of the real service, which a target may have in its
// source.
type names struct {
	handler interception.Handler
	current atomic.Pointer[interception.Interception] // nil: they lead where they always do
	noHosts string                                    // why a command cannot have an /etc/hosts of its own
	ring    *rtk.Keyring
}

func (n *names) close() { n.current.Load().Close() }

// openInterception has the names answered, if that is wanted from the start.
func (r *run) openInterception(ctx context.Context) error {
	why := ""
	switch {
	case r.url == nil:
		why = "the built-in receiver has nothing hard-coded; it goes with a URL to test"
	case r.judging.Production:
		why = "the receiver has to have the key of the real service, and would get another one; leave it out with --profile production"
	}
	switch {
	case why != "" && r.intercept.Mode == interception.Always:
		return r.BadFlag("intercept", "%s", why)
	case why != "" && r.intercept.Listen != "":
		return r.BadFlag("intercept-listen", "%s", why)
	case why != "":
		return nil
	}
	n := &r.names
	n.handler = interception.Handler{
		Handler: r.judging.Endpoints.NamesHandler(intercept.MediaHost, interception.API(r.judging.Endpoints.API)), Failed: r.judging.Endpoints.KeyFetchFailed,
	}
	r.judging.Endpoints.KeyServer.OnFault = func(f wellknown.Fault) { n.current.Load().SetKeyFault(f) }
	command := len(r.command.words) > 0
	r.judging.Endpoints.NamesHint = func() string { return r.intercept.Hint(n.current.Load(), command) }
	r.judging.Endpoints.LinksDistrusted = func() bool { return n.current.Load().Distrusted(intercept.MediaHost) }
	r.judging.Endpoints.KeyDistrusted = func() bool { return n.current.Load().Distrusted(intercept.RealtimeHost) }
	i, denied, err := r.intercept.Open(ctx, r.App, command, n.handler)
	if err != nil {
		return err
	}
	n.noHosts = denied
	r.setInterception(i)
	return nil
}

// setInterception makes i the one in force. Download links lead to a name of its
// own, but not if the target is known to be elsewhere.
func (r *run) setInterception(i *interception.Interception) {
	r.names.current.Store(i)
	elsewhere := r.Server.Advertise != "" && r.intercept.Mode != interception.Always && r.intercept.Listen == ""
	if i != nil && !elsewhere {
		r.judging.Endpoints.LinksHost = intercept.MediaHost
	}
}

// noteInterception says what is intercepted, and how.
func (r *run) noteInterception() {
	switch i := r.names.current.Load(); {
	case i != nil:
		r.Notef("names    %s", i.Text(r.reports.Verbose))
		if r.program == nil && i.Leads() {
			r.Notef(`         in the terminal of the receiver, before it starts: eval "$(rtkmock intercept env --from %s)"`, r.server.Base)
		}
	case r.reports.Verbose && r.names.noHosts != "":
		r.Notef("names    of the real service are not answered here: %s", r.names.noHosts)
	}
}

// mayIntercept reports whether the command can be started again with interception.
func (r *run) mayIntercept() bool {
	return r.program != nil && !r.judging.Production && r.intercept.Mode == interception.Auto && !r.names.current.Load().Leads() &&
		r.judging.Endpoints.KeyServer.Fetches() == 0 && len(r.command.keyPEMEnv) == 0
}

// refusedUnfetched reports whether the run ended with the first delivery, as it does
// where the target verifies with a key from elsewhere, or fails where it cannot fetch it.
func (r *run) refusedUnfetched(rep *conformance.Report) bool {
	if rep.Complete || len(rep.Verdicts) == 0 || !r.mayIntercept() {
		return false
	}
	first := rep.Verdicts[0]
	if first.Level != conformance.Gate || first.Status != conformance.Inconclusive || len(first.Receipts) == 0 {
		return false
	}
	switch status := first.Receipts[0].Last().Outcome.Status; status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType, http.StatusTooManyRequests:
		return false // it did not come to verifying anything
	default:
		return status == 0 || status >= 400 // 0: it may still wait for its key
	}
}

// interceptNow ends the command, and starts it again in an environment that leads
// the names here. why says what came before.
func (r *run) interceptNow(ctx context.Context, why string) error {
	r.Notef("names    %s; it is started again, and finds api.realtime.cloudflare.com and the like here, by variables of its environment (--intercept)", why)
	if r.reports.Verbose {
		r.Notef("         the way environment, because: %s", r.names.noHosts)
	}
	r.names.current.Load().Close() // it may have the address of --intercept-listen
	i, err := r.intercept.Environment(ctx, r.App, cmp.Or(r.names.noHosts, why), r.names.handler)
	r.setInterception(i)
	if err != nil {
		return err
	}
	r.program.Names = i
	if r.program.Env, err = r.commandEnv(r.names.ring); err != nil {
		return err
	}
	if err := r.program.Again(ctx); err != nil && ctx.Err() == nil {
		return exit.Errorf(exit.Inconclusive, "the command could not be started again with interception: %w; --intercept never leaves it alone", err)
	}
	return nil
}

// judgeIntercepted begins the run again, with a command that is intercepted. Where
// that cannot be, it returns rep.
func (r *run) judgeIntercepted(ctx context.Context, rep *conformance.Report) (*conformance.Report, error) {
	why := "the control was refused, and the key never fetched from here"
	if r.program.Ended() != "" {
		why = "the command ended at the control, and never fetched the key from here"
	}
	err := r.interceptNow(ctx, why)
	if err == nil {
		err = r.program.AwaitReady(ctx, r.Terminal)
	}
	if ctx.Err() != nil {
		return rep, nil
	}
	if err != nil {
		r.Notef("%s", err)
		return rep, nil
	}
	r.reseed()
	return r.judge(ctx)
}

// reseed has the events of the second run be others than those of the first: a
// receiver may remember them. What the user fixed stays.
func (r *run) reseed() {
	if _, fixed := r.Origins["seed"]; fixed {
		return
	}
	seed := uint64(rand.Uint32())
	r.judging.Seed, r.judging.Sender.FaultSeed = seed, seed
	if _, fixed := r.Origins["webhook-id"]; !fixed {
		r.judging.WebhookID = rtk.NewIDs(seed, "webhook").Next()
	}
	r.Notef("seed     %d, rtk-webhook-id %s", seed, r.judging.WebhookID)
}

// intercepted is what the report says of it.
func (r *run) intercepted() *conformance.Interception {
	i := r.names.current.Load()
	if i == nil {
		return nil
	}
	out := &conformance.Interception{
		Way: string(i.Way), Why: i.Why, HardCoded: r.judging.Endpoints.KeyURLHardCoded(), Contacts: []conformance.Contact{},
	}
	if r.program != nil {
		out.KeyVariable = r.command.keyNames()[0]
		out.KeyHidden = r.keyHidden()
	}
	for _, c := range i.Contacts() {
		out.Contacts = append(out.Contacts, conformance.Contact(c))
	}
	return out
}
