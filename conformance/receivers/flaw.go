package receivers

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Flaw is one thing that a receiver does otherwise than Reference: a bug, or,
// for a benign twin, a way of its own that is right all the same. A degenerate
// one is no receiver at all.
type Flaw struct {
	Name string // a slug
	Doc  string // what it does, and where that is seen
	// Kills are the ids of the checks whose demand it does not meet: each of
	// them falls, whatever its level makes of that. It is empty for a twin.
	Kills []string
	// Also are, for a twin, the ids of checks that may take something down (a
	// warning, a note) though nothing is wrong. A flaw has none: what falls is
	// the same in every run.
	Also []string
	// Degenerate ones know nothing of webhooks. Beside their Kills, what falls
	// is a matter of how far a run comes with them.
	Degenerate bool
	// Setup is what a run has to be told to judge the receiver fairly.
	Setup Setup

	twist func(*behaviour)
}

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
	// Production says that it is, or should be, configured for the real service,
	// and none of the deliveries is genuine to it.
	Production bool
	Unseen     bool // it has no effects to count
}

// New returns a receiver with the flaw. That of the zero value is Reference.
func (f Flaw) New(c Config) *Receiver { return build(c, f.twist, newLedger()) }

// Benign reports whether f is a twin: one that no check may fail.
func (f Flaw) Benign() bool { return len(f.Kills) == 0 && !f.Degenerate }

// Flaws returns the flawed receivers, in the order of the check catalogue. The
// caller owns the slice.
func Flaws() []Flaw {
	return slices.Concat(
		gateFlaws(),
		headerFlaws(), detourFlaws(), schemeFlaws(), handMadeFlaws(), layoutFlaws(), keyFlaws(), orderFlaws(), refusalFlaws(),
		keyOutageFlaws(), keyDocumentFlaws(), keyFetchFlaws(), keyAgeFlaws(),
		eventFlaws(), shapeFlaws(), hostileFlaws(),
		duplicateFlaws(), uuidFlaws(), failureFlaws(), courseFlaws(), droppingFlaws(),
		answerFlaws(), loadFlaws(), durabilityFlaws(),
		headFlaws(), bodyFlaws(), connectionFlaws(),
	)
}

// Benign returns the twins: receivers that differ from Reference and are right
// all the same. The caller owns the slice.
func Benign() []Flaw {
	return slices.Concat(answerTwins(), keyTwins(), outageTwins(), startTwins(), workTwins(), loadTwins(), choosyTwins())
}

// All returns Flaws, Benign and then Degenerate.
func All() []Flaw { return slices.Concat(Flaws(), Benign(), Degenerate()) }

// Flawed returns a receiver with the flaw, or the benign twin, that name
// names. The error matches ErrUnknownFlaw and lists the names.
func Flawed(name string, c Config) (*Receiver, error) {
	all := All()
	names := make([]string, len(all))
	for i, f := range all {
		if names[i] = f.Name; f.Name == name {
			return f.New(c), nil
		}
	}
	return nil, fmt.Errorf("%w %q, want one of %s", ErrUnknownFlaw, name, strings.Join(names, ", "))
}

// The helpers below keep the literals short.

// ids splits a list of check ids at white space.
func ids(list ...string) []string {
	var out []string
	for _, part := range list {
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// answering answers genuine events that satisfy when, and does not act on
// them.
func answering(code int, when func(*exchange) bool) func(*behaviour) {
	return func(b *behaviour) {
		next := b.study
		b.study = func(x *exchange) *answer {
			if when(x) {
				a := status(code)
				return &a
			}
			return next(x)
		}
	}
}

// wanting acts only on events that satisfy when, and answers others as if it had
// acted on them.
func wanting(when func(object) bool) func(*behaviour) {
	return func(b *behaviour) {
		next := b.wanted
		b.wanted = func(x *exchange) bool { return when(x.event) && next(x) }
	}
}

// letting takes a delivery for genuine whose verification ended in one of
// errs.
func letting(errs ...error) func(*behaviour) {
	return func(b *behaviour) {
		next := b.authenticate
		b.authenticate = func(x *exchange) error {
			err := next(x)
			for _, pass := range errs {
				if errors.Is(err, pass) {
					return nil
				}
			}
			return err
		}
	}
}

// verifying puts other RSA in the place of the reference's.
func verifying(f func(pub *key, signed, signature []byte) error) func(*behaviour) {
	return func(b *behaviour) { b.verifies = f }
}

// signing verifies other bytes than the raw body.
func signing(f func(body []byte) ([]byte, error)) func(*behaviour) {
	return func(b *behaviour) {
		b.signed = func(x *exchange) ([]byte, error) { return f(x.body) }
	}
}

// refusing answers what does not verify.
func refusing(f func(*exchange, error) answer) func(*behaviour) {
	return func(b *behaviour) {
		b.refuse = func(x *exchange, err error) answer {
			if errors.Is(err, ErrNoKey) {
				return unauthorised(x, err)
			}
			return f(x, err)
		}
	}
}

// accepting answers a to what is accepted.
func accepting(a answer) func(*behaviour) {
	return func(b *behaviour) {
		b.accept = func(*exchange) answer { return a }
	}
}

// responding gives f the last word on every answer.
func responding(f func(*exchange, answer) answer) func(*behaviour) {
	return func(b *behaviour) { b.respond = f }
}

// admitting lets f answer before anything else looks at a request.
func admitting(f func(*exchange) *answer) func(*behaviour) {
	return func(b *behaviour) {
		next := b.admit
		b.admit = func(x *exchange) *answer {
			if a := f(x); a != nil {
				return a
			}
			return next(x)
		}
	}
}
