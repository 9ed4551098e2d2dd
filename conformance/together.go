package conformance

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// Apart divides checks into parts that can go on beside each other, each
// against a receiver of its own, where all are alike: those that leave a
// receiver as it is, those that take the key from it, and those that do more to
// it. Gates, and what is judged at the end on all that was sent, are in each.
// A part that would have nothing else is left out.
func Apart(checks []*Check) [][]*Check {
	const kinds = 3
	kind := func(c *Check) int {
		switch {
		case c.Phase == Last && c.ID.Group() == "key":
			return 1
		case c.Phase == Last || c.Phase == Final:
			return 2
		default:
			return 0
		}
	}
	framing := func(c *Check) bool { return c.Phase == First || c.Phase == AfterGroup || c.Phase == AtEnd }
	var parts [][]*Check
	for k := range kinds {
		var part []*Check
		own := false
		for _, c := range checks {
			if framing(c) || kind(c) == k {
				part = append(part, c)
				own = own || !framing(c)
			}
		}
		if own {
			parts = append(parts, part)
		}
	}
	return parts
}

// RunTogether judges receivers that are alike beside each other, each by its own
// part of the checks all, and returns one report, as of one receiver: the first.
// Each part needs a Endpoints and a Target of its own. The Progress of the first
// is told of all. The errors are those of Run.
func RunTogether(ctx context.Context, all []*Check, parts ...Options) (*Report, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("%w: there is no part", ErrOptions)
	}
	began := time.Now()
	reports := make([]*Report, len(parts))
	errs := make([]error, len(parts))
	shared := newJoint(parts)
	var wg sync.WaitGroup
	for i, o := range parts {
		o.Progress = shared.of(i)
		wg.Go(func() { reports[i], errs[i] = Run(ctx, o) })
	}
	wg.Wait()
	longest := reports[0]
	for i, r := range reports {
		if errs[i] != nil {
			return nil, errs[i]
		}
		r.Shards = []Shard{{N: i + 1, Of: len(parts), Seed: r.Seed, Start: r.Start}}
		if r.Took > longest.Took {
			longest = r
		}
	}
	out, err := merge(reports, all, began, "receiver")
	if err != nil {
		return nil, err
	}
	if why := stoppedAll(reports); why != "" {
		out.Stopped = why
	}
	out.Shards, out.Target = nil, reports[0].Target
	out.Took, out.Waited = time.Since(began), longest.Waited
	out.Assumptions = append(out.Assumptions, Assumption{"receivers judged beside each other", strconv.Itoa(len(parts)) + ", each by other checks", "--parallel"})
	out.Judge()
	return out, nil
}

// stoppedAll is why parts of a run stopped, if it was the same for all that did.
func stoppedAll(reports []*Report) string {
	why := ""
	for _, r := range reports {
		if r.Stopped != "" && why != "" && r.Stopped != why {
			return ""
		}
		why = cmp.Or(why, r.Stopped)
	}
	return why
}

// joint tells of the parts of a run as of one.
type joint struct {
	tell func(Progress)

	mu    sync.Mutex
	parts []Progress     // the last of each
	said  map[string]int // which part said something first
}

func newJoint(parts []Options) *joint {
	j := &joint{tell: parts[0].Progress, parts: make([]Progress, len(parts)), said: map[string]int{}}
	for i, o := range parts {
		j.parts[i].Total = len(o.Checks)
	}
	return j
}

// of is the Progress of a part. What each part has to say, or a verdict that each
// has to come to, is told once.
func (j *joint) of(part int) func(Progress) {
	if j.tell == nil {
		return nil
	}
	return func(step Progress) {
		j.mu.Lock()
		defer j.mu.Unlock()
		if step.Message != "" {
			if first, ok := j.said[step.Message]; ok && first != part {
				return
			}
			j.said[step.Message] = part
		}
		j.parts[part] = step
		step.Done, step.Total = 0, 0
		for _, p := range j.parts {
			step.Done += p.Done
			step.Total += p.Total
		}
		if part > 0 && step.Verdict != nil && step.Verdict.Check.everywhere() {
			step.Verdict = nil
		}
		j.tell(step)
	}
}
