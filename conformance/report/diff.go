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

// Change is a check that two runs judge differently.
type Change struct {
	ID       conformance.ID
	Kind     ChangeKind
	Old, New *Check // nil where that run does not have the check
}

// Diff returns the checks whose statuses differ between two runs, by kind and
// then in the order of the newer run. The same status for another reason is no
// difference.
func Diff(older, newer *Document) []Change {
	before, after := older.byID(), newer.byID()
	byKind := map[ChangeKind][]Change{}
	for i := range newer.Checks {
		now := &newer.Checks[i]
		switch was := before[now.ID]; {
		case was == nil:
			byKind[Added] = append(byKind[Added], Change{now.ID, Added, nil, now})
		case was.Status != now.Status:
			kind := changed(was.Status, now.Status)
			byKind[kind] = append(byKind[kind], Change{now.ID, kind, was, now})
		}
	}
	for i := range older.Checks {
		if was := &older.Checks[i]; after[was.ID] == nil {
			byKind[Gone] = append(byKind[Gone], Change{was.ID, Gone, was, nil})
		}
	}
	var out []Change
	for _, kind := range ChangeKinds() {
		out = append(out, byKind[kind]...)
	}
	return out
}

func (d *Document) byID() map[conformance.ID]*Check {
	out := map[conformance.ID]*Check{}
	for i := range d.Checks {
		out[d.Checks[i].ID] = &d.Checks[i]
	}
	return out
}

func changed(was, now conformance.Status) ChangeKind {
	switch {
	case now == conformance.Pass:
		return Fixed
	case now != conformance.Skip && severity(now) < severity(was):
		return Failing
	default:
		return Altered
	}
}
