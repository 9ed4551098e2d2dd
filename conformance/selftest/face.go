package selftest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// face is a server on a loopback port.
type face struct {
	server *http.Server
	addr   string // host:port
	wg     sync.WaitGroup
}

func listen(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
}

func serve(ctx context.Context, h http.Handler) (*face, error) {
	ln, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	f := &face{
		server: &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)},
		addr:   ln.Addr().String(),
	}
	f.wg.Go(func() { _ = f.server.Serve(ln) })
	return f, nil
}

// close cuts what is open.
func (f *face) close() {
	_ = f.server.Close()
	f.wg.Wait()
}
