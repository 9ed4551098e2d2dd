package suggest

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestNearest(t *testing.T) {
	events := []string{"meeting.started", "meeting.ended", "meeting.participantJoined", "meeting.participantLeft"}
	for _, test := range []struct {
		word       string
		candidates []string
		want       string
		reason     string
	}{
		{"titel", []string{"note", "title"}, "title", "two letters changed places"},
		{"TITLE", []string{"note", "title"}, "title", "case does not count"},
		{"title", []string{"tile", "title"}, "title", "the word itself is closest"},
		{"meeting.participantJoin", events, "meeting.participantJoined", "a few letters are missing"},
		{"join", events, "meeting.participantJoined", "a part was typed"},
		{"left", events, "meeting.participantLeft", "the end was typed"},
		{"left", append([]string{"a.left.over"}, events...), "meeting.participantLeft", "the end counts more than the middle"},
		{"meeting", events, "meeting.started", "the beginning was typed"},
		{"flip", []string{"no", "body/flip-byte"}, "body/flip-byte", "a part was typed"},
		{"key-pem", []string{"key-env", "key-pem-env"}, "key-pem-env", "the beginning of a long word is nearer than a short word with other letters"},
		{"out", []string{"set", "output"}, "output", "most letters of a short word are changed"},
		{"titl", []string{"title-page", "title"}, "title", "one letter is nearer than a beginning"},
		{"env-key", []string{"key", "key-env"}, "key-env", "the same parts in another order"},
		{"zzzz", events, "", "nothing is close"},
		{"d", []string{"a", "b"}, "", "one letter replaced by another is another word"},
		{"D", []string{"a", "d"}, "d", "one letter, case aside"},
		{"ab", []string{"abcdef"}, "", "two letters begin too many words"},
		{"", []string{"a"}, "", "nothing was typed"},
		{"länge", []string{"lange"}, "lange", "letters are compared, not bytes"},
		{strings.Repeat("x", 61), []string{strings.Repeat("x", 60)}, "", "the time is bounded"},
		{"title", nil, "", "there is nothing to choose from"},
	} {
		assert.Equal(t, Nearest(test.word, test.candidates), test.want, "%q: %s", test.word, test.reason)
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"jion", "join", 2}, {"same", "same", 0}, {"abc", "xabc", 1},
	} {
		assert.Equal(t, distance(test.a, test.b), test.want, "%q, %q", test.a, test.b)
		assert.Equal(t, distance(test.b, test.a), test.want, "%q, %q", test.b, test.a)
	}
}
