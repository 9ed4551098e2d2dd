package receivers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Spec describes a receiver by the one thing that it does in another way than
// Reference: a bug, or, for a benign twin, another way that is right all the same. A degenerate
// one is not a webhook receiver.
type Spec struct {
	Name string // people type it
	Doc  string // what it does, and where that is seen
	Kind Kind
	// CaughtBy are the ids of the checks that it does not meet. Each of them
	// reports that, as a failure, a warning or a note. It is empty for a twin.
	CaughtBy []string
	// MayReport are, for a twin, the ids of checks that may give a warning or a
	// note though nothing is wrong. A flaw has none: the same checks catch it
	// in every run.
	MayReport []string
	// Setup is what a run needs to judge the receiver fairly.
	Setup Setup

	change change
}

// Kind says what a receiver is.
type Kind string

// The kinds of receivers.
const (
	KindReference Kind = "reference" // nothing is wrong with it
	KindFlawed    Kind = "flawed"    // the checks that it lists catch it
	KindTwin      Kind = "twin"      // looks flawed and is not
	// KindDegenerate knows nothing of webhooks. Other checks than CaughtBy may
	// report something too. That depends on how far a run gets with it.
	KindDegenerate Kind = "degenerate"
)

// Setup is what a receiver that is choosy about its deliveries asks for. The
// zero value asks for nothing.
type Setup struct {
	Path        string      // where it takes deliveries, with a query if it needs one
	Header      http.Header // sent with every delivery
	MeetingID   string
	WebhookID   string
	Events      []rtk.EventType
	HeaderNames rtk.HeaderNames
	PublicKey   bool // Config.PublicKey has to be set
	// RotationGrace says that it needs more than Config.Rarely to take a new key.
	RotationGrace bool
	// Production says that it is, or should be, configured for the real service:
	// no delivery of a test is genuine to it.
	Production bool
	Unseen     bool // it has no effects to count
}

// New returns a receiver with the flaw. The zero value gives Reference.
func (f Spec) New(c Config) *Receiver { return newReceiver(c, f.change, newDatabase()) }

// And returns a receiver with both flaws: each check that catches one of them catches
// it, too, unless the other flaw keeps it from being seen.
func (f Spec) And(other Spec) Spec {
	return Spec{
		Name: f.Name + " and " + other.Name, Doc: f.Doc + " " + other.Doc, Kind: KindFlawed,
		CaughtBy: slices.Concat(f.CaughtBy, other.CaughtBy),
		change:   changes(f.change, other.change),
	}
}

// Expects reports whether the check with this id has to catch it.
func (f Spec) Expects(id string) bool { return slices.Contains(f.CaughtBy, id) }

// Allows reports whether the check with this id may report something.
func (f Spec) Allows(id string) bool {
	return f.Kind == KindDegenerate || f.Expects(id) || slices.Contains(f.MayReport, id)
}

// ids splits lists of check ids at white space.
func ids(lists ...string) []string { return strings.Fields(strings.Join(lists, " ")) }

// unverified are the checks that catch a receiver that trusts any well-formed
// signature. A receiver that accepts another key's signature accepts all of
// them: to tell that one from the others, it would have to verify.
const unverified = `sig/other-key sig/tampered-byte sig/other-event sig/reserialized-tamper
	sig/truncated sig/zero-bytes sig/integer-edge sig/hmac-with-public-key sig/key-from-request
	sig/other-digest sig/pss sig/padding key/fail-open`

// unread are the checks that catch a receiver that does not even read the
// header.
const unread = unverified + ` sig/garbage-base64 sig/duplicate-header sig/base64-leniency`

// repeated are the checks that catch a receiver to which a delivery that comes again
// is new: it looks the same, whether its answer was lost or not.
const repeated = `dlv/dup-sequential dlv/response-lost-then-retry`

// alwaysFetched are the checks that report, as something that could be better,
// that the key is fetched for each delivery.
const alwaysFetched = `key/amplification key/outage-warm key/stampede`
