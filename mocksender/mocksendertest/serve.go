package mocksendertest

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
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
// also in Options.Net: for a receiver to fetch its key with.
func (f *Fake) Client() *http.Client {
	transport := &http.Transport{}
	if f.o.Net != nil {
		transport.DialContext = f.o.Net.DialContext
	}
	f.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
