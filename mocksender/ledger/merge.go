package ledger

import "slices"

// Merge returns the report that one Ledger with the default options would give
// of the deliveries of several. The worst are chosen among those that the parts
// name, and the timeline is a sample of theirs.
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
	out.Timeline.sort()
	for len(out.Timeline.Entries) > DefaultTimeline {
		out.Timeline.halve()
	}
	return out
}

// add adds the counts of b. It leaves the maps of b alone.
func (a *Account) add(b Account) {
	a.Emitted += b.Emitted
	a.Accepted += b.Accepted
	a.AcceptedLate += b.AcceptedLate
	a.Lost += b.Lost
	a.Exhausted += b.Exhausted
	a.NotTried += b.NotTried
	a.Abandoned += b.Abandoned
	a.Attempts += b.Attempts
	a.Unseen += b.Unseen
	a.AcceptedTwice += b.AcceptedTwice
	a.AcceptedAfter = summed(a.AcceptedAfter, b.AcceptedAfter)
	a.LostBy = summed(a.LostBy, b.LostBy)
	a.ExhaustedBy = summed(a.ExhaustedBy, b.ExhaustedBy)
}

func summed[K comparable](a, b map[K]int) map[K]int {
	out := cloned(a)
	for k, n := range b {
		out[k] += n
	}
	return out
}
