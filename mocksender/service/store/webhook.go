package store

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

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
