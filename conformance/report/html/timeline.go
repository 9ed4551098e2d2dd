package html

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Sizes within the timeline, in pixels.
const (
	rowHead   = 18 // where the name of a row stands
	rowFoot   = 8
	linePitch = 11
	markReach = 5 // of a mark to either side of its middle
	axisFoot  = 26

	maxRows  = 14
	maxLines = 6
	maxMarks = 2000
)

// timeline is the picture of what became of genuine deliveries: one mark each,
// along the time of the run, in a row for each type of event.
type timeline struct {
	Width, Height, Foot int
	Rows                []row
	Ticks               []tick
	Legend              []legend
	Note                string // what is not shown
	Label               string // for who does not see it
}

// row holds the marks of one type of event, in as many lines as it takes for
// them not to overlap.
type row struct {
	Name   string
	Y      int // its top
	Height int
	Marks  []mark
}

// mark is one delivery. The last of its dots says what became of it.
type mark struct {
	Kind     string
	Title    string
	Y        int
	From, To string // of the line that joins its attempts; empty: there is one
	Dots     []dot
}

type dot struct {
	Kind string // a kind of mark, or "try" for an attempt that was not the last
	X    string
}

// legend explains one kind of mark.
type legend struct {
	Kind, Text string
	Count      int
}

// newTimeline returns nil if there is nothing to show.
func newTimeline(l ledger.Report) *timeline {
	entries := slices.DeleteFunc(slices.Clone(l.Timeline.Entries), func(e ledger.Entry) bool { return e.Time.IsZero() })
	if every := 1 + len(entries)/(maxMarks+1); every > 1 {
		var kept []ledger.Entry
		for i := 0; i < len(entries); i += every {
			kept = append(kept, entries[i])
		}
		entries = kept
	}
	if len(entries) == 0 {
		return nil
	}
	s := newScale(entries)
	t := &timeline{
		Width: width, Height: rowFoot, Ticks: s.ticks(), Legend: legends(l.Account),
		Label: fmt.Sprintf("%s over %s, by type of event. The table after it says the same in numbers.", report.Deliveries(len(entries)), printable.Duration(s.span)),
	}
	if len(entries) < l.Emitted {
		t.Note = fmt.Sprintf("A sample, spread evenly over the run: %d of %d deliveries have a mark.", len(entries), l.Emitted)
	}
	names := rowNames(entries)
	byRow := map[rtk.EventType][]ledger.Entry{}
	for _, e := range entries {
		name := e.Event
		if !slices.Contains(names, name) {
			name = otherEvents
		}
		byRow[name] = append(byRow[name], e)
	}
	for _, name := range names {
		t.addRow(name, byRow[name], s)
	}
	t.Foot = t.Height
	t.Height += axisFoot
	return t
}

// otherEvents is the row of the events beyond the bound of rows.
const otherEvents rtk.EventType = "other events"

// rowNames returns the guide's events in its order, then others as they come.
func rowNames(entries []ledger.Entry) []rtk.EventType {
	var others []rtk.EventType
	found := map[rtk.EventType]bool{}
	for _, e := range entries {
		if !found[e.Event] && !e.Event.Known() {
			others = append(others, e.Event)
		}
		found[e.Event] = true
	}
	out := slices.DeleteFunc(rtk.EventTypes(), func(t rtk.EventType) bool { return !found[t] })
	if out = append(out, others...); len(out) > maxRows {
		out = append(out[:maxRows-1:maxRows-1], otherEvents)
	}
	return out
}

func (t *timeline) addRow(name rtk.EventType, entries []ledger.Entry, s scale) {
	r := row{Name: report.EventName(name), Y: t.Height}
	var ends []float64 // of each line
	for _, e := range entries {
		m, from, to := newMark(e, s)
		line := freeLine(ends, from)
		if line == len(ends) {
			ends = append(ends, 0)
		}
		ends[line] = to
		m.Y = r.Y + rowHead + linePitch/2 + line*linePitch
		r.Marks = append(r.Marks, m)
	}
	r.Height = rowHead + max(len(ends), 1)*linePitch + rowFoot
	t.Height += r.Height
	t.Rows = append(t.Rows, r)
}

// freeLine is the first line with nothing beyond from. If there may be no more
// lines, it is the one that overlaps least.
func freeLine(ends []float64, from float64) int {
	best := 0
	for i, end := range ends {
		if end <= from {
			return i
		}
		if end < ends[best] {
			best = i
		}
	}
	if len(ends) < maxLines {
		return len(ends)
	}
	return best
}

// newMark returns the mark of e, and from where to where it reaches.
func newMark(e ledger.Entry, s scale) (m mark, from, to float64) {
	f := newFate(e.Fate, e.Tries)
	m.Kind = f.Mark
	first := s.x(e.Time)
	last := first
	for _, a := range e.Attempts {
		last = s.x(a.At)
		m.Dots = append(m.Dots, dot{"try", pixels(last)})
	}
	if len(m.Dots) == 0 {
		m.Dots = []dot{{X: pixels(first)}}
	}
	m.Dots[len(m.Dots)-1].Kind = m.Kind
	from, to = min(first, last), max(first, last)
	if len(m.Dots) > 1 {
		m.From, m.To = pixels(from), pixels(to)
	}
	m.Title = fmt.Sprintf("%s, %s after the start: %s (%s)", report.EventName(e.Event), printable.Duration(e.Time.Sub(s.start)),
		answers(e), f.Words)
	return m, from - markReach, to + markReach
}

func legends(a ledger.Account) []legend {
	all := []legend{
		{"ok", "accepted at once", a.Accepted},
		{"late", "accepted on a retry", a.AcceptedLate},
		{"lost", "refused, not retried: lost", a.Lost},
		{"exhausted", "never accepted", a.Exhausted},
		{"untried", "never tried, since attempts were reduced", a.NotTried},
		{"abandoned", "not finished", a.Abandoned},
	}
	out := slices.DeleteFunc(all, func(l legend) bool { return l.Count == 0 })
	if a.Attempts > a.Emitted-a.NotTried {
		out = append(out, legend{Kind: "try", Text: "an attempt before the last"})
	}
	return out
}

// The timeline is a picture of fixed width. Its units are pixels at full size.
const (
	width = 1000
	edge  = 14 // kept free on the left and the right
)

// scale places instants on the timeline.
type scale struct {
	start time.Time
	span  time.Duration
}

func newScale(entries []ledger.Entry) scale {
	start, end := entries[0].Time, entries[0].Time
	include := func(t time.Time) {
		switch {
		case t.IsZero():
		case t.Before(start):
			start = t
		case t.After(end):
			end = t
		}
	}
	for _, e := range entries {
		include(e.Time)
		for _, a := range e.Attempts {
			include(a.At)
		}
	}
	return scale{start, max(end.Sub(start), time.Millisecond)}
}

func (s scale) x(at time.Time) float64 {
	share := float64(at.Sub(s.start)) / float64(s.span)
	return edge + (width-2*edge)*min(max(share, 0), 1)
}

// pixels writes a coordinate.
func pixels(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// tick is a line at a round time.
type tick struct{ X, Label string }

// ticks divides the time into five to ten round parts.
func (s scale) ticks() []tick {
	step := s.step()
	var out []tick
	for at := time.Duration(0); at <= s.span && len(out) < 20; at += step {
		out = append(out, tick{pixels(s.x(s.start.Add(at))), tickLabel(at)})
	}
	return out
}

func (s scale) step() time.Duration {
	for unit := time.Microsecond; unit <= time.Second; unit *= 10 {
		for _, n := range []time.Duration{1, 2, 5} {
			if s.span <= 10*n*unit {
				return n * unit
			}
		}
	}
	for _, seconds := range []time.Duration{10, 15, 30, 60, 120, 300, 600, 1800, 3600} {
		if step := seconds * time.Second; s.span <= 10*step {
			return step
		}
	}
	return (s.span / 8).Round(time.Hour)
}

// tickLabel writes a round duration without the zeros at its end: "2m", "1h30m".
func tickLabel(d time.Duration) string {
	label := d.String()
	switch {
	case d == 0:
		return "0"
	case d%time.Hour == 0:
		return strings.TrimSuffix(label, "0m0s")
	case d%time.Minute == 0:
		return strings.TrimSuffix(label, "0s")
	default:
		return label
	}
}
