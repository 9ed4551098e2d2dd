// Package effects holds the instruments with which a user lets rtkmock see what
// deliveries brought about: by a function, over HTTP, or in a file.
package effects

import (
	"context"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Counter counts what the target did for a delivery: rows written, jobs queued.
// Implementations are safe for concurrent use.
type Counter interface {
	// Count returns how many effects the deliveries that q names have had.
	Count(ctx context.Context, q Query) (int, error)
	// Key returns what q is counted under. Deliveries with equal keys cannot
	// be told apart.
	Key(q Query) string
}

// A Doubter is a Counter that may ask in the wrong place.
type Doubter interface {
	// Doubt says what makes that likely so far, in words; empty: nothing.
	Doubt() string
}

// Query names one delivery.
type Query struct {
	UUID      string
	Event     rtk.EventType
	MeetingID string
	SessionID string
}

// CounterFunc counts effects by the rtk-uuid of the delivery, in this process.
type CounterFunc func(uuid string) int

// Key implements Counter.
func (f CounterFunc) Key(q Query) string { return q.UUID }

// Count implements Counter.
func (f CounterFunc) Count(_ context.Context, q Query) (int, error) { return f(q.UUID), nil }
