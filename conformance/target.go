package conformance

import (
	"context"
	"time"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Target is the receiver under test.
type Target struct {
	// URL is where deliveries are posted to.
	URL string
	// Events are the subscribed events, in any order. Empty: all nine.
	Events []rtk.EventType
	// Effects counts what deliveries brought about. Nil: that cannot be seen.
	Effects effects.Counter
	// Restart restarts the target. Nil: that cannot be done.
	Restart Restarter
	// RestartLimit is how long Restart takes at most, for those who watch. 0: that is not
	// known.
	RestartLimit time.Duration
	// Exited says how the target's process has ended by itself, and which error, or
	// line, it printed last: the run then waits for nothing more. how is "" while the process runs.
	// Exited is called often, and concurrently. Nil: that is not known.
	Exited func() (how, last string)
	// Failure is the error that the target's process has printed last, with its place
	// in the target's code, and "" if it has printed none. Nil: that is not known.
	Failure func() string
	// Lacks is the environment variable that the target's process, or an answer of it,
	// says it misses, and the flag of the command line that fills it. Both are empty if
	// there is none. Nil: that is not known.
	Lacks func(answer string) (variable, flag string)
	// Container says that the target's process runs in a container, where a loopback
	// address does not lead to the harness.
	Container bool
	// Embedded marks a receiver that runs inside the harness, such as the reference receiver.
	Embedded bool
}

// Restarter ends the target's process at once, as a kill does, and starts it
// again: everything that the process held in memory is gone, its key too.
type Restarter interface {
	// Restart returns when the new process accepts connections; the run waits for that
	// as well. The error says why there is none.
	Restart(ctx context.Context) error
}

// NotRestarted is the error of a Restarter after which the target answers, and may
// still be the same process. Then checks that need a new process have nothing to
// judge, and nothing is held against the target. The Restarter is not used again
// in the same run.
type NotRestarted struct {
	// Why says what was seen, or not, and what to do about it.
	Why string
	// Failed says that the Restarter itself failed, so that it has to be fixed.
	// Otherwise no end of the process was seen, as behind a proxy.
	Failed bool
}

func (e *NotRestarted) Error() string { return "conformance: " + e.Why }
