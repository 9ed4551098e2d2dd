package cli

import (
	"io/fs"
	"net"
	"net/url"
	"time"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// builtIn is the reference receiver in this process, on a port of its own.
type builtIn struct {
	*receivers.Process
	url *url.URL
}

// predecessorReceiver names the reference receiver that reads the headers of
// the predecessor.
const predecessorReceiver = "predecessor-headers"

// openBuiltIn starts the reference receiver, as it would be set up for the
// header names of the deliveries.
func (a *app) openBuiltIn(c receivers.Config, names string) (*builtIn, error) {
	receiver := receivers.Reference(c)
	if names == string(rtk.HeadersDyte) {
		var err error
		if receiver, err = receivers.Flawed(predecessorReceiver, c); err != nil {
			return nil, err
		}
	}
	ln, err := new(net.ListenConfig).Listen(a.ctx, "tcp", defaultListen)
	if err != nil {
		if a.interrupted() {
			return nil, errInterrupted()
		}
		return nil, err
	}
	return &builtIn{
		Process: receivers.Serve(ln, receiver),
		url:     &url.URL{Scheme: "http", Host: ln.Addr().String(), Path: webhookPath},
	}, nil
}

func (b *builtIn) close() { b.Close() }

// How long the built-in receiver waits for its key, and after a fetch that failed
// for the next: where the endpoint hangs or fails, the run waits with it. Its
// endpoint is in the same process.
const (
	builtInFetch = 150 * time.Millisecond
	builtInRetry = 5 * time.Millisecond
)

// builtInQuiet is how long nothing more may come of the built-in receiver, whose
// effects are there when it answers and whose downloads follow at once.
const builtInQuiet = 10 * time.Millisecond

// useBuiltIn makes the reference receiver the target of a run.
func (a *app) useBuiltIn(p *prepared) (err error) {
	p.builtIn, err = a.openBuiltIn(receivers.Config{
		KeyURL: p.options.Endpoints.KeyURL(), Events: p.flags.events, FetchTime: builtInFetch, RetryEvery: builtInRetry,
	}, p.flags.headerNames)
	if err != nil {
		return err
	}
	o := &p.options
	o.Target.URL = p.builtIn.url.String()
	process := p.builtIn.Process
	o.Target.Effects = effects.CounterFunc(func(uuid string) int { return process.Receiver().Count(uuid) })
	o.Target.Restart = p.builtIn.Process
	o.Target.Embedded = true
	o.Quiet = builtInQuiet
	return nil
}

// attacker is the key that forgeries are signed with. To make one takes a tenth
// of a second, so that the built-in receiver, which is told of a fresh key alone,
// meets one that everybody knows.
func (a *app) attacker(p *prepared) *rtk.Keyring {
	if p.url == nil && p.flags.key == "" {
		if pem, err := fs.ReadFile(fixtures.FS(), fixtures.OtherKeyPath); err == nil {
			if key, err := rtk.ParsePrivateKey(pem); err == nil {
				return rtk.NewKeyring(key)
			}
		}
	}
	return rtk.GenerateKeyring()
}
