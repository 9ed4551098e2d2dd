package scenarios

import (
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// wanted returns the status that a asks the meeting to go to, or "" for the
// next in order.
func (a ask) wanted() string {
	if !directs(a.event, a.status) {
		return ""
	}
	return a.status
}

// record moves the recording that a names, which begins where there is none,
// or where the last one is over.
func (c *cast) record(a ask) error {
	want := payload.RecordingStatus(a.wanted())
	r := c.records[a.which]
	over := r != nil && (r.Status() == payload.RecordingUploaded || r.Status() == payload.RecordingErrored)
	begins := want == "" || want == payload.RecordingRecording || want == payload.RecordingInvoked
	if r == nil || over && begins {
		if err := c.startRecording(a.which); err != nil {
			return err
		}
		if r = c.records[a.which]; begins {
			return nil
		}
	}
	if want == "" {
		want = nextStatus(r.Status())
	}
	for r.Status() != want {
		to := want
		if want != payload.RecordingErrored {
			to = nextStatus(r.Status())
		}
		now := r.Status()
		events, err := r.Update(to)
		if err != nil {
			return stuck("recording", string(now), string(want))
		}
		c.status(events, a.which)
		if to == want {
			return nil
		}
	}
	return stuck("recording", string(r.Status()), string(want))
}

// nextStatus returns what follows s when all goes well, and "" at the end.
func nextStatus(s payload.RecordingStatus) payload.RecordingStatus {
	switch s {
	case payload.RecordingRecording:
		return payload.RecordingUploading
	case payload.RecordingUploading:
		return payload.RecordingUploaded
	default:
		return ""
	}
}

func (c *cast) startRecording(which string) error {
	if err := c.enliven(); err != nil {
		return err
	}
	if c.ended {
		return &Problem{Field: "emit", Found: "a recording that would begin after the session has ended", Want: "one that began before, or which to name it"}
	}
	r, events, err := c.meeting.StartRecording()
	if err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	c.records[which] = r
	c.status(events, which)
	return nil
}

// stream moves the livestream that a names, which begins where there is none,
// or where the last one belongs to a session before and is to be live.
func (c *cast) stream(a ask) error {
	want := payload.LivestreamStatus(a.wanted())
	l, ok := c.streams[a.which]
	over := l.session != c.session && (want == "" || want == payload.LivestreamLive)
	if !ok || over {
		if err := c.startStream(a.which); err != nil {
			return err
		}
		if l = c.streams[a.which]; want == "" || want == payload.LivestreamLive {
			return nil
		}
	}
	now := l.Status()
	if want == "" {
		want = map[payload.LivestreamStatus]payload.LivestreamStatus{
			payload.LivestreamLive:    payload.LivestreamOffline,
			payload.LivestreamOffline: payload.LivestreamIdle,
			payload.LivestreamIdle:    payload.LivestreamLive,
		}[now]
	}
	events, err := l.Update(want)
	if err != nil {
		return stuck("livestream", string(now), string(want))
	}
	c.status(events, a.which)
	return nil
}

func (c *cast) startStream(which string) error {
	if err := c.enliven(); err != nil {
		return err
	}
	if c.ended {
		return &Problem{Field: "emit", Found: "a livestream that would begin after the session has ended", Want: "one that began before, or which to name it"}
	}
	l, events, err := c.meeting.StartLivestream()
	if err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	c.streams[which] = stream{l, c.session}
	c.status(events, which)
	return nil
}

// status pools events that state a status.
func (c *cast) status(events []rtk.Event, which string) {
	for _, e := range events {
		path := "status"
		if e.Type == rtk.RecordingStatusUpdate {
			path = "recording.status"
		}
		c.pool = append(c.pool, yield{event: e, which: which, status: c.text(e, path)})
	}
}

// stuck is the problem of a status that cannot follow the present one.
func stuck(what, now, want string) error {
	if now == want {
		return &Problem{Field: "emit", Found: fmt.Sprintf("%s for a %s that is %s already", want, what, now), Want: "another status, or which to name another " + what}
	}
	if want == "" {
		return &Problem{Field: "emit", Found: fmt.Sprintf("a change of a %s that is %s, its last status", what, now), Want: "which to name another " + what}
	}
	return &Problem{Field: "emit", Found: fmt.Sprintf("%s for a %s that is %s", want, what, now), Want: "a status that can follow, or which to name another " + what}
}
