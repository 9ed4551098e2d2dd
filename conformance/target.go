package conformance

import (
	"context"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Target is the receiver under test.
type Target struct {
	// URL is where deliveries are posted to.
	URL string
	// Events are the subscribed events, in any order. Empty: all nine.
	Events []rtk.EventType
	// Effects counts what deliveries brought about. Nil: not to be seen.
	Effects effects.Counter
	// Restart starts the target anew. Nil: that cannot be done.
	Restart Restarter
	// Exited says how the target's process has ended by itself, and what it said
	// last: the run then waits for nothing more. how is "" while there is one. It
	// is called often, and concurrently. Nil: that is not known.
	Exited func() (how, last string)
	// Embedded marks the reference receiver that runs inside the harness.
	Embedded bool
}

// Restarter ends the target's process at once, as a kill does, and starts it
// again: what it held in memory is gone, and with it its key.
type Restarter interface {
	// Restart returns when the new process accepts connections. The error says
	// why there is none.
	Restart(ctx context.Context) error
}
