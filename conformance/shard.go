package conformance

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Shard is one of several parts of a selection of checks, each judged by a run
// of its own.
type Shard struct {
	N     int       `json:"n"` // from 1
	Of    int       `json:"of"`
	Seed  uint64    `json:"seed,string"`
	Start time.Time `json:"start"`
}

// ErrShard is wrapped by the error about a selection that has no such part.
var ErrShard = errors.New("conformance: no such shard")

// everywhere reports a check that belongs to each shard: a gate, because everything else
// rests on it, or a check that judges everything that a run has sent.
func (c *Check) everywhere() bool {
	return c.Level == Gate || c.Overall || c.Phase == First || c.Phase == AfterGroup || c.Phase == AtEnd
}

// Split returns part n of checks, of parts, in the order given. The same checks give the
// same parts. Each check is in one of them; gates, and checks that judge everything that
// a run has sent, are in all. Checks that need the target for themselves, or may leave it
// unable to work, stay together by group, since their order matters. The error matches
// ErrShard.
func Split(checks []*Check, n, of int) ([]*Check, error) {
	units := shardUnits(checks)
	if n < 1 || n > of {
		return nil, fmt.Errorf("%w: %d of %d", ErrShard, n, of)
	}
	if of > len(units) {
		return nil, fmt.Errorf("%w: found %d parts, want %d at most", ErrShard, of, len(units))
	}
	weights := make([]int, of)
	mine := map[*Check]bool{}
	for _, unit := range units {
		part := slices.Index(weights, slices.Min(weights))
		weights[part] += len(unit)
		for _, c := range unit {
			mine[c] = part == n-1
		}
	}
	return slices.DeleteFunc(slices.Clone(checks), func(c *Check) bool { return !c.everywhere() && !mine[c] }), nil
}

// shardUnits returns the checks that stay together, the largest units first.
func shardUnits(checks []*Check) [][]*Check {
	var units [][]*Check
	together := map[string]int{}
	for _, c := range checks {
		if c.everywhere() {
			continue
		}
		if !c.Exclusive && c.Phase == InGroup {
			units = append(units, []*Check{c})
			continue
		}
		name := c.ID.Group()
		if c.Phase != InGroup {
			name = "last"
		}
		i, ok := together[name]
		if !ok {
			i = len(units)
			together[name] = i
			units = append(units, nil)
		}
		units[i] = append(units[i], c)
	}
	slices.SortStableFunc(units, func(a, b []*Check) int { return len(b) - len(a) })
	return units
}
