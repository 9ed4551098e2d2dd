package dispatch

import "github.com/rtkmock/rtkmock/mocksender/service/store"

// Counts say what a Dispatcher has done and has to do.
type Counts struct {
	Quiet     bool                   `json:"quiet"`
	Webhooks  int                    `json:"webhooks"`
	Pending   int                    `json:"pending"`
	Playing   int                    `json:"playing"`
	Over      map[store.State]uint64 `json:"over"` // deliveries, by their state
	Forgotten uint64                 `json:"forgotten"`
	LastID    uint64                 `json:"last_id"`
	Scale     float64                `json:"scale"`
}

// Counts returns the present counts.
func (d *Dispatcher) Counts() Counts {
	forgotten := d.o.Store.Forgotten()
	d.mu.Lock()
	defer d.mu.Unlock()
	c := Counts{
		Quiet: d.isQuiet(), Webhooks: len(d.webhooks), Pending: d.pending, Playing: d.holds,
		Over: map[store.State]uint64{}, Forgotten: forgotten, LastID: d.lastID, Scale: d.scale,
	}
	for _, state := range store.States() {
		if state != store.Pending {
			c.Over[state] = d.ended[state]
		}
	}
	return c
}
