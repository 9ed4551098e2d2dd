package mocksendertest

import (
	"crypto/rsa"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/internal/memnet"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Net is a network in memory. The zero value is ready.
type Net = memnet.Net

// Options say how a Fake is made. The zero value is useful: the key of the
// fixtures, on a free loopback port.
type Options struct {
	// Keys signs, and its public half is served. Nil: a keyring of the fake's
	// own with the test key of the package fixtures, which need not be made.
	Keys *rtk.Keyring
	// Sender is the base of the sender's options: retries, faults, header
	// names. Keys and, with Net, Dial are filled in.
	Sender mocksender.Options
	// Payload fixes the meetings of Event and Play, and its seed the ids of Meeting.
	// Each call of Event has a meeting of its own, of the next seed. BaseURL is filled
	// in: the download links lead to the fake.
	Payload payload.Options
	// Net is a network in memory that everything uses: the key is served at one
	// of its hosts, Serve listens in it, and Client dials in it. Nil: loopback.
	Net *Net
	// REST answers requests to the fake for anything but the key document and the
	// downloads, such as the handler of the package service. Nil: the REST API of
	// RealtimeKit, of which Meeting makes meetings.
	REST http.Handler
}

// Fake is RealtimeKit for one test. Its methods fail the test where the fake
// itself cannot go on, never because of what a receiver answers; like t.Fatal,
// they belong in the test's own goroutine. Make one with New.
type Fake struct {
	t         testing.TB
	o         Options
	keys      *wellknown.Server
	artifacts *artifacts.Server
	base      string
	platform  *platform.Platform
	api       *rest.Server
	main      http.Handler  // of base
	ready     chan struct{} // closed when main is there
	sender    *mocksender.Sender
	seed      atomic.Uint64
	served    atomic.Int64

	mu       sync.Mutex
	receipts []mocksender.Receipt
	caused   []rtk.Event // see Caused
}

// New returns a Fake that serves its key until the test ends.
func New(t testing.TB, o Options) *Fake {
	t.Helper()
	if o.Keys == nil {
		key, err := rtk.ParsePrivateKey(fixtures.PrivateKey())
		if err != nil {
			t.Fatalf("mocksendertest: %v", err)
		}
		o.Keys = rtk.NewKeyring(key)
	}
	f := &Fake{t: t, keys: wellknown.New(o.Keys), artifacts: artifacts.New(), ready: make(chan struct{})}
	f.seed.Store(o.Payload.Seed)
	f.o = o
	f.base = f.listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-f.ready
		f.main.ServeHTTP(w, r)
	}), "fake.test:80")
	f.openPlatform()
	f.main = f.handler()
	close(f.ready)
	f.o.Payload.BaseURL = f.base + "/artifacts"
	f.o.Sender.Keys = o.Keys
	if o.Net != nil {
		f.o.Sender.Dial = o.Net.DialContext
	}
	var err error
	f.sender, err = mocksender.New(f.o.Sender)
	f.must(err)
	t.Cleanup(f.sender.Close)
	// A request that is held back would block the server's end.
	t.Cleanup(func() {
		_ = f.keys.SetFault(wellknown.None)
		_ = f.api.SetFault(rest.NoFault)
	})
	return f
}

// KeyURL is where the key document is served: what the receiver fetches.
func (f *Fake) KeyURL() string { return f.base + rtk.KeyDocumentPath }

// PublicPEM returns the public key, for receivers that pin it.
func (f *Fake) PublicPEM() string {
	f.t.Helper()
	text, err := f.o.Keys.PublicPEM()
	f.must(err)
	return text
}

// KeyServer is the key endpoint. Its log shows when the receiver came.
func (f *Fake) KeyServer() *wellknown.Server { return f.keys }

// Artifacts serves what the download links lead to. Its log shows who came.
func (f *Fake) Artifacts() *artifacts.Server { return f.artifacts }

// KeyFault makes the key endpoint answer as fault says, until the next call or
// the end of the test. wellknown.None ends it.
func (f *Fake) KeyFault(fault wellknown.Fault) {
	f.t.Helper()
	f.must(f.keys.SetFault(fault))
	f.logf("the key endpoint: %s", fault)
}

// APIFault makes the REST API answer as fault says, until the next call or the end
// of the test. rest.NoFault ends it. It does nothing to Options.REST.
func (f *Fake) APIFault(fault rest.Fault) {
	f.t.Helper()
	f.must(f.api.SetFault(fault))
	f.logf("the REST API: %s", fault)
}

// RotateKey signs with another key from now on, and serves it: key, or a fresh
// one if key is nil. It returns the new key.
func (f *Fake) RotateKey(key *rsa.PrivateKey) *rsa.PrivateKey {
	f.t.Helper()
	if key == nil {
		var err error
		key, err = rtk.GenerateKey()
		f.must(err)
	}
	f.o.Keys.Rotate(key)
	f.logf("the key was rotated")
	return key
}

// Receipts returns what became of all deliveries so far, in the order in which
// they ended. Those of Play are in its result.
func (f *Fake) Receipts() []mocksender.Receipt {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]mocksender.Receipt(nil), f.receipts...)
}

func (f *Fake) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatalf("mocksendertest: %v", err)
	}
}

func (f *Fake) logf(format string, args ...any) {
	fmt.Fprintf(f.t.Output(), "mocksendertest: "+format+"\n", args...)
}
