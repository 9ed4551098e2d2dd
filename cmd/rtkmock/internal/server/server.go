package server

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// ShutdownLimit is how long a server that ends waits for answers under way.
const ShutdownLimit = 2 * time.Second

// Server answers at one address.
type Server struct {
	Listener net.Listener
	Base     string // URL by which others reach it, without a path
	http     *http.Server

	mu     sync.Mutex
	unused map[net.Conn]bool // connections on which nothing has come yet
}

// Secure makes the server speak TLS. A Base that was not advertised gets https.
func (s *Server) Secure(cert tls.Certificate, advertised bool) {
	s.Listener = tls.NewListener(s.Listener, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}})
	if !advertised {
		s.Base = "https://" + strings.TrimPrefix(s.Base, "http://")
	}
}

// Serve starts answering.
func (s *Server) Serve(h http.Handler) {
	s.http = &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		// What a client does wrong is the client's affair.
		ErrorLog:  log.New(io.Discard, "", 0),
		ConnState: s.track,
	}
	go s.http.Serve(s.Listener) //nolint:errcheck // ends with Close
}

// track keeps account of the unused connections.
func (s *Server) track(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unused == nil {
		s.unused = map[net.Conn]bool{}
	}
	if state == http.StateNew {
		s.unused[c] = true
	} else {
		delete(s.unused, c)
	}
}

// Close stops answering, after a short while for answers under way. Clients open
// connections in advance; Close does not wait for unused ones.
func (s *Server) Close() {
	s.Listener.Close()
	if s.http == nil {
		return
	}
	s.mu.Lock()
	unused := slices.Collect(maps.Keys(s.unused))
	s.mu.Unlock()
	for _, c := range unused {
		c.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), ShutdownLimit)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// Abort stops answering at once.
func (s *Server) Abort() {
	s.Listener.Close()
	if s.http != nil {
		s.http.Close()
	}
}
