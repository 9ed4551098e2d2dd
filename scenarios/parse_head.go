package scenarios

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// script reads the whole.
func (p *parser) script(s *Scenario, data json.RawMessage) {
	f, ok := p.fields(data, "", "", []string{"$schema", "title", "note", "expectation", "meeting", "reduce", "steps"})
	if !ok {
		return
	}
	var schema string
	f.read("$schema", &schema, "a string")
	if !f.has("title") {
		f.bad("title", "nothing", "a title in one line")
	}
	s.Title = f.text("title", "a title in one line", 200)
	if strings.ContainsAny(s.Title, "\n\r") || s.Title != strings.TrimLeft(s.Title, " \t") {
		f.bad("title", quote(s.Title), "a title in one line")
	}
	s.Note = f.text("note", "a text", 2000)
	s.Expectation = f.text("expectation", "a text", 2000)
	if raw, ok := f.raw["meeting"]; ok {
		p.meeting(s, raw)
	}
	if raw, ok := f.raw["reduce"]; ok {
		p.reduce(s, raw)
	}
	s.steps = p.sequence(f, "", place{})
	s.flat = p.steps
	if len(p.all) == 0 {
		s.total, _ = p.count(s.steps, 1)
	}
}

func (p *parser) meeting(s *Scenario, raw json.RawMessage) {
	f, ok := p.fields(raw, "", "meeting: ", []string{"title", "duration", "forms"})
	if !ok {
		return
	}
	s.meeting.title = f.text("title", "a meeting's title", 1000)
	s.meeting.duration = f.duration("duration", time.Second)
	var known []string
	for _, form := range payload.Forms() {
		known = append(known, string(form))
	}
	for _, word := range f.words("forms", "an array of payload forms", 0) {
		form, err := payload.ParseForm(word)
		switch {
		case err != nil:
			f.badWord("forms", misspelt(word, "a payload form", known))
		case slices.Contains(s.meeting.forms, form):
			f.bad("forms", quote(word)+" twice", "each form once")
		}
		s.meeting.forms = append(s.meeting.forms, form)
	}
}

func (p *parser) reduce(s *Scenario, raw json.RawMessage) {
	f, ok := p.fields(raw, "", "reduce: ", []string{"failures", "probeEvery"})
	if !ok {
		return
	}
	for _, name := range []string{"failures", "probeEvery"} {
		if !f.has(name) {
			f.bad(name, "nothing", "a whole number from 1 to 1000")
		}
	}
	s.reduce = &mocksender.HealthPolicy{
		Failures:   f.integer("failures", 1, 1000, 0),
		ProbeEvery: f.integer("probeEvery", 1, 1000, 0),
	}
}
