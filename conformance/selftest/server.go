package selftest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// server is an HTTP server on a loopback port.
type server struct {
	http *http.Server
	addr string // host:port
	wg   sync.WaitGroup
}

func serve(ctx context.Context, h http.Handler) (*server, error) {
	ln, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	s := &server{
		http: &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)},
		addr: ln.Addr().String(),
	}
	s.wg.Go(func() { _ = s.http.Serve(ln) })
	return s, nil
}

func listen(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
}

// client returns an HTTP client that takes every host for s.
func (s *server) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.addr)
		},
		MaxIdleConnsPerHost: 4,
	}}
}

// close closes all connections.
func (s *server) close() {
	_ = s.http.Close()
	s.wg.Wait()
}
