// Package loopback serves HTTP on a free port of this machine.
package loopback

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// Listen listens on a free port.
func Listen(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
}

// Serve serves h on a free port, host:port, until stop is called. That closes all
// connections.
func Serve(ctx context.Context, h http.Handler) (addr string, stop func(), err error) {
	ln, err := Listen(ctx)
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(ln) })
	return ln.Addr().String(), func() {
		_ = server.Close()
		wg.Wait()
	}, nil
}
