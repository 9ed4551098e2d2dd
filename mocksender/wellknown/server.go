package wellknown

import (
	"cmp"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/requestlog"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// What the zero values of Server's fields stand for.
const (
	DefaultLimit         = time.Minute
	DefaultDripEvery     = 100 * time.Millisecond
	DefaultOversizeBytes = 16 << 20 // more than the buffers on the way hold
	DefaultLogLimit      = 10_000
)

// Server serves the key document of a keyring on whatever path it is mounted,
// usually rtk.KeyDocumentPath. Make one with New. Its methods are safe for
// concurrent use. The exported fields may be set before the first request.
//
// A request that Hang or Drip holds also holds http.Server.Shutdown. Change the
// fault first, or use Close.
type Server struct {
	// Limit bounds how long Hang, Drip or a client that does not read hold one
	// request; then its connection is reset. 0: DefaultLimit.
	Limit time.Duration
	// DripEvery is the time between two bytes with Drip. 0: DefaultDripEvery.
	DripEvery time.Duration
	// OversizeBytes is the padding with Oversize. 0: DefaultOversizeBytes.
	OversizeBytes int64
	// LogLimit is how many requests the log holds; older ones are only counted. 0:
	// DefaultLogLimit.
	LogLimit int
	// OnFault is called with each new fault, for who accepts the connections. Nil:
	// nobody is told.
	OnFault func(Fault)

	keys  *rtk.Keyring
	ecPEM func() (string, error)

	mu      sync.Mutex
	fault   Fault
	changed chan struct{} // closed, and replaced, when fault changes
	instead func(publicPEM string) []byte
	journal journal
}

// New returns a server for the key document of keys, without a fault.
func New(keys *rtk.Keyring) *Server {
	return &Server{
		keys:    keys,
		ecPEM:   sync.OnceValues(newECPEM),
		changed: make(chan struct{}),
		journal: journal{arrived: make(chan struct{})},
	}
}

// Keys returns the keyring whose document is served. Rotating it changes the
// document from the next answer on.
func (s *Server) Keys() *rtk.Keyring { return s.keys }

// Fault returns the present fault.
func (s *Server) Fault() Fault {
	f, _ := s.faultUntil()
	return f
}

// faultUntil returns the present fault, and a channel that is closed when it
// changes.
func (s *Server) faultUntil() (Fault, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault, s.changed
}

// SetFault makes f answer from the next request on; None removes the fault. It
// also ends the waiting of requests that Hang or Drip hold: a hung request is
// answered as if it arrived now, a dripping one gets the rest of its document at
// once. An unknown fault changes nothing; the error matches ErrFault.
func (s *Server) SetFault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	changed := f != s.fault
	if changed {
		s.fault = f
		close(s.changed)
		s.changed = make(chan struct{})
	}
	s.mu.Unlock()
	if changed && s.OnFault != nil {
		s.OnFault(f)
	}
	return nil
}

// Replace has document answer in place of the genuine document while there is no
// fault. nil takes that back.
func (s *Server) Replace(document func(publicPEM string) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instead = document
}

func (s *Server) replacement() func(publicPEM string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.instead
}

// PaddingBytes is how much more than the genuine document Oversize sends.
func (s *Server) PaddingBytes() int64 { return cmp.Or(s.OversizeBytes, DefaultOversizeBytes) }

func (s *Server) limit() time.Duration { return cmp.Or(s.Limit, DefaultLimit) }

// ServeHTTP answers GET and HEAD as the present fault says, and 405 to every
// other method. To cut a connection that it cannot take over it panics with
// http.ErrAbortHandler, as net/http asks for.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fetch, changed := s.begin(r)
	counted := &requestlog.Writer{ResponseWriter: w}
	defer s.end(fetch, counted)
	if !reads(r.Method) {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(counted, fmt.Sprintf("method %s is not allowed, want GET", fetch.Method), http.StatusMethodNotAllowed)
		return
	}
	s.answer(counted, r, fetch.Fault, changed)
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }
