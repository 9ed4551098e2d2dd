package service

import "github.com/rtkmock/rtkmock/mocksender/rtk"

// Store keeps what a Service knows. Its methods are safe for concurrent use,
// and what they are given and return is not changed in place by either side.
//
// What PutWebhook, DeleteWebhook, Accept, PutKey and Clear have returned nil for
// is kept, whatever happens to the process: the service acknowledges only then.
// Update may be lost; a delivery whose last attempts are forgotten is tried
// again.
type Store interface {
	// Load returns what to go on with. It is called once, first.
	Load() (Stored, error)
	// PutWebhook adds a webhook, or replaces the one of its ID.
	PutWebhook(w Webhook) error
	DeleteWebhook(id string) error
	// Accept adds new deliveries, all or none.
	Accept(ds []Delivery) error
	// Update replaces the delivery of d's ID; an unknown one is ignored, since
	// it may have made room.
	Update(d Delivery) error
	// Delivery returns one delivery, and whether it is (still) there.
	Delivery(id uint64) (Delivery, bool, error)
	// Deliveries returns the deliveries that fit, the newest first.
	Deliveries(f Filter) ([]Delivery, error)
	// Forgotten returns how many deliveries have made room for others.
	Forgotten() uint64
	// PutKey replaces the signing key, a PEM text.
	PutKey(pem []byte) error
	// Clear removes webhooks and deliveries. IDs go on where they were.
	Clear() error
	Close() error
}

// Stored is what a Store holds at the start.
type Stored struct {
	Webhooks []Webhook  // in order of their creation
	Pending  []Delivery // in order of their IDs
	LastID   uint64     // of any delivery, ever
	Key      []byte     // PEM; nil for none
}

// Filter chooses deliveries. Zero values admit all.
type Filter struct {
	App       App
	WebhookID string
	Event     rtk.EventType
	State     State
	UUID      string
	Play      uint64
	// Before and After bound the ID, both exclusive.
	Before, After uint64
	// Limit is the most that is returned. 0: DefaultLimit.
	Limit int
}

// DefaultLimit is how many deliveries are listed at a time, and MaxLimit the
// most that may be asked for.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Fits reports whether d is one of those that f chooses, Limit aside.
func (f Filter) Fits(d Delivery) bool {
	return (f.App.AccountID == "" || f.App.AccountID == d.AccountID) &&
		(f.App.AppID == "" || f.App.AppID == d.AppID) &&
		(f.WebhookID == "" || f.WebhookID == d.WebhookID) &&
		(f.Event == "" || f.Event == d.Event) &&
		(f.State == "" || f.State == d.State) &&
		(f.UUID == "" || f.UUID == d.UUID) &&
		(f.Play == 0 || f.Play == d.Play) &&
		(f.Before == 0 || d.ID < f.Before) && d.ID > f.After
}
