package formats

import (
	"errors"
	"strings"
	"testing"

	readback "github.com/joshdk/go-junit"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

func ingest(t testing.TB, d *report.Document) []readback.Suite {
	t.Helper()
	suites, err := readback.Ingest([]byte(render(t, "junit", d)))
	assert.NilError(t, err)
	return suites
}

func caseOf(t testing.TB, suites []readback.Suite, name string) readback.Test {
	t.Helper()
	for _, s := range suites {
		for _, tc := range s.Tests {
			if tc.Name == name {
				return tc
			}
		}
	}
	t.Fatalf("no test case %s", name)
	return readback.Test{}
}

func TestJUnitNeverShowsAViolationAsPassed(t *testing.T) {
	type status = conformance.Status
	for _, c := range []struct {
		status status
		level  conformance.Level
		strict bool
		want   readback.Status
		kind   string
		reason string
	}{
		{conformance.Pass, conformance.Must, false, readback.StatusPassed, "", "what holds, holds"},
		{conformance.Fail, conformance.Must, false, readback.StatusFailed, "fail", "a failure"},
		{conformance.Fail, conformance.Gate, false, readback.StatusFailed, "fail", "a failure"},
		{conformance.Error, conformance.May, false, readback.StatusError, "error", "the harness failed, not the target"},
		{conformance.Inconclusive, conformance.Gate, false, readback.StatusFailed, "inconclusive", "nothing was proved"},
		{conformance.Inconclusive, conformance.Must, false, readback.StatusFailed, "inconclusive", "nothing was proved"},
		{conformance.Inconclusive, conformance.Should, false, readback.StatusSkipped, "", "nothing was proved, nor demanded"},
		{conformance.Skip, conformance.Must, false, readback.StatusSkipped, "", "not judged"},
		{conformance.Skip, conformance.Must, true, readback.StatusSkipped, "", "strict is about warnings"},
		{conformance.Warn, conformance.Should, false, readback.StatusPassed, "", "a warning does not fail the run"},
		{conformance.Warn, conformance.Should, true, readback.StatusFailed, "warn", "unless it is strict"},
		{conformance.Note, conformance.May, true, readback.StatusPassed, "", "a note never fails the run"},
		{"unheard-of", conformance.May, false, readback.StatusError, "unheard-of", "what is not known is not good"},
	} {
		r := &report.Document{Report: conformance.Report{Outcome: conformance.Conformant, Strict: c.strict}, Checks: []report.CheckResult{{Verdict: conformance.Verdict{ID: "g/x", Level: c.level, Status: c.status, Reason: "because"}}}}
		got := caseOf(t, ingest(t, r), "g/x")
		assert.Equal(t, got.Status, c.want, "%s %s: %s", c.level, c.status, c.reason)
		assert.Assert(t, strings.Contains(got.Message+got.SystemOut, "because"), "%s: the reason is lost", c.status)
		var failure readback.Error
		if errors.As(got.Error, &failure) {
			assert.Equal(t, failure.Type, c.kind)
			assert.Assert(t, strings.Contains(failure.Body, "g/x"), "%s: no details", c.status)
		}
	}
}

func TestJUnitFailsWhereTheRunProvesNothingThoughNoCheckFailed(t *testing.T) {
	for _, outcome := range []conformance.Outcome{conformance.Undecided, conformance.Nonconformant, conformance.Broken} {
		r := good(t)
		r.Outcome, r.Headline = outcome, "inconclusive, stopped early: interrupted"
		got := caseOf(t, ingest(t, r), "run/outcome")
		assert.Equal(t, got.Status, readback.StatusError)
		assert.Equal(t, got.Message, r.Headline)
		assert.Equal(t, got.Classname, "rtkmock.run")
	}
	for _, r := range []*report.Document{good(t), fixture(t)} {
		assert.Assert(t, !strings.Contains(render(t, "junit", r), "run/outcome"), "it is said already")
	}
}

func TestJUnitSaysWhatTheReportHolds(t *testing.T) {
	r := fixture(t)
	suites := ingest(t, r)
	var names []string
	total := 0
	for _, s := range suites {
		names = append(names, s.Name)
		total += s.Totals.Tests
		assert.Equal(t, s.Properties["tool"], "rtkmock 1.2.3")
		assert.Equal(t, s.Properties["rerun"], "--seed 18446744073709551615 --start 2026-06-03T10:00:00Z")
		assert.Equal(t, s.Properties["target"], "http://(redacted)@127.0.0.1:8080/webhook?empty=(redacted)&token=(redacted)")
	}
	assert.DeepEqual(t, names, []string{"ctl", "sig", "evt", "key", "rsp"})
	assert.Equal(t, total, len(r.Checks))
	assert.Equal(t, suites[1].Totals.Failed, 3)
	assert.Equal(t, suites[1].Totals.Skipped, 1)

	var failure readback.Error
	assert.Assert(t, errors.As(caseOf(t, suites, "sig/other-key").Error, &failure))
	for _, part := range []string{"sent   meeting.participantJoined", "got    200 OK", "curl -sS", "why    ", "fix    ", "]]><failure/>"} {
		assert.Assert(t, strings.Contains(failure.Body, part), "%q is not in\n%s", part, failure.Body)
	}
}

func TestJUnitGathersAGroupThatIsNotInOneRow(t *testing.T) {
	suites := ingest(t, &report.Document{Report: conformance.Report{Outcome: conformance.Conformant}, Checks: []report.CheckResult{
		{Verdict: conformance.Verdict{ID: "a/1", Status: conformance.Pass}}, {Verdict: conformance.Verdict{ID: "b/1", Status: conformance.Pass}}, {Verdict: conformance.Verdict{ID: "a/2", Status: conformance.Pass}},
	}})
	assert.Equal(t, len(suites), 2)
	assert.Equal(t, len(suites[0].Tests), 2)
}
