package report

import (
	"github.com/rtkmock/rtkmock/conformance"
)

// ChangeKind says how the verdict on a check differs between two runs.
type ChangeKind string

const (
	Failing ChangeKind = "failing" // it falls short now, or more than before
	Mended  ChangeKind = "mended"  // it passes now
	Altered ChangeKind = "altered" // otherwise
	Added   ChangeKind = "added"   // only the newer run has it
	Gone    ChangeKind = "gone"    // only the older run has it
)

// ChangeKinds returns all kinds, in the order in which they matter. The caller
// owns the slice.
func ChangeKinds() []ChangeKind { return []ChangeKind{Failing, Added, Gone, Altered, Mended} }

// Change is a check on which two runs differ.
type Change struct {
	ID       conformance.ID
	Kind     ChangeKind
	Old, New *conformance.Verdict // nil where that run does not have the check
}

// Diff returns the checks whose statuses differ between two runs, by kind and
// then in the order of the newer run. The same status for another reason is no
// difference.
func Diff(older, newer *conformance.Report) []Change {
	before := byID(older)
	var all []Change
	seen := map[conformance.ID]bool{}
	for i := range newer.Verdicts {
		now := &newer.Verdicts[i]
		id := now.Check.ID
		seen[id] = true
		was := before[id]
		switch {
		case was == nil:
			all = append(all, Change{id, Added, nil, now})
		case was.Status != now.Status:
			all = append(all, Change{id, changed(was.Status, now.Status), was, now})
		}
	}
	for i := range older.Verdicts {
		if was := &older.Verdicts[i]; !seen[was.Check.ID] {
			all = append(all, Change{was.Check.ID, Gone, was, nil})
		}
	}
	var out []Change
	for _, kind := range ChangeKinds() {
		for _, c := range all {
			if c.Kind == kind {
				out = append(out, c)
			}
		}
	}
	return out
}

func byID(r *conformance.Report) map[conformance.ID]*conformance.Verdict {
	out := map[conformance.ID]*conformance.Verdict{}
	for i := range r.Verdicts {
		out[r.Verdicts[i].Check.ID] = &r.Verdicts[i]
	}
	return out
}

func changed(was, now conformance.Status) ChangeKind {
	switch {
	case now == conformance.Pass:
		return Mended
	case now != conformance.Skip && badness(now) < badness(was):
		return Failing
	default:
		return Altered
	}
}
