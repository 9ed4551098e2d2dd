package store

import "github.com/rtkmock/rtkmock/mocksender/rtk"

// Filter selects deliveries. A zero value selects all.
type Filter struct {
	App       App
	WebhookID string
	Event     rtk.EventType
	State     State
	UUID      string
	Play      uint64
	// Before and After bound the ID; both are exclusive.
	Before, After uint64
	// Limit is the largest number to return. 0: DefaultLimit.
	Limit int
}

// DefaultLimit is how many deliveries are listed at a time, and MaxLimit how many
// at most.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Matches reports whether f selects d. It leaves Limit aside.
func (f Filter) Matches(d Delivery) bool {
	return (f.App.AccountID == "" || f.App.AccountID == d.AccountID) &&
		(f.App.AppID == "" || f.App.AppID == d.AppID) &&
		(f.WebhookID == "" || f.WebhookID == d.WebhookID) &&
		(f.Event == "" || f.Event == d.Event) &&
		(f.State == "" || f.State == d.State) &&
		(f.UUID == "" || f.UUID == d.UUID) &&
		(f.Play == 0 || f.Play == d.Play) &&
		(f.Before == 0 || d.ID < f.Before) && d.ID > f.After
}
