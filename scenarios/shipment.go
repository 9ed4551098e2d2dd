package scenarios

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// shipments makes a step's deliveries one after the other. Steps with later
// make their events and yield nothing.
func (l *lane) shipments(ctx context.Context, s *step) iter.Seq2[shipment, error] {
	return func(yield func(shipment, error) bool) {
		for round := range s.times {
			if s.times > 1 {
				l.rounds = append(l.rounds, round+1)
			}
			ship, err := l.shipment(ctx, s)
			if s.times > 1 {
				l.rounds = l.rounds[:len(l.rounds)-1]
			}
			if err != nil {
				yield(shipment{}, at(s, err))
				return
			}
			if !s.later && !yield(ship, nil) {
				return
			}
		}
	}
}

func (l *lane) shipment(ctx context.Context, s *step) (shipment, error) {
	if err := l.stage.goOn(ctx); err != nil {
		return shipment{}, err
	}
	if err := l.cast.advance(s.after); err != nil {
		return shipment{}, err
	}
	var d *named
	var err error
	if s.verb == doEmit {
		d, err = l.emit(s)
	} else {
		d, err = l.again(s)
	}
	if err != nil {
		return shipment{}, err
	}
	ship := shipment{
		step:     s,
		delivery: mocksender.Delivery{UUID: d.uuid, Event: d.event},
		mutate:   d.mutate,
		due:      l.now(),
	}
	if s.hasMutate {
		ship.mutate = s.mutate
	}
	if s.newUUID {
		ship.delivery.UUID = l.uuids.Next()
	}
	if plan := append(slices.Clip(s.faults), l.faults...); len(plan) > 0 {
		ship.delivery.Faults = plan
	}
	return ship, nil
}

// emit makes the event of a step and names it.
func (l *lane) emit(s *step) (*named, error) {
	var name string
	a := ask{event: s.event}
	for _, field := range []struct {
		name string
		text string
		to   *string
	}{{"as", s.as, &name}, {"who", s.who, &a.who}, {"which", s.which, &a.which}} {
		text, err := expandText(field.text, l.lookUp)
		if err != nil {
			return nil, within(field.name, err)
		}
		*field.to = text
	}
	if name != "" && l.names[name] != nil {
		p := &Problem{Field: "as", Found: quote(name) + ", a name that another delivery bears", Want: "a new one"}
		if len(l.rounds) > 0 && name == s.as {
			p.Want += ", such as " + name + "-${n}"
		}
		return nil, p
	}
	sets := make([]assignment, len(s.sets))
	for i, set := range s.sets {
		value, err := expandJSON(set.value, l.lookUp)
		if err != nil {
			return nil, within("set "+quote(set.path), err)
		}
		sets[i] = assignment{set.path, value}
		if set.path == directing(s.event) {
			a.status = plainText(value)
		}
	}
	event, err := l.cast.emit(a)
	if err != nil {
		return nil, err
	}
	if event.Body, err = change(event.Body, sets, s.unsets); err != nil {
		return nil, err
	}
	d := &named{event: event, uuid: l.uuids.Next(), mutate: s.mutate, held: s.later, waiting: s.later}
	if s.later {
		l.unsent++
	}
	if name != "" {
		l.names[name] = d
	}
	return d, nil
}

// directing returns the path whose value says where the meeting is to go.
func directing(t rtk.EventType) string {
	switch t {
	case rtk.RecordingStatusUpdate:
		return "recording.status"
	case rtk.LivestreamStatusUpdate:
		return "status"
	case rtk.MeetingEnded:
		return "reason"
	default:
		return ""
	}
}

// change applies set and unset to a body.
func change(body []byte, sets []assignment, unsets []string) ([]byte, error) {
	for _, set := range sets {
		changed, err := payload.Set(body, set.path, set.value)
		if err != nil {
			return nil, noPath("set", set.path, body)
		}
		body = changed
	}
	for _, path := range unsets {
		changed, err := payload.Unset(body, path)
		if err != nil {
			return nil, noPath("unset", path, body)
		}
		body = changed
	}
	return body, nil
}

func noPath(field, path string, body []byte) error {
	p := &Problem{Field: field, Found: quote(path) + ", which leads nowhere", Want: "a path of the event's body"}
	if hint := nearest(path, paths(body)); hint != "" && hint != path {
		p.Hint = quote(hint)
	}
	return p
}

// again returns the delivery that a repeat or send step names.
func (l *lane) again(s *step) (*named, error) {
	name, err := expandText(s.name, l.lookUp)
	if err != nil {
		return nil, within(string(s.verb), err)
	}
	d, err := l.named(name)
	if err != nil {
		return nil, within(string(s.verb), err)
	}
	if s.verb == doSend {
		if !d.held {
			return nil, &Problem{Field: "send", Found: quote(name) + ", which is not held back (any more)", Want: `a delivery with "later": true; repeat delivers one again`}
		}
		d.held = false
	}
	// A copy of it counts, if it is genuine.
	genuine := len(d.mutate) == 0 && len(s.mutate) == 0
	if d.waiting && genuine {
		d.waiting = false
		l.unsent--
	}
	return d, nil
}

// errBroken is the error of a step that needs what an earlier one failed to
// make.
var errBroken = errors.New("scenarios: follows from an earlier problem")

func (l *lane) named(name string) (*named, error) {
	if d := l.names[name]; d != nil {
		return d, nil
	}
	for pattern := range l.broken {
		before, _, loop := strings.Cut(pattern, opening)
		if pattern != "" && (name == pattern || loop && strings.HasPrefix(name, before)) {
			return nil, errBroken
		}
	}
	p := &Problem{Found: quote(name) + ", a name that no delivery before it bears", Want: "one given by as"}
	if hint := nearest(name, slices.Sorted(maps.Keys(l.names))); hint != "" {
		p.Hint = quote(hint)
	}
	return nil, p
}

// within gives a problem its field.
func within(field string, err error) error {
	var p *Problem
	if errors.As(err, &p) && p.Field == "" {
		placed := *p
		placed.Field = field
		return &placed
	}
	return err
}
