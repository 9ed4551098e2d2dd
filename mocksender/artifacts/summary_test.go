package artifacts_test

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

func TestSummaryNamesThePeopleWhoSpoke(t *testing.T) {
	text := get(t, artifacts.New(), artifacts.Summary.Path(token, "summary.txt"))
	markdown := get(t, artifacts.New(), artifacts.Summary.Path(token, "summary.md"))
	for _, l := range jsonTranscript(t, artifacts.New(), token) {
		assert.Assert(t, strings.Contains(text, l.PeerData.DisplayName+" said: "+l.Sentence))
		assert.Assert(t, strings.Contains(markdown, l.PeerData.DisplayName+" said: "+l.Sentence))
	}
	assert.Assert(t, strings.HasPrefix(markdown, "## Participants\n"))
	assert.Assert(t, strings.HasPrefix(text, "Participants\n"))
	assert.Equal(t, strings.NewReplacer("## ", "", "* ", "- ").Replace(markdown), text)
}
