package scenarios

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// person returns who a name stands for. Without a name it is somebody new.
func (c *cast) person(name string) payload.Participant {
	if p, ok := c.people[name]; ok && name != "" {
		return p
	}
	p := c.meeting.NewParticipant()
	if name != "" {
		c.people[name] = p
	}
	return p
}

func (c *cast) join(name string) error {
	if c.ended {
		return &Problem{Field: "emit", Found: "a join after the session has ended", Want: `{"session": "next"} before it`}
	}
	who := c.person(name)
	events, err := c.meeting.Join(who)
	switch {
	case errors.Is(err, payload.ErrPresent):
		return &Problem{Field: "who", Found: quote(name) + ", who is in the meeting", Want: "somebody who is not"}
	case err != nil:
		return fmt.Errorf("scenarios: %w", err)
	}
	for _, e := range events {
		c.pool = append(c.pool, yield{event: e, who: who.CustomID})
	}
	return nil
}

func (c *cast) leave(name string) error {
	who, known := c.people[name]
	if name == "" {
		present := c.meeting.Present()
		if len(present) == 0 {
			return &Problem{Field: "emit", Found: "a leave with nobody in the meeting", Want: "a join before it"}
		}
		who, known = present[len(present)-1], true
	}
	if !known {
		return c.absent(name)
	}
	events, err := c.meeting.Leave(who)
	switch {
	case errors.Is(err, payload.ErrAbsent):
		return c.absent(name)
	case err != nil:
		return fmt.Errorf("scenarios: %w", err)
	}
	c.yieldLeaves(events, []payload.Participant{who})
	return nil
}

// absent is the problem of a leave by somebody who is not there.
func (c *cast) absent(name string) error {
	present := c.meeting.Present()
	p := &Problem{Field: "who", Found: quote(name) + ", who is not in the meeting", Want: "somebody who is"}
	var here []string
	for other, known := range c.people {
		if slices.ContainsFunc(present, func(p payload.Participant) bool { return p.CustomID == known.CustomID }) {
			here = append(here, other)
		}
	}
	slices.Sort(here)
	if hint := nearest(name, here); hint != "" {
		p.Hint = quote(hint)
	}
	return p
}

// yieldLeaves pools the leaves of who, in this order, and the end that may
// follow them.
func (c *cast) yieldLeaves(events []rtk.Event, who []payload.Participant) {
	for i, e := range events {
		y := yield{event: e}
		if i < len(who) {
			y.who = who[i].CustomID
		}
		if e.Type == rtk.MeetingEnded {
			c.ended = true
			y.status = c.text(e, "reason")
		}
		c.pool = append(c.pool, y)
	}
}

func (c *cast) end(reason payload.EndReason) error {
	if c.ended {
		return &Problem{Field: "emit", Found: "meeting.ended in a session that has ended already", Want: "it once a session, with the reason that its end has"}
	}
	if err := c.enliven(); err != nil {
		return err
	}
	present := c.meeting.Present()
	if reason == payload.HostEndedMeeting {
		events, err := c.meeting.End()
		if err != nil {
			return fmt.Errorf("scenarios: %w", err)
		}
		c.yieldLeaves(events, present)
		return nil
	}
	for _, who := range present {
		events, err := c.meeting.Leave(who)
		if err != nil {
			return fmt.Errorf("scenarios: %w", err)
		}
		c.yieldLeaves(events, []payload.Participant{who})
	}
	return nil
}

// enliven makes somebody join a session that nobody has joined yet.
func (c *cast) enliven() error {
	if c.meeting.Live() || c.ended {
		return nil
	}
	return c.join("")
}

func (c *cast) artifact(t rtk.EventType, make func() ([]rtk.Event, error)) error {
	events, err := make()
	switch {
	case errors.Is(err, payload.ErrNotEnded):
		return &Problem{Field: "emit", Found: string(t) + " before the session has ended", Want: `meeting.ended before it, with "later": true if it is to arrive later`}
	case errors.Is(err, payload.ErrRepeated):
		return &Problem{Field: "emit", Found: string(t) + " for the second time in a session", Want: "it once; repeat delivers it again"}
	case err != nil:
		return fmt.Errorf("scenarios: %w", err)
	}
	for _, e := range events {
		c.pool = append(c.pool, yield{event: e})
	}
	return nil
}
