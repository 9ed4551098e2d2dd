package report

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

// readGitHub reads workflow commands as the runner of GitHub Actions does: a
// command is a whole line that begins with "::", ends its properties at the
// next "::", and parts them by commas.
func readGitHub(t *testing.T, text string) []annotation {
	t.Helper()
	var out []annotation
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "::")
		assert.Assert(t, ok, "no command: %q", line)
		head, message, ok := strings.Cut(rest, "::")
		assert.Assert(t, ok, line)
		kind, properties, _ := strings.Cut(head, " ")
		a := annotation{kind: kind, message: unescape(message)}
		for property := range strings.SplitSeq(properties, ",") {
			key, value, _ := strings.Cut(property, "=")
			assert.Equal(t, key, "title")
			a.title = unescape(value)
		}
		out = append(out, a)
	}
	return out
}

func unescape(s string) string {
	return strings.NewReplacer("%0A", "\n", "%0D", "\r", "%3A", ":", "%2C", ",", "%25", "%").Replace(s)
}

func TestGitHubKinds(t *testing.T) {
	for _, c := range []struct {
		status conformance.Status
		level  conformance.Level
		strict bool
		want   string
		reason string
	}{
		{conformance.Pass, conformance.Must, false, "", "nothing to tell"},
		{conformance.Skip, conformance.Should, false, "", "told once, for the MUSTs"},
		{conformance.Fail, conformance.Must, false, "error", "a failure"},
		{conformance.Error, conformance.May, false, "error", "the harness failed"},
		{"no-such-status", conformance.May, false, "error", "what is not known is not good"},
		{conformance.Inconclusive, conformance.Gate, false, "error", "the run exits as inconclusive"},
		{conformance.Inconclusive, conformance.Must, false, "error", "the same"},
		{conformance.Inconclusive, conformance.Should, false, "warning", "no more than a warning would weigh"},
		{conformance.Warn, conformance.Should, false, "warning", "a warning"},
		{conformance.Warn, conformance.Should, true, "error", "warnings count as failures"},
		{conformance.Note, conformance.May, true, "notice", "a note"},
	} {
		v := conformance.Verdict{Check: &conformance.Check{ID: "sig/x", Level: c.level}, Status: c.status}
		assert.Equal(t, annotationKind(v, c.strict), c.want, c.reason)
	}
}

func TestGitHubEscapesWhatHasAMeaning(t *testing.T) {
	evil := "a,b::c%0A::set-output name=x::\r\n::error::mine ##[error]mine\n"
	r := fixture()
	r.Headline = evil
	for i := range r.Verdicts {
		check := *r.Verdicts[i].Check
		check.ID = conformance.ID("sig/" + evil)
		check.Title, check.Fix = evil, evil
		r.Verdicts[i].Check, r.Verdicts[i].Reason = &check, evil
	}
	for _, a := range readGitHub(t, write(t, "github", r, Options{})) {
		assert.Assert(t, a.kind == "error" || a.kind == "warning" || a.kind == "notice", a.kind)
		if a.title != ToolName && !strings.Contains(a.title, "not judged") {
			assert.Assert(t, strings.Contains(a.title, "a,b::c%0A::set-output"), a.title)
		}
		assert.Assert(t, strings.Contains(a.message, "a,b::c%0A::set-output"), a.message)
	}
}

func TestGitHubKeepsToWhatIsShown(t *testing.T) {
	r := crowd(60, "{}")
	for i := range r.Verdicts {
		r.Verdicts[i].Status = []conformance.Status{conformance.Fail, conformance.Warn, conformance.Note}[i%3]
	}
	r.Verdicts[0].Reason = strings.Repeat("long ", 10_000)
	out := write(t, "github", r, Options{})
	count := map[string]int{}
	var last annotation
	for _, a := range readGitHub(t, out) {
		count[a.kind]++
		if a.kind == "error" {
			last = a
		}
		assert.Assert(t, len(a.message) < 3*maxAnnotationText, "%d", len(a.message))
	}
	assert.DeepEqual(t, count, map[string]int{"error": maxAnnotations, "warning": maxAnnotations, "notice": maxAnnotations})
	// Twenty failures and the outcome, of which ten are shown.
	assert.Assert(t, strings.HasSuffix(last.message, "and 11 more, which the other formats tell of"), last.message)
}

func TestGitHubTellsTheWorstFirst(t *testing.T) {
	r := crowd(20, "{}")
	r.Verdicts[19].Status = conformance.Error
	all := readGitHub(t, write(t, "github", r, Options{}))
	assert.Assert(t, strings.HasPrefix(all[1].title, "error dlv/check-19") || strings.HasPrefix(all[1].title, "error evt/check-19"), all[1].title)
}

func TestGitHubPutsTheOutcomeFirst(t *testing.T) {
	for _, c := range []struct {
		report *conformance.Report
		kind   string
	}{{fixture(), "error"}, {good(), "notice"}, {stopped(), "error"}} {
		all := readGitHub(t, write(t, "github", c.report, Options{}))
		assert.Equal(t, all[0].kind, c.kind)
		assert.Equal(t, all[0].title, ToolName)
		assert.Assert(t, strings.HasPrefix(all[0].message, c.report.Headline), all[0].message)
	}
	open := readGitHub(t, write(t, "github", good(), Options{}))
	assert.Equal(t, open[len(open)-1].title, fmt.Sprintf("%d MUST not judged", len(good().NotJudged())))
}
