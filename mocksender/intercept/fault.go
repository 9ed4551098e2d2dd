package intercept

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fault is what goes wrong before a request arrives. A Fault is a plain value.
type Fault string

// NoFault is the value of no fault.
const NoFault Fault = ""

// The faults of a host that is intercepted.
const (
	TLSRefused           Fault = "tls-refused"            // the handshake ends with an alert
	CertificateExpired   Fault = "certificate-expired"    // its time was over a minute before the start
	CertificateOtherName Fault = "certificate-other-name" // it is for a host name below this one
	// NameUnknown: the name does not resolve. With WayHosts, who has started the
	// command has to call Inside.
	NameUnknown Fault = "name-unknown"
)

// ErrFault is wrapped by errors that say that a fault is unknown.
var ErrFault = errors.New("intercept: unknown fault")

// Faults returns every fault but NoFault.
func Faults() []Fault {
	return []Fault{TLSRefused, CertificateExpired, CertificateOtherName, NameUnknown}
}

// ParseFault returns the fault that s names: one of Faults, or "none".
func ParseFault(s string) (Fault, error) {
	if s == "none" || s == "" {
		return NoFault, nil
	}
	if f := Fault(s); slices.Contains(Faults(), f) {
		return f, nil
	}
	names := []string{"none"}
	for _, f := range Faults() {
		names = append(names, string(f))
	}
	return NoFault, fmt.Errorf("%w %q, want one of %s", ErrFault, s, strings.Join(names, ", "))
}
