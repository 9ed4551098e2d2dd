package conformance_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// catalogue is a small one with a check of each kind.
func catalogue() []*conformance.Check {
	out := []*conformance.Check{
		{ID: "ctl/first", Level: conformance.Gate, Phase: conformance.First},
		{ID: "ctl/after", Level: conformance.Gate, Phase: conformance.AfterGroup},
		{ID: "sig/all", Level: conformance.Must, Overall: true},
	}
	for i := range 8 {
		out = append(out, check(conformance.ID(fmt.Sprintf("sig/%d", i)), conformance.Must))
	}
	return append(out,
		&conformance.Check{ID: "key/cold", Level: conformance.Should, Exclusive: true},
		&conformance.Check{ID: "key/rotation", Level: conformance.Should, Exclusive: true},
		&conformance.Check{ID: "dlv/z", Level: conformance.Should, Phase: conformance.Last},
		&conformance.Check{ID: "rsp/end", Level: conformance.Should, Phase: conformance.AtEnd})
}

func TestShardsAreAllOfASelectionOnce(t *testing.T) {
	all := catalogue()
	for of := 1; of <= 10; of++ {
		count := map[conformance.ID]int{}
		for n := 1; n <= of; n++ {
			part, err := conformance.Split(all, n, of)
			assert.NilError(t, err)
			again, _ := conformance.Split(all, n, of)
			assert.Assert(t, slices.Equal(part, again), "the same parts each time")
			var ids []conformance.ID
			for _, c := range part {
				count[c.ID]++
				ids = append(ids, c.ID)
			}
			assert.Equal(t, slices.Contains(ids, "key/cold"), slices.Contains(ids, "key/rotation"), "%d/%d: an order is not torn apart", n, of)
			assert.Assert(t, len(part) > 4, "%d/%d has nothing of its own", n, of)
			assert.Assert(t, slices.IsSortedFunc(part, func(a, b *conformance.Check) int { return slices.Index(all, a) - slices.Index(all, b) }))
		}
		for _, c := range all {
			want := 1
			if slices.Contains([]conformance.ID{"ctl/first", "ctl/after", "sig/all", "rsp/end"}, c.ID) {
				want = of
			}
			assert.Equal(t, count[c.ID], want, "%s in %d parts", c.ID, of)
		}
	}
	for _, c := range []struct{ n, of int }{{0, 1}, {2, 1}, {1, 11}, {-1, -1}} {
		_, err := conformance.Split(all, c.n, c.of)
		assert.ErrorIs(t, err, conformance.ErrShard, "%d/%d", c.n, c.of)
	}
}

// shards are the reports of a run in two parts.
func shards() (one, two *conformance.Report) {
	make := func(n int, verdicts ...conformance.Verdict) *conformance.Report {
		r := &conformance.Report{
			Complete: true, Verdicts: verdicts, Took: ledger.Millis(time.Second),
			Target:      conformance.TargetInfo{URL: "http://a/", KeyURL: fmt.Sprintf("http://k:%d/", n), WebhookID: "w"},
			Instruments: []conformance.Instrument{{Name: "effects", On: n == 2, Detail: fmt.Sprint("shard ", n)}},
			Required:    []string{"effects"},
			Shards:      []conformance.Shard{{N: n, Of: 2, Seed: uint64(n)}},
		}
		r.Judge()
		return r
	}
	all := catalogue()
	one = make(1, all[0].Verdict(conformance.Pass, ""), all[2].Verdict(conformance.Skip, "nothing seen"),
		all[3].Verdict(conformance.Pass, ""), all[14].Verdict(conformance.Warn, "slow"))
	two = make(2, all[0].Verdict(conformance.Pass, ""), all[2].Verdict(conformance.Pass, ""),
		all[4].Verdict(conformance.Fail, "it fell"), all[14].Verdict(conformance.Pass, ""))
	one.Verdicts[3].Took, two.Verdicts[3].Took = 1, 2
	return one, two
}

func TestMergedShardsAreJudgedAsOneRun(t *testing.T) {
	one, two := shards()
	assert.Equal(t, one.Outcome, conformance.Undecided, "alone, it lacks an instrument")
	r, err := conformance.Merge([]*conformance.Report{two, one}, catalogue(), time.Now())
	assert.NilError(t, err)
	assert.Equal(t, r.Headline, "not conformant, 1 failure, 1 warning")
	var got []string
	for _, v := range r.Verdicts {
		got = append(got, fmt.Sprintf("%s %s %s", v.ID, v.Status, v.Reason))
	}
	assert.DeepEqual(t, got, []string{"ctl/first pass ", "sig/all pass ", "sig/0 pass ", "sig/1 fail it fell", "rsp/end warn shard 1: slow; each shard was judged on its own, and the worst stands"})
	assert.Equal(t, time.Duration(r.Took), 2*time.Second)
	assert.Equal(t, r.Target.KeyURL, "another in each shard")
	assert.Equal(t, r.Target.WebhookID, "w")
	assert.DeepEqual(t, r.Instruments, []conformance.Instrument{{Name: "effects", On: true, Detail: "shard 2"}})
	assert.DeepEqual(t, r.Shards, []conformance.Shard{{N: 1, Of: 2, Seed: 1}, {N: 2, Of: 2, Seed: 2}})

	two.Complete, two.Stopped = false, "interrupted"
	two.Verdicts[2].Status = conformance.Skip
	r, err = conformance.Merge([]*conformance.Report{one, two}, catalogue(), time.Now())
	assert.NilError(t, err)
	assert.Equal(t, r.Outcome, conformance.Undecided)
	assert.Equal(t, r.Stopped, "shard 2: interrupted")
}

func TestWhatEachShardMeasuredForItselfIsSaidOfThatShard(t *testing.T) {
	for _, tc := range []struct {
		reason   string
		one, two conformance.Verdict
		want     string
	}{
		{"all found the same", conformance.Verdict{Reason: "fine"}, conformance.Verdict{Reason: "fine"}, "pass fine"},
		{"nothing is to be said", conformance.Verdict{}, conformance.Verdict{}, "pass "},
		{"each measured something else", conformance.Verdict{Reason: "1ms"}, conformance.Verdict{Reason: "2ms"}, "pass shard 1: 1ms; shard 2: 2ms"},
		{"one is worse", conformance.Verdict{Reason: "1ms"}, conformance.Verdict{Status: conformance.Warn, Reason: "5s"},
			"warn shard 2: 5s; each shard was judged on its own, and the worst stands"},
		{"one saw nothing", conformance.Verdict{Status: conformance.Skip, Reason: "no answer"}, conformance.Verdict{Reason: "2ms"}, "pass 2ms"},
	} {
		one, two := shards()
		for i, r := range []*conformance.Report{one, two} {
			v := &r.Verdicts[len(r.Verdicts)-1]
			found := []conformance.Verdict{tc.one, tc.two}[i]
			v.Status, v.Reason = cmp.Or(found.Status, conformance.Pass), found.Reason
		}
		r, err := conformance.Merge([]*conformance.Report{one, two}, catalogue(), time.Now())
		assert.NilError(t, err)
		v := r.Verdicts[len(r.Verdicts)-1]
		assert.Equal(t, fmt.Sprint(v.Status, " ", v.Reason), tc.want, tc.reason)
	}
}

func TestAListOfKnownViolationsIsHeldAgainstTheWhole(t *testing.T) {
	one, two := shards()
	list := []conformance.KnownFailing{{Pattern: "sig/1"}, {Pattern: "rsp/end"}}
	one.Expect(list, catalogue(), time.Now())
	two.Expect(list, catalogue(), time.Now())
	r, err := conformance.Merge([]*conformance.Report{one, two}, catalogue(), time.Now())
	assert.NilError(t, err)
	assert.Equal(t, r.Headline, "conformant except for 2 known violations")
}

func TestWhatIsNotOneRunIsNotMerged(t *testing.T) {
	for _, c := range []struct {
		spoil func(one, two *conformance.Report) []*conformance.Report
		want  string
	}{
		{func(_, _ *conformance.Report) []*conformance.Report { return nil }, "there is none"},
		{func(one, _ *conformance.Report) []*conformance.Report { return []*conformance.Report{one} }, "shard 2/2 is missing"},
		{func(one, _ *conformance.Report) []*conformance.Report { return []*conformance.Report{one, one} }, "shard 1/2 is there twice"},
		{func(one, two *conformance.Report) []*conformance.Report {
			two.Shards[0].Of = 3
			return []*conformance.Report{one, two}
		}, "report 2 is shard 2/3, and the first is one of 2"},
		{func(one, two *conformance.Report) []*conformance.Report {
			one.Shards[0].Of, two.Shards[0].Of = 1e9, 1e9
			return []*conformance.Report{one, two}
		}, "shard 3/1000000000, 4/1000000000, 5/1000000000, 6/1000000000, 7/1000000000 is missing"},
		{func(one, two *conformance.Report) []*conformance.Report {
			two.Shards = nil
			return []*conformance.Report{one, two}
		}, "report 2 is not of one shard"},
		{func(one, two *conformance.Report) []*conformance.Report {
			two.Target.URL = "http://b/"
			return []*conformance.Report{one, two}
		}, "shard 1 judged http://a/, and shard 2 http://b/"},
		{func(one, two *conformance.Report) []*conformance.Report {
			two.Strict = true
			return []*conformance.Report{one, two}
		}, "shards 1 and 2 have other --strict"},
		{func(one, two *conformance.Report) []*conformance.Report {
			two.Instruments = append(two.Instruments, conformance.Instrument{Name: conformance.InstrumentRefusals})
			return []*conformance.Report{one, two}
		}, "shards 1 and 2 have other kinds of target (--profile production)"},
		{func(one, two *conformance.Report) []*conformance.Report {
			two.Known = []conformance.KnownFailing{{Pattern: "x"}}
			return []*conformance.Report{one, two}
		}, "shards 1 and 2 have other lists of known violations"},
		{func(one, two *conformance.Report) []*conformance.Report {
			two.Verdicts[2].ID = one.Verdicts[2].ID
			return []*conformance.Report{one, two}
		}, "sig/0 is in two shards, so they come from different selections"},
		{func(one, two *conformance.Report) []*conformance.Report {
			two.Verdicts[2].ID = "sig/old"
			return []*conformance.Report{one, two}
		}, "there is no check sig/old"},
	} {
		one, two := shards()
		_, err := conformance.Merge(c.spoil(one, two), catalogue(), time.Now())
		assert.Assert(t, errors.Is(err, conformance.ErrMerge), c.want)
		assert.ErrorContains(t, err, c.want)
	}
}
