package delivery

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestFaultsAreReadAndWritten(t *testing.T) {
	for _, c := range []struct {
		text string
		want mocksender.Fault
		spec string
	}{
		{"refuse", mocksender.Fault{Before: mocksender.Refuse}, "refuse"},
		{" respond  503 ,attempt=1", mocksender.Fault{Before: mocksender.Respond, Status: 503, Attempt: 1}, "respond 503, attempt=1"},
		{
			"lose-response, event=meeting.ended, chance=0.2",
			mocksender.Fault{After: mocksender.LoseResponse, Event: rtk.MeetingEnded, Chance: 0.2},
			"lose-response, event=meeting.ended, chance=0.2",
		},
		{"delay 1500ms, chance = 1", mocksender.Fault{Before: mocksender.Delay, Wait: 1500 * time.Millisecond, Chance: 1}, "delay 1.5s"},
		{"replace 502, attempt=2, event=recording.statusUpdate", mocksender.Fault{After: mocksender.Replace, Status: 502, Attempt: 2, Event: rtk.RecordingStatusUpdate}, "replace 502, attempt=2, event=recording.statusUpdate"},
	} {
		got, err := ParseFault(c.text)
		assert.NilError(t, err, c.text)
		assert.DeepEqual(t, got, c.want)
		assert.Equal(t, faultText(got), c.spec)
		again, err := ParseFault(c.spec)
		assert.NilError(t, err, c.spec)
		assert.Equal(t, faultText(again), c.spec)
	}
}
