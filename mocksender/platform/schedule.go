package platform

import (
	"container/heap"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// dueKind says what happens by itself.
type dueKind string

const (
	dueEnd        dueKind = "end"        // the keep-alive of a session is over
	dueStop       dueKind = "stop"       // a recording has its full length
	dueUpload     dueKind = "upload"     // a recording is uploaded
	dueChat       dueKind = "chat"       // the chat of a session is there
	dueTranscript dueKind = "transcript" // likewise
	dueSummary    dueKind = "summary"    // likewise
)

// due is something that happens by itself.
type due struct {
	At      time.Time `json:"at"`
	Kind    dueKind   `json:"kind"`
	Session string    `json:"session"`
	Which   string    `json:"recording,omitempty"`

	meeting *meeting
	release func() // of Options.Hold, nil where nobody is held up
	index   int    // in the heap
}

// schedule has what is due, the earliest first. Platform.mu guards it.
type schedule struct {
	all   dues
	timer *time.Timer
}

func (s *schedule) clear() {
	if s.timer != nil {
		s.timer.Stop()
	}
	for _, d := range s.all {
		d.end()
	}
	s.all = nil
}

// next removes the first one that is due by then.
func (s *schedule) next(by time.Time) (*due, bool) {
	if len(s.all) == 0 || s.all[0].At.After(by) {
		return nil, false
	}
	d := heap.Pop(&s.all).(*due)
	d.meeting.forget(d)
	return d, true
}

// drop removes what is due of a meeting.
func (s *schedule) drop(m *meeting) {
	for _, d := range m.dues {
		heap.Remove(&s.all, d.index)
		d.end()
	}
	m.dues = nil
}

func (d *due) end() {
	if d.release != nil {
		d.release()
	}
}

func (m *meeting) forget(d *due) {
	m.dues = slices.DeleteFunc(m.dues, func(other *due) bool { return other == d })
}

// plan makes something happen after so long. p.mu is held; the caller arms.
func (p *Platform) plan(m *meeting, kind dueKind, after time.Duration, session, which string) {
	p.add(&due{At: p.now().Add(after), Kind: kind, Session: session, Which: which, meeting: m})
}

func (p *Platform) add(d *due) {
	p.hold(d)
	d.meeting.dues = append(d.meeting.dues, d)
	heap.Push(&p.schedule.all, d)
}

// hold holds up what waits for d, if somebody does.
func (p *Platform) hold(d *due) {
	if d.Kind != dueEnd && d.Kind != dueStop {
		d.release = p.o.Hold()
	}
}

// arm sets the timer for what is due first. p.mu is held.
func (p *Platform) arm() {
	s := &p.schedule
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if len(s.all) > 0 && !p.closed {
		s.timer = time.AfterFunc(s.all[0].At.Sub(time.Now().Add(p.offset)), p.ring)
	}
}

// ring lets happen what is due by now.
func (p *Platform) ring() {
	p.mu.Lock()
	var waits []func() error
	for d, ok := p.schedule.next(p.now()); ok; d, ok = p.schedule.next(p.now()) {
		waits = append(waits, p.happen(d))
	}
	p.arm()
	p.mu.Unlock()
	for _, wait := range waits {
		if err := wait(); err != nil {
			p.o.Failed(err)
		}
	}
}

// happen takes the step that is due, unless it has become impossible. p.mu is
// held.
func (p *Platform) happen(d *due) (wait func() error) {
	m := d.meeting
	p.sync(m)
	events := p.step(d)
	p.index(m)
	kept := p.commit(Change{App: m.app.Key, Meeting: m.model.ID(), Events: events, Records: []Record{m.record()}})
	return func() error {
		defer d.end()
		return kept()
	}
}

func (p *Platform) step(d *due) []rtk.Event {
	m := d.meeting
	switch d.Kind {
	case dueEnd:
		if s := m.model.Session(); s.ID != d.Session || m.emptyAt.IsZero() || d.At.Before(m.emptyAt.Add(m.keepAlive())) {
			return nil // somebody has come back
		}
		events, err := m.model.Finish()
		if err != nil {
			return nil
		}
		return append(events, p.afterEnd(m)...)
	case dueStop:
		return p.stopRecording(m.app.recordings[d.Which], stopped{Reason: "INTERNAL_ERROR"}, payload.RecordingUploading)
	case dueUpload:
		r := m.app.recordings[d.Which]
		if r == nil || r.Status() != payload.RecordingUploading {
			return nil // a door has moved it
		}
		events, _ := r.Update(payload.RecordingUploaded)
		return events
	default:
		if s := m.session(d.Session); s != nil {
			events, _ := m.model.Announce(announced(d.Kind), s) // an error: a door has done it
			return events
		}
	}
	return nil
}

// announced returns the event that says that something is there.
func announced(kind dueKind) rtk.EventType {
	switch kind {
	case dueChat:
		return rtk.MeetingChatSynced
	case dueTranscript:
		return rtk.MeetingTranscript
	default:
		return rtk.MeetingSummary
	}
}

// afterEnd takes the steps that follow the end of a session, and plans the later
// ones. p.mu is held; the caller arms.
func (p *Platform) afterEnd(m *meeting) (events []rtk.Event) {
	m.emptyAt = time.Time{}
	s := m.model.Session()
	for _, one := range s.Recordings {
		// In practice a recording of tracks runs on until it is stopped.
		if r := m.app.recordings[one.ID()]; r != nil && r.data.Type != trackType {
			events = append(events, p.stopRecording(r, stopped{Reason: "ALL_PEERS_LEFT"}, payload.RecordingUploading)...)
		}
	}
	for _, one := range s.Livestreams {
		if one.Status() == payload.LivestreamLive {
			more, _ := one.Update(payload.LivestreamOffline) // any status may follow LIVE
			events = append(events, more...)
		}
	}
	p.plan(m, dueChat, p.o.Processing, s.ID, "")
	if m.settings.TranscribeOnEnd {
		p.plan(m, dueTranscript, p.o.Processing, s.ID, "")
	}
	if m.settings.SummarizeOnEnd {
		p.plan(m, dueSummary, p.o.Processing, s.ID, "")
	}
	return events
}

func (m *meeting) keepAlive() time.Duration {
	return time.Duration(m.settings.KeepAlive * float64(time.Second))
}

// dues is a heap.Interface.
type dues []*due

func (d dues) Len() int           { return len(d) }
func (d dues) Less(i, j int) bool { return d[i].At.Before(d[j].At) }

func (d dues) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].index, d[j].index = i, j
}

// Push implements heap.Interface.
func (d *dues) Push(x any) {
	one := x.(*due)
	one.index = len(*d)
	*d = append(*d, one)
}

// Pop implements heap.Interface.
func (d *dues) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}
