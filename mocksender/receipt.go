package mocksender

// Receipt is the account of one delivery.
type Receipt struct {
	URL      string
	Delivery Delivery // with UUID and WebhookID as sent
	Attempts []Attempt
	Fate     Fate
	// Health is how the sender stood with the target when the delivery came:
	// Reduced ones were not tried, Probing ones had one attempt.
	Health HealthState
}

// Accepted reports whether the target took the delivery, on whichever attempt.
func (r Receipt) Accepted() bool { return r.Fate == Delivered }

// Last returns the last attempt, or the zero Attempt where there was none.
func (r Receipt) Last() Attempt {
	if len(r.Attempts) == 0 {
		return Attempt{}
	}
	return r.Attempts[len(r.Attempts)-1]
}

// Fate is how a delivery ended.
type Fate string

const (
	Delivered Fate = "delivered" // an attempt was answered 2xx
	Failed    Fate = "failed"    // an attempt was answered with another status below 500: final
	Exhausted Fate = "exhausted" // every attempt was answered 5xx or ended in a network error
	Abandoned Fate = "abandoned" // the caller's context ended before any of these
	NotTried  Fate = "not-tried" // attempts at the target were reduced, and this delivery got none
)

// FateOf returns the fate of a delivery whose last attempt ended in o.
func FateOf(o Outcome) Fate {
	switch {
	case o.OK():
		return Delivered
	case o.Class == ClassCanceled || o.Class == ClassOwn:
		return Abandoned
	case o.Retryable():
		return Exhausted
	default:
		return Failed
	}
}
