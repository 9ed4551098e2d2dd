package selftest

import (
	"context"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// stationURL is the name of the station in all runs. With one name, one key and
// meetings that start at the same minute, runs send mostly the same bytes, and
// what one of them has signed is signed for the others: signing would be nearly
// all of their cost.
const stationURL = "http://station.test"

// Lab judges receivers, each in a run of its own. It is safe for concurrent
// use.
type Lab struct {
	keys, attacker *rtk.Keyring
	next           *rtk.Keyring // the key that each run changes to
	signatures     *mocksender.Signatures
	start          time.Time // of the generated meetings
}

// NewLab returns a lab that signs with keys, and forges with attacker. Nil: a
// key is made when it is first needed.
func NewLab(keys, attacker *rtk.Keyring) *Lab {
	if keys == nil {
		keys = rtk.GenerateKeyring()
	}
	if attacker == nil {
		attacker = rtk.GenerateKeyring()
	}
	return &Lab{
		keys:       keys,
		attacker:   attacker,
		next:       rtk.GenerateKeyring(),
		signatures: mocksender.NewSignatures(),
		start:      time.Now().Add(-2 * time.Minute).Truncate(time.Minute),
	}
}

// Trial is how one run is done.
type Trial struct {
	Checks   []*conformance.Check // required
	Seed     uint64
	Parallel int // checks at a time; 0: 1, which makes runs most alike
}

// Judge runs the checks of t against the receiver of s and holds the verdicts
// against what s lists. The error is about the lab, as where no port is to be
// had.
func (l *Lab) Judge(ctx context.Context, s Subject, t Trial) (*Result, error) {
	key, err := l.keys.Key()
	if err != nil {
		return nil, err
	}
	// A run changes the key, so the keyring is its own.
	station := conformance.NewEndpointsWithAttacker(l.attacker, rtk.NewKeyring(key), stationURL)
	station.Next, station.OtherBase = l.next, "http://elsewhere.test"
	station.KeyServer.OversizeBytes = 16 << 20 // more than the buffers on the way hold
	face, err := serve(ctx, station.Handler())
	if err != nil {
		return nil, err
	}
	defer face.close()
	config, err := l.config(station, face)
	if err != nil {
		return nil, err
	}
	defer config.Client.CloseIdleConnections()
	ln, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	process := receivers.Serve(ln, s.New(config))
	defer process.Close()

	o := l.options(s)
	if s.Setup.Production {
		t.Checks = slices.DeleteFunc(slices.Clone(t.Checks), func(c *conformance.Check) bool { return !c.Production })
	}
	o.Endpoints, o.Checks, o.Seed = station, t.Checks, t.Seed
	o.Parallel = max(o.Parallel, t.Parallel)
	o.Target.URL = "http://" + ln.Addr().String() + s.Setup.Path
	o.Target.Restart = process
	if !s.Setup.Unseen {
		o.Target.Effects = effects.CounterFunc(func(uuid string) int { return process.Receiver().Count(uuid) })
	}
	report, err := conformance.Run(ctx, o)
	if err != nil {
		return nil, err
	}
	return held(s, report), nil
}

// config is what the receivers are told. What they wait for is short.
func (l *Lab) config(station *conformance.Endpoints, face *face) (receivers.Config, error) {
	key, err := l.keys.Key()
	if err != nil {
		return receivers.Config{}, err
	}
	return receivers.Config{
		KeyURL:      station.KeyURL(),
		Client:      face.client(),
		PublicKey:   &key.PublicKey,
		Slow:        30 * time.Millisecond,
		Pause:       5 * time.Millisecond,
		WakeAfter:   200 * time.Millisecond,
		Rarely:      rarely,
		FetchTime:   500 * time.Millisecond,
		EffectDelay: 150 * time.Millisecond,
		MaxAge:      11 * time.Hour, // meetings start when the lab was made, and a check sends what is a day old
	}, nil
}

// client returns an HTTP client for which every host is f.
func (f *face) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, f.addr)
		},
		MaxIdleConnsPerHost: 4,
	}}
}
