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
	url    string
	wg     sync.WaitGroup
}

// serve serves h, with below between it and the network unless that is nil.
func serve(ctx context.Context, h http.Handler, below func(net.Listener) net.Listener) (*face, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &face{
		server: &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)},
		addr:   ln.Addr().String(),
	}
	f.url = "http://" + f.addr
	if below != nil {
		ln = below(ln)
	}
	f.wg.Go(func() { _ = f.server.Serve(ln) })
	return f, nil
}

// close cuts what is open. It does not wait for requests that are being served:
// a receiver's Close lets those go that wait.
func (f *face) close() {
	_ = f.server.Close()
	f.wg.Wait()
}
