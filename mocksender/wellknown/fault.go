package wellknown

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Fault names how the key endpoint answers. It is a plain value: it can be
// stored, compared and passed on a command line.
type Fault string

// None is the genuine document, the zero value.
const None Fault = ""

// With these faults nobody can get the key.
const (
	Status500    Fault = "status-500"
	Hang         Fault = "hang" // until the fault changes, the client leaves or Server.Limit has passed
	HTML         Fault = "html"
	EmptyData    Fault = "empty-data"
	EmptyKey     Fault = "empty-key"
	SuccessFalse Fault = "success-false"
	BadPEM       Fault = "bad-pem"
	ECKey        Fault = "ec-key"
	Down         Fault = "down"
)

// With these faults the connection fails before a request arrives. They take
// effect where the endpoint is served over TLS by somebody who heeds
// Server.OnFault; any other request has its connection reset.
const (
	TLSRefused           Fault = "tls-refused"
	CertificateExpired   Fault = "certificate-expired"
	CertificateOtherName Fault = "certificate-other-name"
	NameUnknown          Fault = "name-unknown"
)

// With these variants a client that handles them still gets the genuine key.
const (
	PEMEscaped        Fault = "pem-escaped"
	PEMCRLF           Fault = "pem-crlf"
	RedirectCrossHost Fault = "redirect-cross-host" // needs a URL, see RedirectTo
	Oversize          Fault = "oversize"            // Server.PaddingBytes of padding
	Drip              Fault = "drip"                // a byte every Server.DripEvery, for Server.Limit at most
)

// kind is a fault without the URL that RedirectTo adds, and what it does.
type kind struct {
	fault      Fault
	variant    bool
	connection bool
	doc        string
}

func kinds() []kind {
	return []kind{
		{Status500, false, false, "Answers 500: the service behind the endpoint has failed."},
		{Hang, false, false, "Takes the request and does not answer: an overloaded service, or a firewall in between."},
		{HTML, false, false, "Answers 200 with an HTML page: a proxy, a login page or a maintenance page in between."},
		{EmptyData, false, false, `Answers 200 with "data" empty: the document without its key.`},
		{EmptyKey, false, false, `Answers 200 with an empty "publicKey".`},
		{SuccessFalse, false, false, `Answers 200 with "success" false and "data" null: only the body says that it is an error.`},
		{BadPEM, false, false, "Answers 200 with PEM text that holds half a key."},
		{ECKey, false, false, "Answers 200 with a sound public key of the wrong kind, an elliptic curve's."},
		{Down, false, false, "Resets the connection without an answer."},
		{TLSRefused, false, true, "Ends the TLS handshake with an alert; without TLS, resets the connection."},
		{CertificateExpired, false, true, "Shows a certificate that has expired; without TLS, resets the connection."},
		{CertificateOtherName, false, true, "Shows a certificate for another host name; without TLS, resets the connection."},
		{NameUnknown, false, true, "Has the host name resolve to nothing; elsewhere, resets the connection."},
		{PEMEscaped, true, false, `Escapes the line breaks of the PEM text twice; the guide's own sample removes literal \n.`},
		{PEMCRLF, true, false, "Ends the lines of the PEM text with CRLF."},
		{RedirectCrossHost, true, false, "Redirects to another URL. Whoever controls this answer can choose it."},
		{Oversize, true, false, "Sends megabytes of padding after the genuine key: more than a key document can need."},
		{Drip, true, false, "Sends the genuine document a byte at a time: every byte arrives in time, the whole does not."},
	}
}

// ErrFault is wrapped by the errors of ParseFault and Server.SetFault.
var ErrFault = errors.New("wellknown: unknown fault")

// RedirectTo returns the fault that redirects every fetch to target, an absolute
// http or https URL. It reads redirect-cross-host=URL.
func RedirectTo(target string) Fault { return RedirectCrossHost + "=" + Fault(target) }

// Faults returns every fault and variant except None, faults first. It returns
// RedirectCrossHost without a URL. The caller owns the slice.
func Faults() []Fault {
	var out []Fault
	for _, k := range kinds() {
		out = append(out, k.fault)
	}
	return out
}

// ParseFault returns the fault that s names: one of Faults, "none", or
// redirect-cross-host=URL. The error matches ErrFault and lists the names.
func ParseFault(s string) (Fault, error) {
	if s == None.String() {
		return None, nil
	}
	f := Fault(s)
	if f != None && f.check() == nil {
		return f, nil
	}
	names := []string{None.String()}
	for _, known := range Faults() {
		names = append(names, known.usage())
	}
	return None, fmt.Errorf("%w %q, want one of %s", ErrFault, s, strings.Join(names, ", "))
}

// String returns the name of the fault, "none" for None.
func (f Fault) String() string {
	if f == None {
		return "none"
	}
	return string(f)
}

// Kind returns the fault without the URL that RedirectTo adds.
func (f Fault) Kind() Fault {
	name, _, _ := strings.Cut(string(f), "=")
	return Fault(name)
}

// Variant reports whether a client that handles f still gets the genuine key. It
// is false for None and for what is no fault.
func (f Fault) Variant() bool { return f.find().variant }

// Connection reports whether f keeps requests from arriving at all.
func (f Fault) Connection() bool { return f.find().connection }

// Doc says in one sentence what a client gets, and where that happens. It is
// empty for what is no fault.
func (f Fault) Doc() string { return f.find().doc }

func (f Fault) find() kind {
	if f == None {
		return kind{doc: "The genuine document."}
	}
	for _, k := range kinds() {
		if k.fault == f.Kind() {
			return k
		}
	}
	return kind{}
}

func (f Fault) usage() string {
	if f == RedirectCrossHost {
		return string(RedirectTo("URL"))
	}
	return string(f)
}

func (f Fault) target() string {
	_, target, _ := strings.Cut(string(f), "=")
	return target
}

// check returns an error that matches ErrFault unless f can be served.
func (f Fault) check() error {
	target, err := url.Parse(f.target())
	switch {
	case f.Kind() == RedirectCrossHost:
		if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
			return fmt.Errorf("%w %q, want %s", ErrFault, string(f), f.Kind().usage())
		}
	case strings.Contains(string(f), "=") || f.Doc() == "":
		return fmt.Errorf("%w %q", ErrFault, string(f))
	}
	return nil
}
