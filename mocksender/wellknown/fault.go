package wellknown

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Fault names how the key endpoint answers. A Fault is a plain value: it can be
// stored, compared and passed on a command line.
type Fault string

// None is the genuine document, the zero value.
const None Fault = ""

// Under these faults nobody can learn the key.
const (
	Status500    Fault = "status-500"    // 500 and a line of text
	Hang         Fault = "hang"          // no answer until the fault changes, the client leaves or Server.Limit has passed
	HTML         Fault = "html"          // 200 and an HTML page, as from a proxy or a parked domain
	EmptyData    Fault = "empty-data"    // 200, "data" is {}
	EmptyKey     Fault = "empty-key"     // 200, "publicKey" is ""
	SuccessFalse Fault = "success-false" // 200, "success" is false and "data" null
	BadPEM       Fault = "bad-pem"       // 200, PEM armour around half of the genuine key's bytes
	ECKey        Fault = "ec-key"        // 200, a sound public key, but of an elliptic curve
	Down         Fault = "down"          // the connection is reset without an answer
)

// Under these variants the genuine key can still be had by a client that copes.
const (
	PEMEscaped        Fault = "pem-escaped"         // each line break of the PEM text is a literal \n, escaped twice
	PEMCRLF           Fault = "pem-crlf"            // each line break of the PEM text is CRLF
	RedirectCrossHost Fault = "redirect-cross-host" // 302; needs a URL, see RedirectTo
	Oversize          Fault = "oversize"            // the genuine key, then Server.OversizeBytes of padding
	Drip              Fault = "drip"                // a byte every Server.DripEvery, for Server.Limit at most
)

// ErrFault is wrapped by the errors of ParseFault and Server.SetFault.
var ErrFault = errors.New("wellknown: unknown fault")

// RedirectTo returns the fault that redirects every fetch to target, an
// absolute http or https URL. It reads redirect-cross-host=URL.
func RedirectTo(target string) Fault { return RedirectCrossHost + "=" + Fault(target) }

// Faults returns every fault and variant but None, faults first. Of
// RedirectCrossHost it returns the bare name. The caller owns the slice.
func Faults() []Fault {
	return []Fault{
		Status500, Hang, HTML, EmptyData, EmptyKey, SuccessFalse, BadPEM, ECKey, Down,
		PEMEscaped, PEMCRLF, RedirectCrossHost, Oversize, Drip,
	}
}

// ParseFault returns the fault that s names: one of Faults, "none", or
// redirect-cross-host=URL. The error matches ErrFault and lists what would do.
func ParseFault(s string) (Fault, error) {
	if s == None.String() {
		return None, nil
	}
	f := Fault(s)
	if f == None || f.check() != nil {
		names := []string{None.String()}
		for _, known := range Faults() {
			names = append(names, known.usage())
		}
		return None, fmt.Errorf("%w %q, want one of %s", ErrFault, s, strings.Join(names, ", "))
	}
	return f, nil
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

// Variant reports whether the genuine key can still be had under f, by a client
// that copes. It is false for None and for what is no fault.
func (f Fault) Variant() bool {
	switch f.Kind() {
	case PEMEscaped, PEMCRLF, RedirectCrossHost, Oversize, Drip:
		return true
	}
	return false
}

// Doc says in one sentence what a client meets, and where that happens. It is
// empty for what is no fault.
func (f Fault) Doc() string {
	switch f.Kind() {
	case None:
		return "The genuine document."
	case Status500:
		return "Answers 500: the service behind the endpoint has failed."
	case Hang:
		return "Takes the request and does not answer: an overloaded service, or a firewall in between."
	case HTML:
		return "Answers 200 with an HTML page: a proxy, a login page or a maintenance page in between."
	case EmptyData:
		return `Answers 200 with "data" empty: the document without its key.`
	case EmptyKey:
		return `Answers 200 with an empty "publicKey".`
	case SuccessFalse:
		return `Answers 200 with "success" false and "data" null: an error told in the body alone.`
	case BadPEM:
		return "Answers 200 with PEM text that holds half a key."
	case ECKey:
		return "Answers 200 with a sound public key of the wrong kind, an elliptic curve's."
	case Down:
		return "Resets the connection without an answer."
	case PEMEscaped:
		return `Escapes the line breaks of the PEM text twice; the guide's own sample removes literal \n.`
	case PEMCRLF:
		return "Ends the lines of the PEM text with CRLF."
	case RedirectCrossHost:
		return "Redirects to another URL, which whoever controls this answer may choose."
	case Oversize:
		return "Follows the genuine key by megabytes of padding: more than a key document can need."
	case Drip:
		return "Sends the genuine document a byte at a time: every byte arrives in time, the whole does not."
	}
	return ""
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
	if f.Kind() != RedirectCrossHost {
		if strings.Contains(string(f), "=") || f.Doc() == "" {
			return fmt.Errorf("%w %q", ErrFault, string(f))
		}
		return nil
	}
	target, err := url.Parse(f.target())
	if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return fmt.Errorf("%w %q, want %s", ErrFault, string(f), f.Kind().usage())
	}
	return nil
}
