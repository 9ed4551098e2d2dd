package mocksender

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
