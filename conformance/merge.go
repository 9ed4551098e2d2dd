package conformance

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// ErrMerge is wrapped by the error about reports that are not the shards of one run.
var ErrMerge = errors.New("conformance: not the shards of one run")

// differs stands in a merged report for values that each shard has for itself.
const differs = "another in each shard"

// Merge returns the report of the run whose parts the shards are, as if one run had
// judged all of them. The order of the shards does not matter. all is the catalogue that
// they were split from. now is when the list of known violations is held against the
// verdicts. The error matches ErrMerge; the shards are not changed.
//
// A check that judges everything that a run has sent was judged by each shard on its
// own: the worst of these verdicts counts.
func Merge(shards []*Report, all []*Check, now time.Time) (*Report, error) {
	shards = slices.Clone(shards)
	if err := complete(shards); err != nil {
		return nil, err
	}
	slices.SortStableFunc(shards, func(a, b *Report) int { return a.Shards[0].N - b.Shards[0].N })
	for _, r := range shards {
		if err := alike(shards[0], r); err != nil {
			return nil, err
		}
	}
	out := *shards[0]
	out.Verdicts, out.Known, out.Shards, out.Required, out.Assumptions, out.Printed, out.Stopped, out.Gone = nil, nil, nil, nil, nil, nil, "", ""
	out.Took, out.Waited = 0, 0
	var stopped, gone []string
	var ledgers []ledger.Report
	for _, r := range shards {
		out.Shards = append(out.Shards, r.Shards...)
		out.Complete = out.Complete && r.Complete
		out.Required = union(out.Required, r.Required)
		out.Printed = union(out.Printed, r.Printed)
		out.Assumptions = union(out.Assumptions, r.Assumptions)
		if r.Stopped != "" {
			stopped = append(stopped, fmt.Sprintf("shard %d: %s", r.Shards[0].N, r.Stopped))
		}
		if r.Gone != "" {
			gone = append(gone, fmt.Sprintf("shard %d: %s", r.Shards[0].N, r.Gone))
		}
		if r.Began.Before(out.Began) {
			out.Began = r.Began
		}
		out.Took += r.Took
		out.Waited += r.Waited
		out.Target = mergedTarget(out.Target, r.Target)
		ledgers = append(ledgers, r.Ledger)
	}
	out.Stopped, out.Gone = strings.Join(stopped, "; "), strings.Join(gone, "; ")
	out.Ledger = ledger.Merge(ledgers...)
	out.Answers, out.Calls = mergedAnswers(shards), mergedCalls(shards)
	out.Instruments = mergedInstruments(shards)
	var err error
	if out.Verdicts, err = mergedVerdicts(shards, all); err != nil {
		return nil, err
	}
	if known := shards[0].Known; len(known) > 0 {
		out.Expect(known, all, now)
	} else {
		out.Judge()
	}
	return &out, nil
}

// union appends to a the elements of b that it lacks.
func union[T comparable](a, b []T) []T {
	for _, e := range b {
		if !slices.Contains(a, e) {
			a = append(a, e)
		}
	}
	return a
}

// complete refuses reports that are not each shard of one split, once.
func complete(shards []*Report) error {
	if len(shards) == 0 {
		return fmt.Errorf("%w: there is none", ErrMerge)
	}
	of := 0
	found := map[int]bool{}
	for i, r := range shards {
		if len(r.Shards) != 1 {
			return fmt.Errorf("%w: report %d is not of one shard", ErrMerge, i+1)
		}
		s := r.Shards[0]
		of = cmp.Or(of, s.Of)
		switch {
		case s.Of != of:
			return fmt.Errorf("%w: report %d is shard %d/%d, and the first is one of %d", ErrMerge, i+1, s.N, s.Of, of)
		case found[s.N]:
			return fmt.Errorf("%w: shard %d/%d is there twice", ErrMerge, s.N, of)
		}
		found[s.N] = true
	}
	const named = 5 // missing shards at most
	var missing []string
	for n := 1; n <= of && len(missing) < named; n++ {
		if !found[n] {
			missing = append(missing, fmt.Sprintf("%d/%d", n, of))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: shard %s is missing", ErrMerge, strings.Join(missing, ", "))
	}
	return nil
}

// alike refuses shards of different runs.
func alike(a, b *Report) error {
	// An embedded target has another port in each run.
	if !a.Target.Embedded && a.Target.URL != b.Target.URL || a.Target.Embedded != b.Target.Embedded {
		return fmt.Errorf("%w: shard %d judged %s, and shard %d %s", ErrMerge, a.Shards[0].N, a.Target.URL, b.Shards[0].N, b.Target.URL)
	}
	sameEntry := func(x, y KnownFailing) bool {
		x.Stale, y.Stale = "", ""
		return x == y
	}
	for _, c := range []struct {
		what string
		same bool
	}{
		{"subscribed events", slices.Equal(a.Target.Events, b.Target.Events)},
		{"--strict", a.Strict == b.Strict},
		{"kinds of target (--profile production)", a.Unbracketed() == b.Unbracketed()},
		{"lists of known violations", slices.EqualFunc(a.Known, b.Known, sameEntry)},
	} {
		if !c.same {
			return fmt.Errorf("%w: shards %d and %d have other %s", ErrMerge, a.Shards[0].N, b.Shards[0].N, c.what)
		}
	}
	return nil
}

func mergedTarget(a, b TargetInfo) TargetInfo {
	one := func(to *string, other string) {
		if *to != other {
			*to = differs
		}
	}
	one(&a.URL, b.URL)
	one(&a.KeyURL, b.KeyURL)
	one(&a.WebhookID, b.WebhookID)
	one(&a.MeetingID, b.MeetingID)
	return a
}

// mergedInstruments returns one entry an instrument: it was on if it was on in a
// shard.
func mergedInstruments(shards []*Report) []Instrument {
	var out []Instrument
	for _, r := range shards {
		for _, in := range r.Instruments {
			if !slices.ContainsFunc(out, func(o Instrument) bool { return o.Name == in.Name }) {
				out = append(out, in)
			}
		}
	}
	for i := range out {
		var on, off []string // details
		for _, r := range shards {
			for _, in := range r.Instruments {
				switch {
				case in.Name != out[i].Name:
				case in.On:
					on = union(on, []string{in.Detail})
				default:
					off = union(off, []string{in.Detail})
				}
			}
		}
		out[i].On, out[i].Detail = false, strings.Join(off, "; ")
		if len(on) > 0 {
			out[i].On, out[i].Detail = true, strings.Join(on, "; ")
		}
	}
	return out
}

// mergedVerdicts returns one verdict a check, in the order of the catalogue.
func mergedVerdicts(shards []*Report, all []*Check) ([]Verdict, error) {
	found := map[ID][]sharded{}
	for _, r := range shards {
		for _, v := range r.Verdicts {
			found[v.ID] = append(found[v.ID], sharded{v, r.Shards[0].N})
		}
	}
	var out []Verdict
	for _, c := range all {
		verdicts := found[c.ID]
		if len(verdicts) > 1 && !c.everywhere() {
			return nil, fmt.Errorf("%w: %s is in two shards, so they come from different selections", ErrMerge, c.ID)
		}
		if len(verdicts) > 0 {
			out = append(out, worst(verdicts))
		}
		delete(found, c.ID)
	}
	if unknown := slices.Sorted(maps.Keys(found)); len(unknown) > 0 {
		return nil, fmt.Errorf("%w: there is no check %s", ErrMerge, unknown[0])
	}
	return out, nil
}

// sharded is a verdict of one shard.
type sharded struct {
	Verdict
	shard int
}

// worst sums up what several shards found for one check. A shard in which nothing could
// be seen does not count if another saw something.
func worst(verdicts []sharded) Verdict {
	out := verdicts[0].Verdict
	rank := func(v Verdict) int {
		if v.Status == Skip {
			return 0
		}
		return v.Status.Severity()
	}
	for _, v := range verdicts[1:] {
		if rank(v.Verdict) > rank(out) {
			out = v.Verdict
		}
	}
	out.Took, out.Receipts, out.Known = 0, nil, nil
	var same []sharded
	saw := 0
	for _, v := range verdicts {
		out.Took += v.Took
		if rank(v.Verdict) >= min(rank(out), 1) {
			saw++
		}
		if v.Status == out.Status {
			same = append(same, v)
			out.Receipts = append(out.Receipts, v.Receipts...)
		}
	}
	out.Reason = mergedReason(same, saw)
	for _, v := range same {
		if len(v.FollowsFrom) == 0 {
			out.FollowsFrom = nil // in one shard it has a cause of its own
		}
	}
	out.Receipts = out.Receipts[:min(len(out.Receipts), receiptLimit)]
	return out
}

// mergedReason joins the reasons of the worst verdicts of a check, which are those of
// some of several shards. A value that is measured over a run, such as a percentile, was
// measured over one shard. So it names the shards, unless all found the same.
func mergedReason(worst []sharded, of int) string {
	var plain, named []string
	for _, v := range worst {
		if v.Reason != "" && !slices.Contains(plain, v.Reason) {
			plain = append(plain, v.Reason)
		}
		if v.Reason != "" {
			named = append(named, fmt.Sprintf("shard %d: %s", v.shard, v.Reason))
		}
	}
	switch {
	case len(plain) == 0:
		return ""
	case len(worst) < of:
		return strings.Join(named, "; ") + "; each shard was judged on its own, and the worst stands"
	case len(plain) == 1:
		return plain[0]
	default:
		return strings.Join(named, "; ")
	}
}
