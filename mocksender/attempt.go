package mocksender

import (
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// Attempt is one try of a delivery.
type Attempt struct {
	N       int       // 1 for the first
	At      time.Time // when it began
	Request Request   // what was put on the wire
	Outcome Outcome
	// Reached says that the request was put on the wire. It is false only
	// under a fault that keeps it from the target.
	Reached bool
	// Fault is the fault of the attempt, as Fault.String has it; empty for
	// none.
	Fault string
	// Target is what the target answered where a fault hid that from the
	// sender, which saw Outcome instead. Nil otherwise.
	Target *Outcome
	// Resent says that the target closed an idle connection just as the
	// request went out on it, without a byte of an answer, so that the request
	// was sent once more on a fresh one. Without this, a server's keep-alive
	// time-out would look like a failed delivery.
	Resent bool
}

// Request is what one attempt put on the wire. The attempts of one delivery
// share its header and bytes; none of them may be modified.
type Request struct {
	Method string
	URL    string
	// Header holds the fields by the spelling that went out, without those that
	// follow from the URL and the framing (Host, Content-Length, …). Head has
	// them all.
	Header http.Header
	// Head is the exact bytes before the body, from the request line to the
	// empty line.
	Head []byte
	Body []byte
	// Size is the length of the body where Body is not all of it, as in an
	// account that was read back from a report. 0: that of Body.
	Size int
	// Framing says how Body followed Head.
	Framing mutation.Framing
}

// Field returns the first value of the header field called name, in whatever
// spelling it went out, or "".
func (r Request) Field(name string) string { return header.Get(r.Header, name) }

// wire returns r as a mutation sees it.
func (r Request) wire() *mutation.Wire {
	return &mutation.Wire{Method: r.Method, URL: r.URL, Header: r.Header, Body: r.Body, Framing: r.Framing}
}
