package formats

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
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
		{conformance.Pass, conformance.Must, false, "", "nothing to say"},
		{conformance.Skip, conformance.Should, false, "", "said once, for the MUSTs"},
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
		check := &report.CheckResult{Verdict: conformance.Verdict{ID: "sig/x", Level: c.level, Status: c.status}}
		assert.Equal(t, annotationKind(check, c.strict), c.want, c.reason)
	}
}

func TestGitHubEscapesWhatHasAMeaning(t *testing.T) {
	evil := "a,b::c%0A::set-output name=x::\r\n::error::mine ##[error]mine\n"
	r := fixture(t)
	r.Headline = evil
	for i := range r.Checks {
		c := &r.Checks[i]
		c.ID, c.Title, c.Fix, c.Reason = conformance.ID("sig/"+evil), evil, evil, evil
	}
	for _, a := range readGitHub(t, render(t, "github", r)) {
		assert.Assert(t, a.kind == "error" || a.kind == "warning" || a.kind == "notice", a.kind)
		if a.title != report.ToolName && !strings.Contains(a.title, "not judged") {
			assert.Assert(t, strings.Contains(a.title, "a,b::c%0A::set-output"), a.title)
		}
		assert.Assert(t, strings.Contains(a.message, "a,b::c%0A::set-output"), a.message)
	}
}

func TestGitHubKeepsToWhatIsShown(t *testing.T) {
	r := crowd(60, "{}")
	for i := range r.Checks {
		r.Checks[i].Status = []conformance.Status{conformance.Fail, conformance.Warn, conformance.Note}[i%3]
	}
	r.Checks[0].Reason = strings.Repeat("long ", 10_000)
	out := render(t, "github", r)
	count := map[string]int{}
	var last annotation
	for _, a := range readGitHub(t, out) {
		count[a.kind]++
		if a.kind == "error" {
			last = a
		}
		assert.Assert(t, len(a.message) < 3*maxMessage, "%d", len(a.message))
	}
	assert.DeepEqual(t, count, map[string]int{"error": maxAnnotations, "warning": maxAnnotations, "notice": maxAnnotations})
	// Twenty failures and the outcome, of which ten are shown.
	assert.Assert(t, strings.HasSuffix(last.message, "and 11 more, which the other formats hold"), last.message)
}

func TestGitHubPutsTheWorstFirst(t *testing.T) {
	r := crowd(20, "{}")
	r.Checks[19].Status = conformance.Error
	all := readGitHub(t, render(t, "github", r))
	assert.Assert(t, strings.HasPrefix(all[1].title, "error dlv/check-19") || strings.HasPrefix(all[1].title, "error evt/check-19"), all[1].title)
}

func TestGitHubPutsTheOutcomeFirst(t *testing.T) {
	for _, c := range []struct {
		report *report.Document
		kind   string
	}{{fixture(t), "error"}, {good(t), "notice"}} {
		all := readGitHub(t, render(t, "github", c.report))
		assert.Equal(t, all[0].kind, c.kind)
		assert.Equal(t, all[0].title, report.ToolName)
		assert.Assert(t, strings.HasPrefix(all[0].message, c.report.Headline), all[0].message)
	}
	open := readGitHub(t, render(t, "github", good(t)))
	assert.Equal(t, open[len(open)-1].title, fmt.Sprintf("%d MUST not judged", len(good(t).NotJudged())))
}
