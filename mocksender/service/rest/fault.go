package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
)

// Fault names how the API fails on purpose. It is a plain value: it can be stored,
// compared and passed on a command line.
type Fault string

// NoFault is the API as it works, the zero value.
const NoFault Fault = ""

// The faults. All calls have them alike, and none takes effect, except with Slow.
const (
	Status401 Fault = "status-401"
	Status404 Fault = "status-404"
	Status429 Fault = "status-429"
	Status500 Fault = "status-500"
	HTML      Fault = "html"
	Slow      Fault = "slow" // by Server.SlowBy
	Hang      Fault = "hang" // until the fault changes, the client leaves or Server.Limit has passed
	Down      Fault = "down"
)

// Faults returns every fault except NoFault. The caller owns the slice.
func Faults() []Fault {
	return []Fault{Status401, Status404, Status429, Status500, HTML, Slow, Hang, Down}
}

// ErrFault is wrapped by the errors of ParseFault and Server.SetFault.
var ErrFault = errors.New("rest: unknown fault")

// ParseFault returns the fault that s names: one of Faults, or "none". The error
// matches ErrFault and lists the names.
func ParseFault(s string) (Fault, error) {
	names := []string{NoFault.String()}
	for _, f := range append([]Fault{NoFault}, Faults()...) {
		if s == f.String() {
			return f, nil
		}
		if f != NoFault {
			names = append(names, f.String())
		}
	}
	return NoFault, fmt.Errorf("%w %q, want one of %s", ErrFault, s, strings.Join(names, ", "))
}

// String returns the name of the fault, "none" for NoFault.
func (f Fault) String() string {
	if f == NoFault {
		return "none"
	}
	return string(f)
}

// Doc says in one sentence what a caller gets. It is empty for what is no fault.
func (f Fault) Doc() string {
	return map[Fault]string{
		NoFault:   "The API works.",
		Status401: "Answers 401: the token has been revoked or has expired.",
		Status404: "Answers 404: nothing that a call names is there, or not yet.",
		Status429: "Answers 429 with Retry-After: the service limits the rate of calls.",
		Status500: "Answers 500: the service behind the API has failed.",
		HTML:      "Answers 200 with an HTML page: a proxy, a login page or a maintenance page in between.",
		Slow:      "Answers as always, but late.",
		Hang:      "Takes the call and does not answer: an overloaded service, or a firewall in between.",
		Down:      "Resets the connection without an answer.",
	}[f]
}

// answer fails a call. It reports whether the call goes on to be answered as always.
// changed is closed when the fault changes.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, f Fault, changed <-chan struct{}) (goesOn bool) {
	status := map[Fault]int{Status401: 401, Status404: 404, Status429: 429, Status500: 500}[f]
	switch f {
	case NoFault:
		return true
	case Slow:
		return s.wait(r, s.slowBy(), changed)
	case Hang:
		if s.wait(r, s.limit(), changed) {
			next, changed := s.faultUntil()
			if next != Hang {
				return s.answer(w, r, next, changed)
			}
			panic(http.ErrAbortHandler)
		}
		return false
	case Down:
		panic(http.ErrAbortHandler)
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>Please wait</title><p>We will be back soon.</p>\n"))
		return false
	case Status429:
		w.Header().Set("Retry-After", "1")
	}
	jsonapi.Fail(w, jsonapi.Errorf(status, "a fault that rtkmock was told to make: %s", f))
	return false
}

// wait waits for d, or until the fault changes. It returns false if the client
// leaves before.
func (s *Server) wait(r *http.Request, d time.Duration, changed <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-r.Context().Done():
		return false
	}
	return true
}
