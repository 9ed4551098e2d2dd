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
