package service

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// App is an application of an account: what webhooks belong to.
type App struct {
	AccountID string `json:"account_id"`
	AppID     string `json:"app_id"`
}

// Webhook is one registration. It is a value: what it holds is not changed in
// place.
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

// refusal says why the webhook does not get events of type t, or nothing.
func (w Webhook) refusal(t rtk.EventType) string {
	switch {
	case !w.Enabled:
		return "the webhook was disabled"
	case !slices.Contains(w.Events, t):
		return "the webhook is no longer subscribed to " + string(t)
	}
	return ""
}
