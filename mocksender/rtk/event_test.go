package rtk_test

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// supportedEvents is the first column of the guide's table "Supported events".
const supportedEvents = `
meeting.started
meeting.ended
meeting.participantJoined
meeting.participantLeft
meeting.chatSynced
recording.statusUpdate
livestreaming.statusUpdate
meeting.transcript
meeting.summary
`

func TestEventTypesAreTheGuidesTableInItsOrder(t *testing.T) {
	var got []string
	for _, e := range rtk.EventTypes() {
		got = append(got, string(e))
	}
	assert.DeepEqual(t, got, strings.Fields(supportedEvents))
}

func TestEventTypesGivesEachCallerItsOwnSlice(t *testing.T) {
	rtk.EventTypes()[0] = "spoilt"
	assert.Equal(t, rtk.EventTypes()[0], rtk.MeetingStarted)
	assert.Assert(t, rtk.MeetingStarted.Known())
}

func TestParseEventTypeTakesTheExactNamesOnly(t *testing.T) {
	for _, name := range strings.Fields(supportedEvents) {
		got, err := rtk.ParseEventType(name)
		assert.NilError(t, err)
		assert.Equal(t, string(got), name)
		assert.Assert(t, got.Known(), name)
	}

	tests := []struct{ name, reason string }{
		{"", "no name is no event"},
		{"meeting.Started", "names are case-sensitive: receivers switch on the exact value"},
		{" meeting.started", "white space is part of a JSON string"},
		{"meeting", "half a name names nothing"},
		{"livestream.statusUpdate", "the guide says livestreaming"},
		{"meeting.somethingNew", "the table does not list it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := rtk.ParseEventType(tt.name)
			assert.ErrorContains(t, err, "rtk: unknown event", tt.reason)
			assert.Equal(t, got, rtk.EventType(""))
			assert.Assert(t, !rtk.EventType(tt.name).Known(), tt.reason)
			for _, known := range strings.Fields(supportedEvents) {
				assert.ErrorContains(t, err, known, "the error lists what would do")
			}
		})
	}
}
