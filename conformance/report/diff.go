package report

import "github.com/rtkmock/rtkmock/conformance"

// ChangeKind says how the verdict on a check differs between two runs.
type ChangeKind string

const (
	Failing ChangeKind = "failing" // it is violated now, or worse than before
	Fixed   ChangeKind = "mended"  // it passes now
	Altered ChangeKind = "altered" // otherwise
	Added   ChangeKind = "added"   // only the newer run has it
	Gone    ChangeKind = "gone"    // only the older run has it
)

// ChangeKinds returns all kinds, the most important first. The caller owns the
// slice.
func ChangeKinds() []ChangeKind { return []ChangeKind{Failing, Added, Gone, Altered, Fixed} }

// Change is a check that two runs judge differently. What one of them does not have
// is empty.
type Change struct {
	ID        conformance.ID     `json:"id"`
	Kind      ChangeKind         `json:"change"`
	Level     conformance.Level  `json:"level"`
	Old       conformance.Status `json:"old,omitempty"`
	New       conformance.Status `json:"new,omitempty"`
	OldReason string             `json:"old_reason,omitempty"`
	NewReason string             `json:"new_reason,omitempty"`
	// FollowsFrom is that of the newer run.
	FollowsFrom []conformance.Cause `json:"follows_from,omitempty"`
}

// Diff returns the checks whose statuses differ between two runs, by kind and
// then in the order of the newer run. The same status for another reason is no
// difference.
func Diff(older, newer *Document) []Change {
	before, after := older.byID(), newer.byID()
	byKind := map[ChangeKind][]Change{}
	for _, now := range newer.Checks {
		was := before[now.ID]
		if was.Status != now.Status {
			kind := changed(was.Status, now.Status)
			byKind[kind] = append(byKind[kind], Change{now.ID, kind, now.Level, was.Status, now.Status, was.Reason, now.Reason, now.FollowsFrom})
		}
	}
	for _, was := range older.Checks {
		if _, there := after[was.ID]; !there {
			byKind[Gone] = append(byKind[Gone], Change{ID: was.ID, Kind: Gone, Level: was.Level, Old: was.Status, OldReason: was.Reason})
		}
	}
	out := []Change{}
	for _, kind := range ChangeKinds() {
		out = append(out, byKind[kind]...)
	}
	return out
}

func (d *Document) byID() map[conformance.ID]CheckResult {
	out := map[conformance.ID]CheckResult{}
	for _, c := range d.Checks {
		out[c.ID] = c
	}
	return out
}

func changed(was, now conformance.Status) ChangeKind {
	switch {
	case was == "":
		return Added
	case now == conformance.Pass:
		return Fixed
	case now != conformance.Skip && now.Severity() > was.Severity():
		return Failing
	default:
		return Altered
	}
}
