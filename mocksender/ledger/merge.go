package ledger

import (
	"cmp"
	"maps"
	"slices"
)

// Merge returns the account that one Ledger with the default options
// would have given of the deliveries that several have told of. The worst are
// chosen among those that they name, and the timeline is a sample of theirs.
func Merge(parts ...Report) Report {
	out := New(Options{}).Snapshot()
	for _, p := range parts {
		out.Account.add(p.Account)
		for t, a := range p.ByEvent {
			sum := out.ByEvent[t].clone()
			sum.add(a)
			out.ByEvent[t] = sum
		}
		out.NotGenuine += p.NotGenuine
		out.Worst = append(out.Worst, p.Worst...)
		out.Timeline.Entries = append(out.Timeline.Entries, p.Timeline.Entries...)
		out.Timeline.LeftOut += p.Timeline.LeftOut
		out.Timeline.Every = max(out.Timeline.Every, p.Timeline.Every)
	}
	slices.SortStableFunc(out.Worst, worse)
	out.Worst = out.Worst[:min(len(out.Worst), DefaultWorst)]
	t := &out.Timeline
	slices.SortStableFunc(t.Entries, func(a, b Entry) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.UUID, b.UUID))
	})
	for len(t.Entries) > DefaultTimeline {
		t.halve()
	}
	return out
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

// add adds the counts of b, whose maps it leaves alone.
func (a *Account) add(b Account) {
	for _, c := range []struct {
		to *int
		n  int
	}{
		{&a.Emitted, b.Emitted},
		{&a.Accepted, b.Accepted},
		{&a.AcceptedLate, b.AcceptedLate},
		{&a.Lost, b.Lost},
		{&a.Exhausted, b.Exhausted},
		{&a.NotTried, b.NotTried},
		{&a.Abandoned, b.Abandoned},
		{&a.Attempts, b.Attempts},
		{&a.Unseen, b.Unseen},
		{&a.AcceptedTwice, b.AcceptedTwice},
	} {
		*c.to += c.n
	}
	a.AcceptedAfter = summed(a.AcceptedAfter, b.AcceptedAfter)
	a.LostBy = summed(a.LostBy, b.LostBy)
	a.ExhaustedBy = summed(a.ExhaustedBy, b.ExhaustedBy)
}

func summed[K comparable](a, b map[K]int) map[K]int {
	out := maps.Clone(a)
	if out == nil {
		out = map[K]int{}
	}
	for k, n := range b {
		out[k] += n
	}
	return out
}
