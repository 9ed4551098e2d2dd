package conformance

import (
	"context"
	"fmt"
	"sync"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// controls are the event types that a target is known to accept.
type controls struct {
	first rtk.EventType // of the first contact

	mu      sync.Mutex
	control rtk.EventType // of controls and twins; empty: not known
	linked  rtk.EventType // with download links; empty: none
}

func (c *controls) controlType() rtk.EventType {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.control == "" {
		return c.first
	}
	return c.control
}

func (c *controls) linkedType() rtk.EventType {
	c.mu.Lock()
	linked := c.linked
	c.mu.Unlock()
	if linked == "" {
		return c.controlType()
	}
	return linked
}

// chooseControls finds the event type of controls: the first that the target
// accepts, of those that a session can have any number of. It also finds out
// whether download links to the harness are accepted.
//
// A target that does not answer the first of them within the time-out is too slow
// to be judged: every check would wait that long, and prove nothing.
func (r *run) chooseControls(ctx context.Context) {
	r.progress.say("looking for an event that can serve as control")
	slow := false
	first := func(types ...rtk.EventType) rtk.EventType {
		for _, t := range types {
			if slow || !r.subscribed(t) || ctx.Err() != nil {
				continue
			}
			p := r.newProbe(ctx, &Check{}, "")
			x := p.AcceptQuietly(p.Fresh(t))
			if x.Accepted() {
				return t
			}
			slow = slow || x.Answer == exchange.Silent
		}
		return ""
	}
	control := first(rtk.MeetingParticipantJoined, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate, rtk.MeetingParticipantLeft)
	linked := control
	if control != rtk.RecordingStatusUpdate {
		linked = first(rtk.RecordingStatusUpdate, rtk.MeetingTranscript, rtk.MeetingSummary, rtk.MeetingChatSynced)
	}
	if slow && control == "" {
		r.report.Stopped = fmt.Sprintf("after the first delivery there was no answer within %s; if the target is only slow, raise --timeout", r.o.Timeout)
	}
	r.controls.mu.Lock()
	defer r.controls.mu.Unlock()
	r.controls.control, r.controls.linked = control, linked
}
