package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender"
)

// delivery reads what says how a step's deliveries go.
func (p *parser) delivery(f fields, s *step, in place) {
	s.times = f.integer("times", 1, 100_000, 1)
	s.background, _ = f.boolean("background")
	together, given := f.boolean("together")
	switch {
	case together:
		s.pace = paceTogether
	case given:
		s.pace = paceSerial
	}
	s.mutate = f.words("mutate", "an array of mutations such as signature/other-key", 0)
	s.hasMutate = f.has("mutate")
	for _, id := range s.mutate {
		if !p.mutations[id] {
			f.badWord("mutate", misspelt(id, "the id of a mutation", p.mutationIDs))
		}
	}
	s.faults = p.faults(f)
	p.expect(f, s)
	switch {
	case s.pace == paceTogether && s.times > maxTogether:
		f.bad("times", fmt.Sprint(s.times), fmt.Sprintf("at most %d together", maxTogether))
	case s.pace == paceTogether && s.background:
		f.bad("background", "it beside together", "one of the two")
	case in.gathered && s.background:
		f.bad("background", "it inside shuffle or together", "it outside")
	case in.gathered && given:
		f.bad("together", "it inside shuffle or together", "it outside")
	case s.times > 1 && s.as != "" && !strings.Contains(s.as, "${n}"):
		f.bad("as", fmt.Sprintf("one name for %d deliveries", s.times), "a name with ${n} in it, such as "+s.as+"-${n}")
	}
	if s.later {
		for _, name := range []string{"background", "together", "faults", "mutate", "expect"} {
			if f.has(name) {
				f.bad(name, "it beside later", "it in the step that sends the delivery")
			}
		}
	}
}

func (p *parser) expect(f fields, s *step) {
	var word string
	if f.read("expect", &word, `an expectation such as "delivered" or "503"`) && !Expectation(word).known() {
		f.badWord("expect", misspelt(word, "an expectation or a status such as 503", expectationWords()))
	}
	// What a step without the word expects is settled by the rehearsal, which
	// knows what a name stands for.
	s.expect, s.info.Expect = Expectation(word), Expectation(word)
}

func (p *parser) faults(f fields) mocksender.FaultPlan {
	const want = `an array of faults such as [{"attempt": 1, "before": "respond 503"}]`
	list := f.list("faults", want, 1)
	if len(list) > 100 {
		f.bad("faults", fmt.Sprintf("%d faults", len(list)), "at most 100")
		return nil
	}
	var plan mocksender.FaultPlan
	for i, raw := range list {
		inner, ok := p.fields(raw, f.step, fmt.Sprintf("fault %d: ", i+1), []string{"attempt", "event", "before", "after", "chance"})
		if ok {
			plan = append(plan, p.fault(inner))
		}
	}
	return plan
}

func (p *parser) fault(f fields) mocksender.Fault {
	var fault mocksender.Fault
	switch {
	case f.has("before") && f.has("after"):
		f.bad("after", "it beside before", "one of the two")
	case f.has("before"):
		fault = p.faultWords(f, "before", []string{"refuse", "reset", "respond 503", "delay 2s"})
	case f.has("after"):
		fault = p.faultWords(f, "after", []string{"lose-response", "replace 502"})
	default:
		f.bad("", "neither before nor after", "one of the two")
	}
	fault.Attempt = f.integer("attempt", 1, 1000, 0)
	fault.Event = p.event(f, "event")
	if raw, ok := f.raw["chance"]; ok {
		if json.Unmarshal(raw, &fault.Chance) != nil || !(fault.Chance > 0 && fault.Chance <= 1) {
			f.bad("chance", show(raw), "a number above 0 and at most 1")
		}
	}
	return fault
}

// faultWords reads the member called name, which holds a fault of that side.
func (p *parser) faultWords(f fields, name string, examples []string) mocksender.Fault {
	want := strings.Join(examples[:len(examples)-1], ", ") + " or " + examples[len(examples)-1]
	var text string
	if !f.read(name, &text, want) {
		return mocksender.Fault{}
	}
	fault, err := mocksender.ParseFault(text)
	word, rest, _ := strings.Cut(text, " ")
	switch {
	case err == nil && (fault.Before != "") == (name == "before") && plainFault(fault, text, rest):
		return fault
	case err == nil && (fault.Before != "") != (name == "before"):
		other := map[string]string{"before": "after", "after": "before"}[name]
		f.bad(name, quote(text)+", which happens "+other+" the target is reached", want)
	default:
		problem := Problem{Found: quote(text), Want: want}
		var known []string
		for _, example := range examples {
			word, _, _ := strings.Cut(example, " ")
			known = append(known, word)
		}
		if !slices.Contains(known, word) {
			if hint := nearest(word, known); hint != "" {
				problem.Hint = quote(hint + spaced(rest))
			}
		}
		f.badWord(name, problem)
	}
	return fault
}

// plainFault refuses spaces to spare, and durations that no other member of a
// script takes.
func plainFault(f mocksender.Fault, text, rest string) bool {
	if f.Before == mocksender.Delay {
		return plainDuration(rest) && f.Wait <= longest
	}
	return text == f.String()
}

func spaced(rest string) string {
	if rest == "" {
		return ""
	}
	return " " + rest
}
