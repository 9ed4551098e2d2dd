package conformance_test

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

func check(id conformance.ID, l conformance.Level) *conformance.Check {
	return &conformance.Check{ID: id, Level: l}
}

// judged is a complete report of verdicts on checks by their ids.
func judged(verdicts ...conformance.Verdict) *conformance.Report {
	r := &conformance.Report{Complete: true, Verdicts: verdicts}
	r.Judge()
	return r
}

func TestKnownViolationsDoNotFailARunAndStaleEntriesDo(t *testing.T) {
	must, should, may := check("sig/a", conformance.Must), check("sig/b", conformance.Should), check("sig/c", conformance.May)
	day := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		check   *conformance.Check
		status  conformance.Status
		entry   conformance.KnownFailing
		now     time.Time
		strict  bool
		outcome conformance.Outcome
		known   bool
		stale   string
		reason  string
	}{
		{must, conformance.Fail, conformance.KnownFailing{Pattern: "sig/a"}, day, false, conformance.Conformant, true, "", "a failure that was known"},
		{must, conformance.Fail, conformance.KnownFailing{Pattern: "sig/b"}, day, false, conformance.Nonconformant, false, "", "a failure that was not, and an entry for what was not judged"},
		{must, conformance.Warn, conformance.KnownFailing{Pattern: "sig/*"}, day, true, conformance.Conformant, true, "", "a MUST that holds in effect only"},
		{should, conformance.Warn, conformance.KnownFailing{Pattern: "sig/b"}, day, false, conformance.Conformant, true, "", "a warning that fails no run is a violation all the same"},
		{should, conformance.Warn, conformance.KnownFailing{Pattern: "sig/b"}, day, true, conformance.Conformant, true, "", "nor a strict one, when it is known"},
		{may, conformance.Note, conformance.KnownFailing{Pattern: "sig/c"}, day, true, conformance.Conformant, true, "", "a note is one of a MAY"},
		{must, conformance.Pass, conformance.KnownFailing{Pattern: "sig/a"}, day, false, conformance.Nonconformant, false, "it passes", "what passes has to be taken out"},
		{must, conformance.Inconclusive, conformance.KnownFailing{Pattern: "sig/a"}, day, false, conformance.Undecided, false, "", "what could not be judged is neither known nor stale"},
		{must, conformance.Error, conformance.KnownFailing{Pattern: "sig/a"}, day, false, conformance.Broken, false, "", "that the harness failed is no violation of the target"},
		{must, conformance.Fail, conformance.KnownFailing{Pattern: "sig/a", Expires: day.Format(time.DateOnly)}, day.Add(24*time.Hour - 1), false, conformance.Conformant, true, "", "the last moment of the last day"},
		{must, conformance.Fail, conformance.KnownFailing{Pattern: "sig/a", Expires: day.Format(time.DateOnly)}, day.Add(24 * time.Hour), false, conformance.Nonconformant, false, "it was for 2026-12-31 at the latest", "the day after"},
		{must, conformance.Pass, conformance.KnownFailing{Pattern: "sig/nosuch"}, day, false, conformance.Nonconformant, false, "no check answers to it", "an entry for nothing"},
	} {
		v := c.check.Verdict(c.status, "")
		r := judged(v)
		r.Strict = c.strict
		r.Expect([]conformance.KnownFailing{c.entry}, []*conformance.Check{must, should, may}, c.now)
		assert.Equal(t, r.Outcome, c.outcome, "%s: %s", c.reason, r.Headline)
		assert.Equal(t, r.Verdicts[0].Known != nil, c.known, c.reason)
		assert.Equal(t, r.Verdicts[0].Status, c.status, "the status stays what it is")
		assert.Equal(t, r.Known[0].Stale, c.stale, c.reason)
	}
}

func TestGatesAreNeverKnown(t *testing.T) {
	gate, other := check("ctl/alive-after", conformance.Gate), check("ctl/b", conformance.Must)
	r := judged(gate.Verdict(conformance.Fail, ""), other.Verdict(conformance.Fail, ""))
	r.Expect([]conformance.KnownFailing{{Pattern: "*"}}, []*conformance.Check{gate, other}, time.Now())
	assert.Assert(t, r.Verdicts[0].Known == nil && r.Verdicts[1].Known != nil)
	assert.Equal(t, r.Headline, "not conformant, 1 failure, 1 known violation")
	r.Expect([]conformance.KnownFailing{{Pattern: "ctl/alive-after"}}, []*conformance.Check{gate, other}, time.Now())
	assert.Equal(t, r.Known[0].Stale, "no check answers to it")
	assert.Equal(t, r.Summary.Known, 0, "the earlier list is forgotten")
}

func TestWhatAShardCannotSeeIsNotStale(t *testing.T) {
	overall := &conformance.Check{ID: "sig/x", Level: conformance.Must, Overall: true}
	own := check("sig/y", conformance.Must)
	r := judged(overall.Verdict(conformance.Pass, ""), own.Verdict(conformance.Pass, ""))
	r.Shards = []conformance.Shard{{N: 1, Of: 2}}
	all := []*conformance.Check{overall, own}
	r.Expect([]conformance.KnownFailing{{Pattern: "sig/x"}, {Pattern: "sig/y"}}, all, time.Now())
	assert.Equal(t, r.Known[0].Stale, "", "another shard may see it fall short")
	assert.Equal(t, r.Known[1].Stale, "it passes")
}
