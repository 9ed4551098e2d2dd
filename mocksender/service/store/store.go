package store

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Store keeps what a service knows. Its methods are safe for concurrent use.
// Neither side changes in place what it gave or got.
//
// After PutWebhook, DeleteWebhook, PutKey, Clear or what Accept returned has
// returned nil, the change is kept, whatever happens to the process: the service acknowledges only
// then. An Update may be lost; the service then makes the last attempts of that
// delivery again.
type Store interface {
	// Load returns what to go on with. It is called once, first.
	Load() (Contents, error)
	// PutWebhook adds a webhook, or replaces the one with its ID.
	PutWebhook(w Webhook) error
	DeleteWebhook(id string) error
	// Accept adds new deliveries and puts records, all or none. It does not wait
	// for that; the function that it returns does. What is accepted first is kept
	// first.
	Accept(ds []Delivery, records []Record) (wait func() error)
	// Update replaces the delivery with d's ID. It ignores an unknown one, since
	// the store may have forgotten it.
	Update(d Delivery) error
	// Delivery returns one delivery, and whether it is (still) there.
	Delivery(id uint64) (Delivery, bool, error)
	// Deliveries returns the deliveries that match, the newest first.
	Deliveries(f Filter) ([]Delivery, error)
	// Forgotten returns how many deliveries the store removed to make room.
	Forgotten() uint64
	// PutKey replaces the signing key, a PEM text.
	PutKey(pem []byte) error
	// Clear removes webhooks and deliveries, but no records. New IDs still go on where they were.
	Clear() error
	Close() error
}

// Contents is what a Store holds at the start.
type Contents struct {
	Webhooks []Webhook  // in the order of their creation
	Pending  []Delivery // in the order of their IDs
	LastID   uint64     // of all deliveries that there ever were
	// Records are those of Accept, as JSON, by their names.
	Records map[string][]byte
}

// Record is a value that somebody else wants to have kept under a name. Accept
// encodes it at once, as JSON. A nil Value removes the record.
type Record struct {
	Name  string
	Value any
}

// App is an application of an account. Every webhook belongs to one.
type App struct {
	AccountID string `json:"account_id"`
	AppID     string `json:"app_id"`
}

// Webhook is one registration. It is a value: nobody changes what it holds.
type Webhook struct {
	App
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	URL       string          `json:"url"`
	Events    []rtk.EventType `json:"events"`
	Enabled   bool            `json:"enabled"`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// Wants reports whether the webhook gets events of type t: "Webhook events are
// subscription-only. Your endpoint receives only the events included in the
// webhook's events array."
func (w Webhook) Wants(t rtk.EventType) bool { return w.Enabled && slices.Contains(w.Events, t) }
