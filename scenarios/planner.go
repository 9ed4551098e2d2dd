package scenarios

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
	"github.com/rtkmock/rtkmock/schemas/suggest"
)

// planner plans the deliveries of one meeting's steps. What it plans does not
// depend on what comes back, so a dry run sees the same bytes as a play.
type planner struct {
	meeting *scriptMeeting
	names   map[string]*namedDelivery
	failed  map[string]bool // names of steps that could not be planned; for dry runs
	unsent  int             // held back by later and not sent yet
	uuids   *rtk.IDs
	rounds  []int                // of the loops around, innermost last
	faults  mocksender.FaultPlan // of the blocks around
}

// plannedDelivery is one delivery that a step asks for.
type plannedDelivery struct {
	step     *step
	delivery mocksender.Delivery // without mutations, which the player looks up
	mutate   []string
	due      time.Time // the meeting's time
}

// namedDelivery is a delivery that later steps may refer to.
type namedDelivery struct {
	event  rtk.Event
	uuid   string
	mutate []string

	held   bool // until a send step sends it
	unsent bool // until it, or a copy of it, is sent
}

// inRound calls do as one of the step's rounds.
func (p *planner) inRound(s *step, round int, do func() error) error {
	if s.Times > 1 {
		p.rounds = append(p.rounds, round+1)
		defer func() { p.rounds = p.rounds[:len(p.rounds)-1] }()
	}
	return do()
}

// plan makes the delivery of one round of a step.
func (p *planner) plan(s *step) (plannedDelivery, error) {
	if err := p.meeting.advance(s.wait); err != nil {
		return plannedDelivery{}, err
	}
	get := p.repeat
	if s.Emit != "" {
		get = p.emit
	}
	d, err := get(s)
	if err != nil {
		return plannedDelivery{}, err
	}
	planned := plannedDelivery{
		step:     s,
		delivery: mocksender.Delivery{UUID: d.uuid, Event: d.event},
		mutate:   d.mutate,
		due:      p.meeting.now(),
	}
	if s.Mutate != nil {
		planned.mutate = s.Mutate
	}
	if s.UUID == "new" {
		planned.delivery.UUID = p.uuids.Next()
	}
	if plan := append(slices.Clip(s.faultPlan), p.faults...); len(plan) > 0 {
		planned.delivery.Faults = plan
	}
	return planned, nil
}

// emit makes the event of a step and names it.
func (p *planner) emit(s *step) (*namedDelivery, error) {
	name, err := p.expand("as", s.As)
	if err != nil {
		return nil, err
	}
	r := eventRequest{event: s.Emit}
	if r.who, err = p.expand("who", s.Who); err != nil {
		return nil, err
	}
	if r.which, err = p.expand("which", s.Which); err != nil {
		return nil, err
	}
	if name != "" && p.names[name] != nil {
		problem := &Problem{Field: "as", Found: schemas.Quote(name) + ", a name that another delivery has", Want: "a new one"}
		if len(p.rounds) > 0 && name == s.As {
			problem.Want += ", such as " + name + "-${n}"
		}
		return nil, problem
	}
	overrides := payload.Overrides{Unset: s.Unset}
	for _, a := range s.Set {
		value, err := expandJSON(a.Value, p.lookUp)
		if err != nil {
			return nil, locate(err, "", "set["+schemas.Quote(a.Path)+"]")
		}
		overrides.Set = append(overrides.Set, payload.Assignment{Path: a.Path, Value: value})
	}
	event, err := emitWith(p.meeting.emit, r, overrides)
	if err != nil {
		return nil, err
	}
	d := &namedDelivery{event: event, uuid: p.uuids.Next(), mutate: s.Mutate, held: s.Later, unsent: s.Later}
	if s.Later {
		p.unsent++
	}
	if name != "" {
		p.names[name] = d
	}
	return d, nil
}

// emitWith emits the event that r asks for, and overrides values of its body. A
// status or a reason among them says where the meeting is to go.
func emitWith(emit func(eventRequest) (rtk.Event, error), r eventRequest, o payload.Overrides) (rtk.Event, error) {
	for _, a := range o.Set {
		if a.Path == statusPath(r.event) {
			r.status = plainText(a.Value)
		}
	}
	event, err := emit(r)
	if err != nil {
		return rtk.Event{}, err
	}
	event.Body, err = o.Apply(event.Body)
	var misfit *payload.OverrideError
	if errors.As(err, &misfit) {
		problem := &Problem{Field: "set", Found: schemas.Quote(misfit.Path) + ", which leads nowhere", Want: "a path of the event's body"}
		if misfit.Unset {
			problem.Field = "unset"
		}
		problem.Hint = hint(misfit.Path, payload.Paths(event.Body))
		return rtk.Event{}, problem
	}
	return event, err
}

// repeat returns the delivery that a repeat or send step names.
func (p *planner) repeat(s *step) (*namedDelivery, error) {
	field, pattern := "repeat", s.Repeat
	if s.Send != "" {
		field, pattern = "send", s.Send
	}
	name, err := p.expand(field, pattern)
	if err != nil {
		return nil, err
	}
	d, err := p.named(name)
	if err != nil {
		return nil, locate(err, "", field)
	}
	if s.Send != "" {
		if !d.held {
			return nil, &Problem{Field: "send", Found: schemas.Quote(name) + ", which is not held back (any more)", Want: `a delivery with "later": true; repeat delivers one again`}
		}
		d.held = false
	}
	// A copy of it counts, if it is genuine.
	genuine := len(d.mutate) == 0 && len(s.Mutate) == 0
	if d.unsent && genuine {
		d.unsent = false
		p.unsent--
	}
	return d, nil
}

// expand replaces the references in the text of a step's member.
func (p *planner) expand(field, text string) (string, error) {
	out, err := expandText(text, p.lookUp)
	return out, locate(err, "", field)
}

// lookUp resolves a reference among the meeting's names.
func (p *planner) lookUp(reference string) ([]byte, error) {
	if reference == "n" {
		if len(p.rounds) == 0 {
			return nil, &Problem{Found: "${n} outside times and parallel", Want: "it inside"}
		}
		return strconv.AppendInt(nil, int64(p.rounds[len(p.rounds)-1]), 10), nil
	}
	name, member, ok := strings.Cut(reference, ".")
	if !ok || member == "" {
		return nil, &Problem{Found: schemas.Quote(opening + reference + "}"), Want: "${n}, ${NAME.rtk-uuid} or ${NAME.member}, such as ${join.participant.peerId}"}
	}
	d, err := p.named(name)
	if err != nil {
		return nil, err
	}
	if member == rtk.HeaderUUID {
		return []byte(strconv.Quote(d.uuid)), nil
	}
	value, err := payload.Get(d.event.Body, member)
	if err != nil {
		problem := &Problem{Found: schemas.Quote(opening+reference+"}") + ", which " + schemas.Quote(name) + " does not have", Want: "a member of " + string(d.event.Type)}
		if near := suggest.Nearest(member, payload.Paths(d.event.Body)); near != "" {
			problem.Hint = schemas.Quote(opening + name + "." + near + "}")
		}
		return nil, problem
	}
	return value, nil
}

// errFollows is the error of a step that needs what an earlier one failed to
// make.
var errFollows = errors.New("scenarios: follows from an earlier problem")

func (p *planner) named(name string) (*namedDelivery, error) {
	if d := p.names[name]; d != nil {
		return d, nil
	}
	for pattern := range p.failed {
		before, _, loop := strings.Cut(pattern, opening)
		if pattern != "" && (name == pattern || loop && strings.HasPrefix(name, before)) {
			return nil, errFollows
		}
	}
	return nil, &Problem{
		Found: schemas.Quote(name) + ", a name that no delivery before it has", Want: "one given by as",
		Hint: hint(name, slices.Sorted(maps.Keys(p.names))),
	}
}
