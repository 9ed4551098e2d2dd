package mocksendertest

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rtkmock/rtkmock/mocksender/intercept"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Serve serves a receiver until the test ends, on a free loopback port or in
// Options.Net, and returns its URL, under the path /webhook.
func (f *Fake) Serve(h http.Handler) string {
	f.t.Helper()
	return f.listen(h, fmt.Sprintf("receiver%d.test:80", f.served.Add(1))) + "/webhook"
}

// listen serves h, in memory under the name addr, and returns its URL without a
// path.
func (f *Fake) listen(h http.Handler, addr string) string {
	f.t.Helper()
	var ln net.Listener
	var err error
	if f.o.Net != nil {
		ln, err = f.o.Net.Listen(addr)
	} else {
		ln, err = new(net.ListenConfig).Listen(f.t.Context(), "tcp", "127.0.0.1:0")
	}
	f.must(err)
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(ln) })
	f.t.Cleanup(func() {
		_ = server.Close()
		wg.Wait()
	})
	return "http://" + hostOf(ln.Addr().String())
}

// hostOf leaves out the port that http implies.
func hostOf(addr string) string {
	if host, port, err := net.SplitHostPort(addr); err == nil && port == "80" {
		return host
	}
	return addr
}

// Client returns an HTTP client that reaches the fake and what Serve serves,
// also in Options.Net: for a receiver to fetch its key with. Requests to the
// host names of RealtimeKit (intercept.Hosts) get to the fake as well, so the
// receiver may have them hard-coded.
func (f *Fake) Client() *http.Client {
	transport := &http.Transport{}
	if f.o.Net != nil {
		transport.DialContext = f.o.Net.DialContext
	}
	f.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: &leading{transport, strings.TrimPrefix(f.base, "http://")}}
}

// leading is a transport that leads the host names of RealtimeKit to the fake.
type leading struct {
	*http.Transport
	fake string // host:port
}

// RoundTrip sends a request with its own host name, wherever it goes.
func (l *leading) RoundTrip(r *http.Request) (*http.Response, error) {
	port := r.URL.Port()
	if r.URL.Scheme != "https" || port != "" && port != "443" || !slices.Contains(intercept.Hosts(), strings.ToLower(r.URL.Hostname())) {
		return l.Transport.RoundTrip(r)
	}
	led := r.Clone(r.Context())
	if led.Host == "" {
		led.Host = r.URL.Host
	}
	led.URL.Scheme, led.URL.Host = "http", l.fake
	res, err := l.Transport.RoundTrip(led)
	if err == nil {
		res.Request = r
	}
	return res, err
}

// Intercept returns an environment for a child process: environ, such as
// os.Environ, with variables that lead requests to the host names of RealtimeKit
// to the fake, until t ends. The child may have them hard-coded. Some clients
// ignore the environment: package intercept has a table. It needs a loopback
// network, so Options.Net has to be nil.
func (f *Fake) Intercept(t testing.TB, environ []string) []string {
	t.Helper()
	if f.o.Net != nil {
		t.Fatalf("mocksendertest: Intercept is for another process, which does not reach Options.Net")
	}
	i, err := intercept.Start(t.Context(), intercept.Options{Handler: f.main, Environ: environ})
	if err != nil {
		t.Fatalf("mocksendertest: %v", err)
	}
	t.Cleanup(func() {
		for _, c := range i.Contacts() {
			f.logf("%s: answered %s", c.Host, counted(c.Answered, "request", "requests"))
		}
		if err := i.Close(); err != nil {
			t.Errorf("mocksendertest: %v", err)
		}
	})
	for _, note := range i.Notes() {
		f.logf("%s", note)
	}
	return i.Environ(environ)
}

// handler serves the key document, the downloads and the REST API.
func (f *Fake) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, f.keys)
	mux.Handle("/artifacts/", http.StripPrefix("/artifacts", f.artifacts))
	mux.Handle(intercept.MediaHost+"/", f.artifacts)
	api := f.o.REST
	if api == nil {
		api = f.api
	}
	mux.Handle("/", api)
	return mux
}
