package report_test

import (
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// expecting is the fixture with a list of known violations. Two of
// its entries are stale.
func expecting() *conformance.Report {
	r := fixture()
	r.Required = []string{"keys"}
	day := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	r.Expect([]conformance.KnownFailing{
		{Pattern: "sig/other-key", Reason: "the gateway is replaced, see #12", Expires: "2026-12-31", Where: "known.txt:2"},
		{Pattern: "sig/raw-bytes", Reason: "the proxy; <b>sorry</b>", Where: "known.txt:3"},
		{Pattern: "sig/pss", Reason: "no way to tell", Where: "known.txt:4"},
		{Pattern: "sig/tampered-byte", Reason: "was so once", Where: "known.txt:5"},
		{Pattern: "sig/no-such", Reason: "was there once", Where: "known.txt:6"},
	}, checksOf(r), day)
	return r
}

func checksOf(r *conformance.Report) []*conformance.Check {
	var out []*conformance.Check
	for _, v := range r.Verdicts {
		out = append(out, &conformance.Check{ID: v.ID, Level: v.Level})
	}
	return out
}

func TestEveryFormatShowsWhichViolationsWereKnown(t *testing.T) {
	r := expecting()
	for format, want := range map[string][]string{
		"text": {
			" is stale, 1 undecided, 1 warning, 2 stale entries, 3 known",
			"  known.txt:5: sig/tampered-byte: it passes; take it out\n",
			"  known.txt:6: sig/no-such: no check answers to it; take it out\n",
			"KNOWN FAIL sig/other-key (MUST, S9)  the gateway is replaced, see #12",
			"KNOWN WARN sig/pss",
			"1 inconclusive, 1 warn, 2 known fail, 1 known warn, 1 skip",
		},
		"json":     {`"known": {`, `"expires": "2026-12-31"`, `"stale": "it passes"`, `"known": 3`},
		"markdown": {"**Stale entries of the list of known violations:**", "<b>known fail</b> <code>sig/other-key</code>", "**Known:** the proxy; &lt;b&gt;sorry&lt;/b&gt; (known.txt:3)"},
		"html":     {`<button type="button" class="chip s-known" data-status="known"`, "<li>known.txt:6: sig/no-such:", "<p><b>Known:</b> the proxy; &lt;b&gt;sorry&lt;/b&gt; (known.txt:3)</p>", `<span class="badge">known fail</span>`},
		"tap":      {"# TODO known fail: the gateway is replaced, see \\#12 (known.txt:2, until 2026-12-31)", "not ok 17 - known/stale: known.txt:5: sig/tampered-byte"},
		"github":   {"::notice title=known fail sig/other-key", "::error title=stale entry of the list of known violations::known.txt:6"},
		"junit": {
			`<skipped message="known fail: the gateway is replaced, see #12 (known.txt:2, until 2026-12-31); found: a signature`,
			`<testcase name="known/sig/no-such" classname="rtkmock.known" time="0.000">`,
			`<failure message="known.txt:6: sig/no-such: no check answers to it; take it out" type="stale">`,
		},
		"badge": {`"not conformant, 1 warning, 3 known violations, stale list of known violations`},
	} {
		out := write(t, format, r, plaintext.Options{Width: 120})
		for _, text := range want {
			assert.Assert(t, is.Contains(out, text), format)
		}
	}
	assert.Assert(t, strings.Count(write(t, "tap", r, plaintext.Options{}), "\nnot ok 18 - known/stale") == 1)
}

func TestKnownViolationsAreNeverGreen(t *testing.T) {
	r := good()
	r.Verdicts[0].Known = &conformance.KnownFailing{Pattern: "x", Reason: "y", Where: "z:1"}
	r.Verdicts[0].Status = conformance.Fail
	r.Verdicts = r.Verdicts[:2]
	r.Instruments, r.Required = nil, nil
	r.Judge()
	assert.Equal(t, r.Outcome, conformance.Conformant)
	assert.Assert(t, is.Contains(r.Headline, "1 known"))
	assert.Assert(t, is.Contains(write(t, "html", r, plaintext.Options{}), `<header class="top open">`))
	assert.Assert(t, is.Contains(write(t, "badge", r, plaintext.Options{}), `"color": "yellow"`))
	assert.Assert(t, !strings.HasPrefix(write(t, "text", r, plaintext.Options{Color: true}), "\x1b[1;32m"))
}

func TestChecksThatAreUndecidedForOneCauseAreWrittenOnce(t *testing.T) {
	r := fixture()
	silent := r.Verdicts[4]
	silent.Reason = "half a signature: no answer within 3s; if the target is only slow, raise --timeout"
	r.Verdicts[4] = silent
	for i, reason := range []string{
		"garbage: no answer within 3s; if the target is only slow, raise --timeout",
		"another: no answer within 3s; if the target is only slow, raise --timeout; yet another: no answer within 3s; if the target is only slow, raise --timeout",
		"garbage: the target limits its rate",
	} {
		v := silent
		v.ID, v.Reason = conformance.ID("sig/"+string(rune('a'+i))), reason
		r.Verdicts = append(r.Verdicts, v)
	}
	out := write(t, "text", r, plaintext.Options{})
	assert.Equal(t, strings.Count(out, "\nINCONCLUSIVE"), 2, out)
	assert.Assert(t, is.Contains(out, "  alike  for the same cause: sig/a (MUST), sig/b (MUST)\n"))
	assert.Equal(t, strings.Count(write(t, "text", r, plaintext.Options{Verbose: true}), "\nINCONCLUSIVE"), 4, "all are written where all is asked for")
}
