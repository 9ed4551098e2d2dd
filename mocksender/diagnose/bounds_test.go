package diagnose

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// What is tried depends on the body, and how much of it does not.
func TestASearchIsLimited(t *testing.T) {
	for _, body := range []string{
		`{"event":"meeting.started","title":"` + strings.Repeat("Zoë/<", 1<<18) + `"}`,
		strings.Repeat("{}", 1<<16),
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
	} {
		hashed := 0
		s := search{body: []byte(body), matches: func(b []byte) bool { hashed += len(b); return false }}
		assert.Assert(t, s.run() == nil)
		assert.Assert(t, hashed <= maxTried+2*len(body), "%d bytes of candidates for %d", hashed, len(body))
	}
}

func TestWhatIsNestedTooDeepIsNotWrittenAgain(t *testing.T) {
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	assert.Assert(t, parse(deep(maxDepth)) != nil)
	assert.Assert(t, parse(deep(maxDepth+1)) == nil)
	assert.Assert(t, parse([]byte("{")) == nil)
}
