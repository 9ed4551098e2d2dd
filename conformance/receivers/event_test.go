package receivers

import (
	"testing"

	"gotest.tools/v3/assert"
)

func TestEventsAreReadLeniently(t *testing.T) {
	for _, test := range []struct {
		size string
		want int64
		ok   bool
	}{
		{`"2044680"`, 2044680, true},
		{`2044680`, 2044680, true},
		{`"9007199254740993"`, 9007199254740993, true},
		{`9007199254740993`, 9007199254740993, true},
		{`null`, 0, false},
		{`"large"`, 0, false},
		{`{}`, 0, false},
	} {
		o, err := parseEvent([]byte(`{"recording":{"fileSize":` + test.size + `}}`))
		assert.NilError(t, err)
		got, ok := o.fileSize()
		assert.Equal(t, ok, test.ok, test.size)
		assert.Equal(t, got, test.want, test.size)
	}
	o := event{"recording": "r-1", "meeting": nil}
	assert.Equal(t, o.text("recording.status"), "")
	assert.Equal(t, o.text("meeting.id.deeper"), "")
	assert.Assert(t, o.has("meeting") && o.hasNull("meeting") && !o.has("meeting.id"))
}
