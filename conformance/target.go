package conformance

import (
	"context"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Target is the receiver under test.
type Target struct {
	// URL is where deliveries are posted to.
	URL string
	// Events are the subscribed events, in any order. Empty: all nine.
	Events []rtk.EventType
	// Effects counts what deliveries brought about. Nil: not to be seen.
	Effects Effects
	// Restart starts the target anew. Nil: that cannot be done.
	Restart Restarter
	// Exited says how the target's process has ended by itself, and what it said
	// last: the run then waits for nothing more. how is "" while there is one. It
	// is called often, and concurrently. Nil: that is not known.
	Exited func() (how, last string)
	// Embedded marks the reference receiver that runs inside the harness.
	Embedded bool
}

// Effects is the instrument E: the target's own account of what a delivery
// brought about (a row written, a job queued). Implementations are safe for
// concurrent use.
type Effects interface {
	// Count returns how many effects the deliveries that q names have had.
	Count(ctx context.Context, q EffectQuery) (int, error)
	// Key returns what q is counted under. Deliveries with equal keys cannot
	// be told apart.
	Key(q EffectQuery) string
}

// EffectQuery names one delivery.
type EffectQuery struct {
	UUID      string
	Event     rtk.EventType
	MeetingID string
	SessionID string
}

// Restarter ends the target's process at once, as a kill does, and starts it
// again: what it held in memory is gone, and with it its key.
type Restarter interface {
	// Restart returns when the new process accepts connections. The error says
	// why there is none.
	Restart(ctx context.Context) error
}
