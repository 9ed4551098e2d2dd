package conformance

import (
	"fmt"
	"slices"
	"time"
)

// KnownFailing is an entry of a list of known violations.
type KnownFailing struct {
	Pattern Pattern `json:"pattern"`
	Reason  string  `json:"reason"` // why it is accepted for now
	// Expires is the last day, in UTC, on which it is accepted, as time.DateOnly has
	// it. Empty: it does not expire.
	Expires string `json:"expires,omitempty"`
	Where   string `json:"where"` // the entry's place, for messages: "known.txt:3"
	// Stale says why the entry has to be removed, as Expect finds; empty: it does not
	// have to.
	Stale string `json:"stale,omitempty"`
}

// Expect marks the violations that a list announces, and the entries of the list that are
// stale: an entry that has expired, one that matches no check of the catalogue all, and
// one for a check that passes. Then it judges again: a known violation does not fail a
// run, and a stale entry does.
//
// A violation is a failure, a warning or a note. A check that could not be judged is
// neither known nor stale. Gates are never known, since everything else rests on them. A
// verdict that several entries match goes to the first.
func (r *Report) Expect(list []KnownFailing, all []*Check, now time.Time) {
	r.Known = slices.Clone(list)
	for i := range r.Verdicts {
		r.Verdicts[i].Known = nil
	}
	for i := range r.Known {
		e := &r.Known[i]
		e.Stale = ""
		switch {
		case e.Expires != "" && e.Expires < now.UTC().Format(time.DateOnly):
			e.Stale = "it was for " + e.Expires + " at the latest"
		case !slices.ContainsFunc(all, func(c *Check) bool { return e.covers(c.ID, c.Level) }):
			e.Stale = "no check answers to it"
		default:
			r.expect(e, all)
		}
	}
	r.Judge()
}

func (e *KnownFailing) covers(id ID, l Level) bool { return l != Gate && e.Pattern.Matches(id) }

// expect holds the verdicts against one entry.
func (r *Report) expect(e *KnownFailing, all []*Check) {
	var passed []ID
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		if !e.covers(v.ID, v.Level) {
			continue
		}
		switch v.Status {
		case Fail, Warn, Note:
			if v.Known == nil {
				v.Known = e
			}
		case Pass:
			i := slices.IndexFunc(all, func(c *Check) bool { return c.ID == v.ID })
			// Another shard may see more than this one.
			if len(r.Shards) != 1 || i < 0 || !all[i].everywhere() {
				passed = append(passed, v.ID)
			}
		}
	}
	switch {
	case len(passed) == 0:
	case string(passed[0]) == string(e.Pattern):
		e.Stale = "it passes"
	case len(passed) == 1:
		e.Stale = fmt.Sprintf("%s passes", passed[0])
	default:
		e.Stale = fmt.Sprintf("%s and %d more pass", passed[0], len(passed)-1)
	}
}
