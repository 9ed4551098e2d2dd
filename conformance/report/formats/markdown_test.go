package formats

import (
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

// activeMarkdown is markup that must not come from a target. Code may show it.
var activeMarkdown = regexp.MustCompile(`(?i)<script|</details><script|\[link\]\(|@octocat|#1 `)

func TestMarkdownKeepsHostileTextInCodeOrEscaped(t *testing.T) {
	r := fixture(t)
	for i := range r.Checks {
		r.Checks[i].Reason = hostile
		r.Checks[i].Status = conformance.Fail
	}
	r.Headline = hostile
	out := render(t, "markdown", r)
	fences := regexp.MustCompile("(?s)````[^`].*?[^`]````|```sh\n.*?\n```|`[^`\n]+`")
	found := activeMarkdown.FindString(fences.ReplaceAllString(out, ""))
	assert.Equal(t, found, "", "active markup outside code")
	opened, closed := strings.Count(out, "<details>"), strings.Count(fences.ReplaceAllString(out, ""), "</details>")
	assert.Equal(t, opened, closed, "a target closed a <details> of ours")
}

func TestMarkdownHasTheLinesThatReportEffects(t *testing.T) {
	r := fixture(t)
	r.EffectsHint = &conformance.EffectsHint{Checks: 3, Stack: "Flask", By: "<script>", Code: []string{"def f():", "\tpass # ```", "</details><script>"}, Then: "Then add [link](x)."}
	out := render(t, "markdown", r)
	assert.Assert(t, strings.Contains(out, "<summary>What came of the deliveries was not seen</summary>\n\n3 checks would see more"), out)
	assert.Assert(t, strings.Contains(out, "\n````\ndef f():\n    pass # ```\n</details><script>\n````\n"), out)
	assert.Assert(t, !strings.Contains(out, "recognised by <") && !strings.Contains(out, "add [link]("), out)
	r.EffectsHint.Code = nil
	assert.Assert(t, strings.Contains(render(t, "markdown", r), "the receiver reported what it does.\n\nThen add"))
}

func TestMarkdownFitsAComment(t *testing.T) {
	r := fixture(t)
	for range 8 {
		r.Checks = append(r.Checks, r.Checks...)
	}
	out := render(t, "markdown", r)
	assert.Assert(t, len(out) < 65536, "%d bytes", len(out))
	assert.Assert(t, strings.Contains(out, "with details in the other formats"))
	assert.Assert(t, strings.Contains(out, "more\n"), "what was left out is not counted")
	assert.Assert(t, strings.HasSuffix(out, "</sub>\n"))
}
