package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// Bounds of a script. They keep a slip of the hand from sending for days.
const (
	maxSteps    = 5000 // in all blocks together
	maxDepth    = 20
	maxActions  = 1_100_000 // of steps, each counted as often as it is played
	maxTogether = 1000
	maxBatch    = 10_000
	maxDuration = 366 * 24 * time.Hour // that of a session
)

// Parse reads a script. filename is for messages and gives the Scenario its
// name. If something is wrong with the script, the error is an *Error, which
// matches ErrScript.
//
// The schema judges the form of a script. Parse itself checks that it can be
// played: it plays it without a target, to find steps that the meeting does not
// allow (nobody leaves who has not joined) and names that no delivery has. Of a
// long script it plays the beginning: some 5000 events.
func Parse(filename string, data []byte) (*Scenario, error) {
	src, err := decodeScript(filename, data)
	if err != nil {
		return nil, err
	}
	p := &parser{}
	s := p.scenario(src)
	s.Name = strings.TrimSuffix(path.Base(strings.ReplaceAll(filename, `\`, "/")), suffix)
	if err := p.err(filename); err != nil {
		return nil, err
	}
	if err := dryRun(s, &p.problems); err != nil {
		return nil, err
	}
	if err := p.err(filename); err != nil {
		return nil, err
	}
	return s, nil
}

// parser turns a script into a scenario and finds what its form does not show.
type parser struct {
	problems
	mutations []string // ids
	steps     []*step  // all of them
}

func (p *parser) scenario(src *script) *Scenario {
	for _, m := range mutation.All(mutation.Options{}) {
		p.mutations = append(p.mutations, m.ID)
	}
	s := &Scenario{Title: src.Title, Note: src.Note, Expectation: src.Expectation, Reduce: src.Reduce}
	s.meeting.title = src.Meeting.Title
	if src.Meeting.Duration != "" {
		s.meeting.duration = p.duration(Problem{Field: "meeting.duration"}, src.Meeting.Duration, time.Second)
	}
	var known []string
	for _, form := range payload.Forms() {
		known = append(known, string(form))
	}
	for i, form := range src.Meeting.Forms {
		p.known(Problem{Field: fmt.Sprintf("meeting.forms[%d]", i), Want: "a payload form"}, form, known)
		s.meeting.forms = append(s.meeting.forms, payload.Form(form))
	}
	p.sequence(src.Steps, "", place{})
	s.steps, s.flat = src.Steps, p.steps
	if len(p.all) == 0 {
		s.total, _ = p.count(s.steps, 1)
	}
	return s
}

// place is what is around a step.
type place struct {
	parallel bool // inside meetings of a parallel block
	batched  bool // inside a block that is shuffled or released together
	depth    int
}

// sequence reads the steps of the script or of a block.
func (p *parser) sequence(steps []*step, prefix string, in place) {
	if in.depth > maxDepth {
		p.add(Problem{Step: strings.TrimSuffix(prefix, "."), Field: "steps", Found: "deeper nesting", Want: fmt.Sprintf("at most %d levels of blocks", maxDepth)})
		return
	}
	for i, s := range steps {
		if len(p.steps) >= maxSteps {
			p.add(Problem{Step: strings.TrimSuffix(prefix, "."), Field: "steps", Found: "more steps", Want: fmt.Sprintf("at most %d in all", maxSteps)})
			return
		}
		p.step(s, fmt.Sprintf("%s%d", prefix, i+1), in)
	}
}

func (p *parser) step(s *step, number string, in place) {
	s.index = len(p.steps)
	p.steps = append(p.steps, s)
	s.Times = max(s.Times, 1)
	s.pace = s.findPace()
	if s.After != "" {
		s.wait = p.duration(Problem{Step: number, Field: "after"}, s.After, 0)
	}
	for i, f := range s.Faults {
		s.faultPlan = append(s.faultPlan, p.fault(f, number, i))
	}
	// What a repeat without an expectation expects depends on the delivery that
	// it repeats. The dry run finds that out.
	s.info = StepInfo{Number: number, Do: s.describe(), Note: s.Note, After: s.After, Background: s.Background, Faults: s.faultPlan, Expect: s.Expect}
	bad := func(field, found, want string) {
		p.add(Problem{Step: number, Field: field, Found: found, Want: want})
	}
	switch {
	case s.Emit != "":
		checkEmit(s, bad)
	case s.Key != "" && (in.parallel || in.batched):
		bad("key", "it among deliveries that happen at once", "it outside parallel, shuffle and together")
	case s.API != "" && (in.parallel || in.batched):
		bad("api", "it among deliveries that happen at once", "it outside parallel, shuffle and together")
	case s.isBlock():
		checkBlock(s, in, bad)
		in.depth++
		in.parallel = in.parallel || s.Parallel > 0
		in.batched = s.batched()
		p.sequence(s.Steps, number+".", in)
		return
	}
	p.checkDelivery(s, in, bad)
}

// checkEmit finds members that do not suit the event.
func checkEmit(s *step, bad func(field, found, want string)) {
	switch s.Emit {
	case rtk.MeetingStarted, rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft:
	default:
		if s.Who != "" {
			bad("who", fmt.Sprintf("a participant in %s", s.Emit), "who only where somebody joins or leaves")
		}
	}
	switch s.Emit {
	case rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate:
	default:
		if s.Which != "" {
			bad("which", fmt.Sprintf("it in %s", s.Emit), "which only for recordings and livestreams")
		}
	}
	if !s.Later {
		return
	}
	for _, member := range []struct {
		name  string
		given bool
	}{
		{"background", s.Background}, {"together", s.Together != nil}, {"faults", s.Faults != nil},
		{"mutate", s.Mutate != nil}, {"expect", s.Expect != ""},
	} {
		if member.given {
			bad(member.name, "it beside later", "it in the step that sends the delivery")
		}
	}
}

func checkBlock(s *step, in place, bad func(field, found, want string)) {
	together := s.pace == paceTogether
	switch {
	case s.Parallel > 0 && s.Shuffle, s.Parallel > 0 && together, s.Shuffle && together:
		bad("", "several of parallel, shuffle and together", "at most one, and another block inside or around")
	case s.Parallel > 0 && in.parallel:
		bad("parallel", "it inside another", "one level of parallel meetings")
	case in.batched:
		bad("steps", "a block inside shuffle or together", "emit, repeat, send, session or a pause")
	}
}

func (p *parser) checkDelivery(s *step, in place, bad func(field, found, want string)) {
	for i, id := range s.Mutate {
		p.known(Problem{Step: s.info.Number, Field: fmt.Sprintf("mutate[%d]", i), Want: "the id of a mutation"}, id, p.mutations)
	}
	switch {
	case s.pace == paceTogether && s.Times > maxTogether:
		bad("times", fmt.Sprint(s.Times), fmt.Sprintf("at most %d together", maxTogether))
	case s.pace == paceTogether && s.Background:
		bad("background", "it beside together", "one of the two")
	case in.batched && s.Background:
		bad("background", "it inside shuffle or together", "it outside")
	case in.batched && s.Together != nil:
		bad("together", "it inside shuffle or together", "it outside")
	case s.Times > 1 && s.As != "" && !strings.Contains(s.As, "${n}"):
		bad("as", fmt.Sprintf("one name for %d deliveries", s.Times), "a name with ${n} in it, such as "+s.As+"-${n}")
	}
}

func (p *parser) fault(f fault, step string, i int) mocksender.Fault {
	field := fmt.Sprintf("faults[%d]", i)
	out, err := mocksender.ParseFault(f.Before + f.After)
	if err != nil || out.Wait > maxDuration { // the schema's pattern bounds all but the duration
		p.add(Problem{Step: step, Field: field + ".before", Found: schemas.Quote(f.Before), Want: "a delay of at most 8784h, which is a year"})
	}
	out.Attempt, out.Event = f.Attempt, f.Event
	if f.Chance != nil {
		out.Chance = *f.Chance
		if out.Chance == 0 { // for the schema, 1e-400 is above 0
			p.add(Problem{Step: step, Field: field + ".chance", Found: "0", Want: "a number above 0 and at most 1"})
		}
	}
	return out
}

// duration reads a duration of at least low, which fits the schema's pattern.
func (p *parser) duration(at Problem, text string, low time.Duration) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d < low || d > maxDuration {
		at.Found, at.Want = schemas.Quote(text), "a duration from "+low.String()+" to 8784h, which is a year"
		p.add(at)
	}
	return d
}

// known finds a word that is none of the known ones. They are listed where none
// is close.
func (p *parser) known(at Problem, word string, known []string) {
	if slices.Contains(known, word) {
		return
	}
	at.Found, at.Hint = schemas.Quote(word), hint(word, known)
	if at.Hint == "" {
		at.Want = "one of " + strings.Join(known, ", ")
	}
	p.add(at)
}

// count notes how many deliveries each step makes when everything around it is
// played rounds times, and returns the sum. Steps that deliver nothing count
// towards the limit of actions as well, because they take time.
func (p *parser) count(steps []*step, rounds int) (deliveries, actions int) {
	for _, s := range steps {
		n := min(rounds*s.Times, maxActions+1)
		actions += n
		switch {
		case s.isBlock():
			d, a := p.count(s.Steps, min(n*max(s.Parallel, 1), maxActions+1))
			deliveries, actions = deliveries+d, actions+a
			limit := maxBatch
			if s.pace == paceTogether {
				limit = maxTogether
			}
			if s.batched() && d > limit*n {
				p.add(Problem{Step: s.info.Number, Field: "steps", Found: fmt.Sprintf("%d deliveries", d/n), Want: fmt.Sprintf("at most %d in a block whose order changes", limit)})
			}
		case s.delivers():
			s.info.Deliveries = n
			deliveries += n
		}
		if actions > maxActions {
			if len(p.all) == 0 {
				p.add(Problem{Step: s.info.Number, Found: fmt.Sprintf("more than %d steps to play up to here", maxActions), Want: "fewer rounds"})
			}
			return deliveries, maxActions + 1
		}
	}
	return deliveries, actions
}

// maxSource bounds the size of a script, in bytes.
const maxSource = 4 << 20

// script is what the file of a scenario says.
type script struct {
	Schema      string `json:"$schema"`
	Title       string
	Note        string
	Expectation string
	Meeting     struct {
		Title    string
		Duration string
		Forms    []string
	}
	Reduce *mocksender.HealthPolicy
	Steps  []*step
}

// decodeScript reads a script. The schema judges its form, and an *Error says
// what is wrong with it.
func decodeScript(filename string, data []byte) (*script, error) {
	var found problems
	if len(data) > maxSource {
		found.add(Problem{Found: fmt.Sprintf("%d bytes", len(data)), Want: fmt.Sprintf("at most %d", maxSource)})
		return nil, found.err(filename)
	}
	err := schemas.Validate("scenario", schemas.Open, data)
	var invalid *schemas.Error
	if errors.As(err, &invalid) {
		for _, p := range invalid.Problems {
			step, field := placeOf(p.Path)
			found.add(Problem{Step: step, Field: field, Found: p.Found, Want: p.Want, Hint: p.Hint})
		}
		found.omitted += invalid.Omitted
		return nil, found.err(filename)
	}
	if err != nil {
		return nil, fmt.Errorf("scenarios: %w", err)
	}
	s := &script{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err = dec.Decode(s)
	// For the schema, 1e3 and 2.0 are whole numbers.
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		line := bytes.Count(data[:mistyped.Offset], []byte("\n")) + 1
		name := mistyped.Field[strings.LastIndexByte(mistyped.Field, '.')+1:]
		found.add(Problem{
			Field: strings.ToLower(name[:1]) + name[1:], Found: fmt.Sprintf("%s in line %d", mistyped.Value, line),
			Want: "a whole number without fraction and exponent",
		})
		return nil, found.err(filename)
	}
	if err != nil {
		return nil, fmt.Errorf("scenarios: %s: %w", filename, err)
	}
	return s, nil
}

// placeOf turns the schema's path, $.steps[2].steps[0].emit, into a step's
// number and a field: 3.1 and emit.
func placeOf(path string) (step, field string) {
	rest := strings.TrimPrefix(path, "$")
	var numbers []string
	for {
		var n int
		if _, err := fmt.Sscanf(rest, ".steps[%d]", &n); err != nil {
			break
		}
		numbers = append(numbers, fmt.Sprint(n+1))
		rest = rest[strings.IndexByte(rest, ']')+1:]
	}
	return strings.Join(numbers, "."), strings.TrimPrefix(rest, ".")
}
