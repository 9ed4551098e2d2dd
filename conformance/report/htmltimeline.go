package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// The timeline is a picture of fixed width; units are pixels at its full size.
const (
	lineWidth = 1000
	lineEdge  = 14 // kept free on the left and the right
	laneHead  = 18 // where the name of a lane stands
	laneFoot  = 8
	rowPitch  = 11
	markReach = 5 // of a mark to either side of its middle
	axisFoot  = 26

	maxLanes = 14
	maxRows  = 6
	maxMarks = 2000
)

// timeline is the picture of what became of genuine deliveries: one mark each,
// along the time of the run, in a lane for each type of event.
type timeline struct {
	Width, Height, Foot int
	Lanes               []lane
	Ticks               []tick
	Legend              []legend
	Marks               int
	Note                string // what is not shown
	Label               string // for who does not see it
}

type lane struct {
	Name   string
	Y      int // its top
	Height int
	Marks  []mark
}

// mark is one delivery. The last of its dots says what became of it.
type mark struct {
	Kind  string
	Title string
	Y     int
	From  string // of the line that joins its attempts; empty: there is one
	To    string
	Dots  []dot
}

type dot struct {
	Kind string // a kind of mark, or "try" for an attempt that was not the last
	X    string
}

type tick struct {
	X     string
	Label string
}

// legend explains one kind of mark.
type legend struct {
	Kind, Text string
	Count      int
}

func newTimeline(l ledger.Report) *timeline {
	entries := slices.DeleteFunc(slices.Clone(l.Timeline.Entries), func(e ledger.Entry) bool { return e.Time.IsZero() })
	every := 1 + len(entries)/(maxMarks+1)
	if every > 1 {
		kept := entries[:0]
		for i, e := range entries {
			if i%every == 0 {
				kept = append(kept, e)
			}
		}
		entries = kept
	}
	if len(entries) == 0 {
		return nil
	}
	t := &timeline{Width: lineWidth, Legend: legends(l.Account), Marks: len(entries)}
	if left := l.Emitted - len(entries); left > 0 {
		t.Note = fmt.Sprintf("A sample, spread evenly over the run: %d of %d deliveries have a mark.", len(entries), l.Emitted)
	}
	scale := newScale(entries)
	t.Ticks = scale.ticks()
	t.Height = laneFoot
	names := lanesOf(entries)
	byLane := map[rtk.EventType][]ledger.Entry{}
	for _, e := range entries {
		event := e.Event
		if !slices.Contains(names, event) {
			event = otherLane
		}
		byLane[event] = append(byLane[event], e)
	}
	for _, event := range names {
		t.addLane(event, byLane[event], scale)
	}
	t.Foot = t.Height
	t.Height += axisFoot
	t.Label = fmt.Sprintf("%s over %s, by type of event. The table after it says the same in numbers.", deliveries(len(entries)), short(scale.span))
	return t
}

// otherLane is where events beyond the bound of lanes stand.
const otherLane rtk.EventType = "other events"

// lanesOf returns the names of the lanes: the guide's events in its order,
// then others as they come.
func lanesOf(entries []ledger.Entry) []rtk.EventType {
	found := map[rtk.EventType]bool{}
	var others []rtk.EventType
	for _, e := range entries {
		if !found[e.Event] && !e.Event.Known() {
			others = append(others, e.Event)
		}
		found[e.Event] = true
	}
	var out []rtk.EventType
	for _, t := range rtk.EventTypes() {
		if found[t] {
			out = append(out, t)
		}
	}
	out = append(out, others...)
	if len(out) > maxLanes {
		out = append(out[:maxLanes-1:maxLanes-1], otherLane)
	}
	return out
}

func (t *timeline) addLane(event rtk.EventType, entries []ledger.Entry, s scale) {
	l := lane{Name: name(string(event)), Y: t.Height}
	var ends []float64 // of each row
	for _, e := range entries {
		m, from, to := newMark(e, s)
		row := freeRow(ends, from)
		if row == len(ends) {
			ends = append(ends, 0)
		}
		ends[row] = to
		m.Y = l.Y + laneHead + rowPitch/2 + row*rowPitch
		l.Marks = append(l.Marks, m)
	}
	l.Height = laneHead + max(len(ends), 1)*rowPitch + laneFoot
	t.Height += l.Height
	t.Lanes = append(t.Lanes, l)
}

// freeRow is the first row in which nothing reaches beyond from. Where there
// are as many rows as there may be, it is the one that overlaps least.
func freeRow(ends []float64, from float64) int {
	best := 0
	for i, end := range ends {
		if end <= from {
			return i
		}
		if end < ends[best] {
			best = i
		}
	}
	if len(ends) < maxRows {
		return len(ends)
	}
	return best
}

// newMark returns the mark of e and how far it reaches.
func newMark(e ledger.Entry, s scale) (m mark, from, to float64) {
	m.Kind = markKind(e.Fate, e.Tries)
	first, last := s.x(e.Time), s.x(e.Time)
	for i, a := range e.Attempts {
		last = s.x(a.At)
		kind := "try"
		if i == len(e.Attempts)-1 {
			kind = m.Kind
		}
		m.Dots = append(m.Dots, dot{kind, pixels(last)})
	}
	if len(m.Dots) == 0 {
		m.Dots = []dot{{m.Kind, pixels(first)}}
	}
	if len(m.Dots) > 1 {
		m.From, m.To = pixels(min(first, last)), pixels(max(first, last))
	}
	m.Title = fmt.Sprintf("%s, %s after the start: %s (%s)", name(string(e.Event)), short(e.Time.Sub(s.start)),
		answersOf(e), fateWord(e.Fate, e.Tries))
	return m, min(first, last) - markReach, max(first, last) + markReach
}

// answersOf is what the attempts of e were answered, in short.
func answersOf(e ledger.Entry) string {
	if len(e.Attempts) == 0 {
		return "no attempt"
	}
	var parts []string
	for i, a := range e.Attempts {
		if i > 0 && a.N > e.Attempts[i-1].N+1 {
			parts = append(parts, "…")
		}
		word := answer(mocksender.Outcome{Status: a.Status, Class: a.Class})
		switch {
		case a.Fault != "" && a.TargetStatus != 0:
			word += fmt.Sprintf(" (fault: %s; the target answered %d)", name(a.Fault), a.TargetStatus)
		case a.Fault != "":
			word += fmt.Sprintf(" (fault: %s)", name(a.Fault))
		}
		parts = append(parts, word)
	}
	return fmt.Sprintf("%s in %s", strings.Join(parts, ", then "), short(time.Duration(e.Latency)))
}

func legends(a ledger.Account) []legend {
	var out []legend
	for _, l := range []legend{
		{"ok", "accepted at once", a.Accepted},
		{"late", "accepted on a retry", a.AcceptedLate},
		{"lost", "refused, not retried: lost", a.Lost},
		{"exhausted", "never accepted", a.Exhausted},
		{"untried", "never tried, since attempts were reduced", a.NotTried},
		{"abandoned", "not finished", a.Abandoned},
	} {
		if l.Count > 0 {
			out = append(out, l)
		}
	}
	if a.Attempts > a.Emitted-a.NotTried {
		out = append(out, legend{Kind: "try", Text: "an attempt before the last"})
	}
	return out
}
