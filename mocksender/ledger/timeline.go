package ledger

import (
	"cmp"
	"slices"
)

// Timeline is a sample of all deliveries, spread evenly over the run.
type Timeline struct {
	// Entries are the sampled deliveries, by Time.
	Entries []Entry `json:"entries"`
	// Every says which were sampled: 1 all of them, 4 every fourth.
	Every int `json:"every"`
	// LeftOut is how many deliveries the timeline does not hold.
	LeftOut int `json:"left_out"`
}

// add samples e. Where that would be more than limit entries, half of them go,
// and only half as many come from then on.
func (t *Timeline) add(e Entry, limit int) {
	seen := len(t.Entries) + t.LeftOut
	if limit > 0 && len(t.Entries) == limit && seen%t.Every == 0 {
		t.halve()
	}
	if limit == 0 || seen%t.Every != 0 {
		t.LeftOut++
		return
	}
	t.Entries = append(t.Entries, e)
}

// halve drops every other entry.
func (t *Timeline) halve() {
	kept := 0
	for i := 0; i < len(t.Entries); i += 2 {
		t.Entries[kept] = t.Entries[i]
		kept++
	}
	t.LeftOut += len(t.Entries) - kept
	clear(t.Entries[kept:])
	t.Entries = t.Entries[:kept]
	t.Every *= 2
}

// snapshot returns a copy in order.
func (t *Timeline) snapshot() Timeline {
	out := *t
	out.Entries = append([]Entry{}, t.Entries...)
	out.sort()
	return out
}

func (t *Timeline) sort() {
	slices.SortStableFunc(t.Entries, func(a, b Entry) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.UUID, b.UUID))
	})
}
