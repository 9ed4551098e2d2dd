package artifacts_test

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

// In practice a transcript's link works long before there are bytes: 0 bytes, or the
// three of an empty list.
func TestLateArtifactsAreEmptyAtFirst(t *testing.T) {
	t.Parallel()
	now := time.Unix(1<<30, 0)
	s := artifacts.New()
	s.Clock = func() time.Time { return now }
	s.SetLateness(time.Minute)
	chat, transcript := artifacts.Chat.Path("a", "chat.json"), artifacts.Transcript.Path("b", "transcript.csv")
	summary, recording := artifacts.Summary.Path("c", "summary.txt"), artifacts.Recording.Path("d", "recording.mp4")
	for range 2 {
		assert.Equal(t, get(t, s, chat), "[]\n")
		assert.Equal(t, get(t, s, transcript), "")
		assert.Equal(t, get(t, s, summary), "")
		assert.Assert(t, len(get(t, s, recording)) > 0, "a recording is there when it is announced")
		now = now.Add(30 * time.Second)
	}
	for _, path := range []string{chat, transcript, summary} {
		assert.Assert(t, len(get(t, s, path)) > 3, path)
	}
	assert.Assert(t, s.Log()[0].Late && !s.Log()[len(s.Log())-1].Late)
	assert.Equal(t, s.Visits("a"), 3, "an empty download is a visit all the same")
}
