package html

import (
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

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
