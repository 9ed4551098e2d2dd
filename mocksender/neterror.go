package mocksender

// Class is a kind of network failure.
type Class string

const (
	ClassRefused  Class = "refused"  // nothing listens there
	ClassReset    Class = "reset"    // the connection was cut before a complete response header
	ClassTimeout  Class = "timeout"  // no complete response header within the time-out
	ClassTLS      Class = "tls"      // the TLS handshake failed, or only one side speaks TLS
	ClassDNS      Class = "dns"      // the host name does not resolve
	ClassProtocol Class = "protocol" // what came back is not HTTP, or its header is too large
	ClassOther    Class = "other"    // unreachable network, and what else the system reports
	ClassCanceled Class = "canceled" // the caller's context ended
	ClassOwn      Class = "own"      // this process ran out of files: the target was not asked
)

// NetError is why an attempt has no status.
type NetError struct {
	Class Class
	// Msg is one short line for people. It names the target by host and port.
	Msg string
	// Err is what the system or the standard library reported; nil where the
	// Sender itself gave up.
	Err error
}

// Error returns Msg: it is shown as it is, so it bears no prefix.
func (e *NetError) Error() string { return e.Msg }

// Unwrap returns Err.
func (e *NetError) Unwrap() error { return e.Err }
