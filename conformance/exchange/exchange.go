// Package exchange says what was sent to the target and how the target
// answered.
package exchange

import (
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Exchange is one delivery of a run and its answer.
type Exchange struct {
	mocksender.Receipt
	Kind   Kind
	Answer Answer
	Label  string    // what the delivery is, for people: "meeting.ended", "half a signature"
	Check  string    // the id of the check that sent it; empty: the run itself did
	Made   rtk.Event // the event before the user's changes, for sending it again
	Ended  time.Time // when the last attempt was over
}

// Kind says what a delivery is. It decides about retries, and about the accounts
// that the delivery is part of.
type Kind int

const (
	Genuine      Kind = iota // as the real sender sends it; part of the ledger
	Nonstandard              // signed, but nothing that the real sender sends
	Forgery                  // not signed by the key that the target knows, or changed after signing
	Unverifiable             // a forgery that the target cannot recognise, because it cannot have its key
)

// Forged reports a kind that carries no genuine signature.
func (k Kind) Forged() bool { return k == Forgery || k == Unverifiable }

// String says what was sent and how it was answered: "half a signature: answered 200".
func (x *Exchange) String() string { return x.Label + ": " + x.Answered() }

// Answered says in a few words how the delivery was answered.
func (x *Exchange) Answered() string { return Describe(x.Receipt) }

// Late reports that a genuine delivery was accepted, but not at once.
func (x *Exchange) Late() bool { return x.Answer == Accepted && len(x.Attempts) > 1 }

// FirstStatus is the HTTP status of the first attempt, 0 if it had none.
func (x *Exchange) FirstStatus() int {
	if len(x.Attempts) == 0 {
		return 0
	}
	return x.Attempts[0].Outcome.Status
}

// Variant names the type of e, with its reason or status if it has one. A target
// can be expected to treat two events of the same variant alike.
func Variant(e rtk.Event) string {
	for _, path := range []string{"reason", "recording.status", "status"} {
		if v, err := payload.Get(e.Body, path); err == nil {
			return fmt.Sprintf("%s with %s", e.Type, v)
		}
	}
	return string(e.Type)
}
