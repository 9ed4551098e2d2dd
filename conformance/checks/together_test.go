package checks_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

func TestPartsHaveEachCheckOnceAndGatesAlways(t *testing.T) {
	all := checks.All()
	parts := conformance.Apart(all)
	assert.Equal(t, len(parts), 3)
	seen := map[conformance.ID]int{}
	for _, part := range parts {
		for _, c := range part {
			seen[c.ID]++
		}
	}
	for _, c := range all {
		want := 1
		if c.Phase != conformance.InGroup && c.Phase != conformance.Last && c.Phase != conformance.Final {
			want = len(parts)
		}
		assert.Check(t, seen[c.ID] == want, "%s is in %d parts, want %d", c.ID, seen[c.ID], want)
	}
	calm := slices.DeleteFunc(slices.Clone(all), func(c *conformance.Check) bool { return c.Phase != conformance.First && c.Phase != conformance.InGroup })
	assert.Equal(t, len(conformance.Apart(calm)), 1, "a part that has nothing of its own is left out")
}

// The receivers are not alike here, so that it shows which was judged by what.
func TestReceiversBesideEachOtherAreJudgedAsOne(t *testing.T) {
	only := func(part []*conformance.Check, own ...conformance.ID) []*conformance.Check {
		return slices.DeleteFunc(slices.Clone(part), func(c *conformance.Check) bool {
			return c.Phase != conformance.First && !slices.Contains(own, c.ID)
		})
	}
	part := func(flaw string, own ...conformance.ID) (conformance.Options, *receivers.Process) {
		b := newBench(t, "")
		c := receivers.Config{KeyURL: b.station.KeyURL()}
		receiver := receivers.Reference(c)
		if flaw != "" {
			var err error
			receiver, err = receivers.Flawed(flaw, c)
			assert.NilError(t, err)
		}
		url, process := start(t, receiver)
		o := b.quick(url)
		o.Target.Restart = process
		o.Checks = only(checks.All(), own...)
		return o, process
	}
	calm, _ := part("", "sig/missing-header", "rsp/latency")
	rough, _ := part("fails-open", "key/fail-open", "key/pem-crlf", "rsp/latency")
	var mu sync.Mutex
	var told []string
	last, firsts := conformance.Progress{}, 0
	calm.Progress = func(p conformance.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasPrefix(p.Message, "sending the first genuine delivery") {
			firsts++
		}
		if p.Verdict != nil {
			told = append(told, string(p.Verdict.Check.ID))
		}
		last = p
	}
	rep, err := conformance.RunTogether(context.Background(), checks.All(), calm, rough)
	assert.NilError(t, err)
	assert.Equal(t, rep.Outcome, conformance.Nonconformant)
	assert.Equal(t, rep.Target.URL, calm.Target.URL)
	assert.Equal(t, len(rep.Shards), 0)
	status := map[conformance.ID]conformance.Status{}
	for _, v := range rep.Verdicts {
		status[v.Check.ID] = v.Status
	}
	assert.DeepEqual(t, status, map[conformance.ID]conformance.Status{
		"ctl/valid-accepted": conformance.Pass, "sig/missing-header": conformance.Pass, "key/fail-open": conformance.Fail, "key/pem-crlf": conformance.Pass, "rsp/latency": conformance.Pass,
	})
	slices.Sort(told)
	// What may change yet is not told: key/fail-open, and what is judged in the end.
	assert.DeepEqual(t, told, []string{"ctl/valid-accepted", "key/pem-crlf", "sig/missing-header"})
	assert.Equal(t, firsts, 1, "what both say is told once")
	assert.Equal(t, last.Total, len(calm.Checks)+len(rough.Checks))
	assert.Assert(t, rep.Ledger.Accepted > 4, "what both were sent is in one account")
}

func TestAnUnusablePartIsAnError(t *testing.T) {
	_, err := conformance.RunTogether(context.Background(), checks.All())
	assert.ErrorIs(t, err, conformance.ErrOptions)
	b := newBench(t, "")
	good := b.quick(serveHandler(t, http.NotFoundHandler(), nil))
	_, err = conformance.RunTogether(context.Background(), checks.All(), good, conformance.Options{})
	assert.ErrorIs(t, err, conformance.ErrOptions)
}
