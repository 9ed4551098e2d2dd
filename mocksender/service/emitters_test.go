package service_test

import (
	"runtime"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
)

// Meetings that emissions make up come and go: a service that runs for weeks does
// not grow. Those of the REST API stay.
func TestMadeUpMeetingsDoNotAddUp(t *testing.T) {
	s := newStand(t, nil)
	k := platform.Key{AccountID: "account", AppID: "app"}
	kept, err := s.Platform().CreateMeeting(k, platform.MeetingChange{})
	assert.NilError(t, err)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var before uint64
	for i := range 3000 {
		_, err := s.Emit(service.Emission{Event: rtk.MeetingEnded})
		assert.NilError(t, err)
		if i == 1000 {
			before = heap()
		}
	}
	after := heap()
	assert.Assert(t, after < before+before/2+(4<<20), "%d bytes, then %d", before, after)
	_, total := s.Platform().Meetings(k, platform.MeetingFilter{}, platform.Page{})
	assert.Assert(t, total > 200 && total < 300, "%d", total)
	_, err = s.Platform().Meeting(k, kept.ID)
	assert.NilError(t, err)
}
