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
