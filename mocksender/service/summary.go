package service

import (
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Summary is a delivery without the bytes that went and came.
type Summary struct {
	ID uint64 `json:"id"`
	App
	WebhookID string        `json:"webhook_id"`
	URL       string        `json:"url"`
	UUID      string        `json:"uuid"`
	Event     rtk.EventType `json:"event"`
	EmittedAt time.Time     `json:"emitted_at"`
	ResendOf  uint64        `json:"resend_of,omitempty"`
	Play      uint64        `json:"play,omitempty"`
	Mutations []string      `json:"mutations,omitempty"`
	State     State         `json:"state"`
	Reason    string        `json:"reason,omitempty"`
	// Attempts is how many there were. Status, Class, Error and TookMS are the
	// last one's.
	Attempts int              `json:"attempts"`
	Status   int              `json:"status"`
	Class    mocksender.Class `json:"class,omitempty"`
	Error    string           `json:"error,omitempty"`
	TookMS   float64          `json:"took_ms"`
	NextAt   time.Time        `json:"next_at,omitzero"`
	EndedAt  time.Time        `json:"ended_at,omitzero"`
}

func (d Delivery) summary() *Summary {
	last := d.Last()
	return &Summary{
		ID: d.ID, App: d.App, WebhookID: d.WebhookID, URL: d.URL, UUID: d.UUID, Event: d.Event, EmittedAt: d.EmittedAt,
		ResendOf: d.ResendOf, Play: d.Play, Mutations: d.Mutations, State: d.State, Reason: d.Reason,
		Attempts: len(d.Attempts), Status: last.Status, Class: last.Class, Error: last.Error, TookMS: last.TookMS,
		NextAt: d.NextAt, EndedAt: d.EndedAt,
	}
}
