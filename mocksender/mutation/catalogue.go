package mutation

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrUnknown is wrapped by the error of ByID.
var ErrUnknown = errors.New("mutation: unknown mutation")

// Options are what some of the mutations need. The zero value is useful.
type Options struct {
	// Attacker signs what must not verify. Nil: a fresh key, made when a
	// mutation first needs it and then used by all of this catalogue.
	Attacker *rsa.PrivateKey
	// OtherBody is a body that the service signed on another occasion, for
	// body/other-event. Empty: a short meeting.ended.
	OtherBody []byte
}

// All returns the catalogue: signature/…, body/…, uuid/… and webhook-id/…. The
// order is fixed; the caller owns the slice.
func All(o Options) []Mutation {
	if len(o.OtherBody) == 0 {
		o.OtherBody = []byte(`{"event":"meeting.ended","reason":"HOST_ENDED_MEETING"}`)
	}
	attacker := sync.OnceValues(func() (*rsa.PrivateKey, error) {
		if o.Attacker != nil {
			return o.Attacker, nil
		}
		return rtk.GenerateKey()
	})
	return slices.Concat(
		presenceMutations(),
		forgedMutations(attacker),
		integerMutations(),
		paddingMutations(),
		repeatedMutations(attacker),
		schemeMutations(),
		spellingMutations(),
		bodyMutations(o.OtherBody),
	)
}

// ByID returns the mutation of the catalogue that id names.
func ByID(o Options, id string) (Mutation, error) {
	for _, m := range All(o) {
		if m.ID == id {
			return m, nil
		}
	}
	return Mutation{}, fmt.Errorf("%w %q", ErrUnknown, id)
}

// presenceMutations take away what RealtimeKit "includes … that help you
// identify, deduplicate, and verify webhook deliveries".
func presenceMutations() []Mutation {
	without := func(name func(rtk.HeaderSet) string) func(*Wire) error {
		return func(w *Wire) error {
			for _, names := range rtk.HeadersBoth.Sets() {
				header.Set(w.Header, name(names), nil)
			}
			return nil
		}
	}
	return []Mutation{
		{
			ID:    "signature/missing",
			Doc:   "No signature header: what anyone who knows the URL can send.",
			Apply: func(w *Wire) error { w.SetSignature(); return nil },
		},
		{
			ID:    "signature/empty",
			Doc:   "A signature header without a value: passes where only its presence is checked.",
			Apply: func(w *Wire) error { w.SetSignature(""); return nil },
		},
		{
			ID:    "uuid/missing",
			Doc:   "No uuid header: nothing to recognise a repeated delivery by.",
			Apply: without(func(names rtk.HeaderSet) string { return names.UUID }),
		},
		{
			ID:    "webhook-id/missing",
			Doc:   "No webhook-id header: the configuration that triggered the delivery is not named.",
			Apply: without(func(names rtk.HeaderSet) string { return names.WebhookID }),
		},
	}
}
