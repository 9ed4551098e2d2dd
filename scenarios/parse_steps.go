package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// parser reads one script.
type parser struct {
	problems
	mutations   map[string]bool
	mutationIDs []string
	steps       []*step // all of them
}

// place is what is around a step.
type place struct {
	parallel bool // inside meetings of a parallel block
	gathered bool // inside a block that is shuffled or released together
	depth    int
}

// sequence reads the steps of the script or of a block.
func (p *parser) sequence(f fields, prefix string, in place) []*step {
	const want = "an array of steps"
	if !f.has("steps") {
		f.bad("steps", "nothing", want)
		return nil
	}
	list := f.list("steps", want, 1)
	if in.depth > maxDepth {
		f.bad("steps", "deeper nesting", fmt.Sprintf("at most %d levels of blocks", maxDepth))
		return nil
	}
	if len(list) > 1000 {
		f.bad("steps", fmt.Sprintf("%d steps", len(list)), "at most 1000 in one place")
		return nil
	}
	var steps []*step
	for i, raw := range list {
		if len(p.steps) >= maxSteps {
			f.bad("steps", "more steps", fmt.Sprintf("at most %d in all", maxSteps))
			break
		}
		if s := p.step(raw, fmt.Sprintf("%s%d", prefix, i+1), in); s != nil {
			steps = append(steps, s)
		}
	}
	return steps
}

func (p *parser) step(raw json.RawMessage, number string, in place) *step {
	f, ok := p.fields(raw, number, "", allMembers())
	if !ok {
		return nil
	}
	s := &step{index: len(p.steps), times: 1}
	s.info.Number = number
	p.steps = append(p.steps, s)
	s.verb = p.verb(f)
	known := membersOf(s.verb)
	for _, name := range allMembers() {
		switch {
		case !f.has(name) || slices.Contains(known, name):
		case slices.Contains(verbs(), verb(name)):
			f.bad(name, "it beside "+string(s.verb), "a step of its own")
		default:
			f.bad(name, "it in "+s.verb.kind(), "one of "+strings.Join(known, ", "))
		}
	}
	s.info.Note = f.text("note", "a text", 2000)
	s.after = f.duration("after", 0)
	key := ""
	switch s.verb {
	case doEmit:
		p.emit(f, s)
	case doRepeat, doSend:
		s.name = f.name(string(s.verb))
		var uuid string
		if f.read("uuid", &uuid, `"same" or "new"`) && uuid != "same" && uuid != "new" {
			f.badWord("uuid", misspelt(uuid, `"same" or "new"`, []string{"same", "new"}))
		}
		s.newUUID = uuid == "new"
	case doKey:
		key = p.key(f, s, in)
	case doSession:
		var word string
		if f.read("session", &word, `"next"`) && word != "next" {
			f.bad("session", quote(word), `"next"`)
		}
	case doBlock:
		p.block(f, s, in)
	case doPause:
		if !f.has("after") && !f.unknown {
			f.bad("", "a step that does nothing", "one of emit, repeat, send, key, session, steps and after")
		}
	}
	if s.verb != doBlock {
		p.delivery(f, s, in)
	}
	s.info.Do = s.describe(key)
	return s
}

// verb returns what the step does. Of several the first counts, and the others
// then are members that do not belong there.
func (p *parser) verb(f fields) verb {
	for _, v := range verbs() {
		if f.has(string(v)) {
			return v
		}
	}
	if f.has("parallel") || f.has("shuffle") {
		return doBlock // which lacks its steps
	}
	return doPause
}

func (p *parser) emit(f fields, s *step) {
	s.event = p.event(f, "emit")
	s.who, s.which, s.as = f.name("who"), f.name("which"), f.name("as")
	s.later, _ = f.boolean("later")
	p.belongs(f, s)
	if raw, ok := f.raw["set"]; ok {
		if len(raw) == 0 || raw[0] != '{' {
			f.bad("set", show(raw), `an object such as {"meeting.title": "Weekly sync"}`)
		}
		names, values := members(raw)
		for i, path := range names {
			p.path(f, "set", path)
			s.sets = append(s.sets, assignment{path, values[i]})
		}
	}
	for _, path := range f.words("unset", "an array of paths", 1) {
		p.path(f, "unset", path)
		s.unsets = append(s.unsets, path)
	}
}

// event reads the type of an event.
func (p *parser) event(f fields, name string) rtk.EventType {
	var word string
	if !f.read(name, &word, "the type of an event such as meeting.started") {
		return ""
	}
	event, err := rtk.ParseEventType(word)
	if err != nil {
		var known []string
		for _, t := range rtk.EventTypes() {
			known = append(known, string(t))
		}
		f.badWord(name, misspelt(word, "the type of an event", known))
	}
	return event
}

// belongs refuses who and which where the event has no such thing.
func (p *parser) belongs(f fields, s *step) {
	switch s.event {
	case rtk.MeetingStarted, rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft, "":
	default:
		if f.has("who") {
			f.bad("who", fmt.Sprintf("a participant in %s", s.event), "who only where somebody joins or leaves")
		}
	}
	switch s.event {
	case rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate, "":
	default:
		if f.has("which") {
			f.bad("which", fmt.Sprintf("it in %s", s.event), "which only for recordings and livestreams")
		}
	}
}

func (p *parser) path(f fields, name, path string) {
	if path == "" || slices.Contains(strings.Split(path, "."), "") {
		f.bad(name, "the path "+quote(path), "a path such as meeting.title")
	}
}

func (p *parser) key(f fields, s *step, in place) string {
	var word string
	if f.read("key", &word, "an action such as outage") && !slices.Contains(keyActions(), word) {
		f.badWord("key", misspelt(word, "an action", keyActions()))
	}
	if in.parallel || in.gathered {
		f.bad("key", "it among deliveries that happen at once", "it outside parallel, shuffle and together")
	}
	s.key = keyActionOf(word)
	return word
}

func (p *parser) block(f fields, s *step, in place) {
	s.times = f.integer("times", 1, 100_000, 1)
	s.parallel = f.integer("parallel", 1, 1000, 0)
	s.shuffle, _ = f.boolean("shuffle")
	if together, _ := f.boolean("together"); together {
		s.pace = paceTogether
	}
	s.faults = p.faults(f)
	switch {
	case s.parallel > 0 && s.shuffle, s.parallel > 0 && s.pace == paceTogether, s.shuffle && s.pace == paceTogether:
		f.bad("", "several of parallel, shuffle and together", "at most one, and another block inside or around")
	case s.parallel > 0 && in.parallel:
		f.bad("parallel", "it inside another", "one level of parallel meetings")
	case in.gathered:
		f.bad("steps", "a block inside shuffle or together", "emit, repeat, send, session or a pause")
	}
	in.depth++
	in.parallel = in.parallel || s.parallel > 0
	in.gathered = s.gathered()
	s.steps = p.sequence(f, s.info.Number+".", in)
}
