package dispatch

import (
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// Order is an event to deliver, and how.
type Order struct {
	App   store.App
	Event rtk.Event
	// Play is the play that it belongs to, 0 for none.
	Play uint64
	// MutationIDs name changes after signing. Mutations are the same changes, if
	// the catalogue does not have them; nil if it does.
	MutationIDs []string
	Mutations   []mutation.Mutation
	Faults      []store.Fault
	// Health decides whether there are attempts. Nil: the dispatcher's.
	Health *mocksender.Health
	// UUID gives each webhook's delivery its rtk-uuid. Nil: a fresh one.
	UUID func(webhookID string) string
	// Tried is called after each attempt, and Ended at the end of each delivery,
	// both concurrently. Nil: nobody wants to know.
	Tried func(mocksender.Attempt)
	Ended func(store.Delivery, []mocksender.Attempt)

	resendOf uint64
}

func (o *Order) end(d store.Delivery, attempts []mocksender.Attempt) {
	if o.Ended != nil {
		o.Ended(d, attempts)
	}
}
