package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// scale places instants on the picture.
type scale struct {
	start time.Time
	span  time.Duration
}

func newScale(entries []ledger.Entry) scale {
	start, end := entries[0].Time, entries[0].Time
	for _, e := range entries {
		for _, at := range append([]time.Time{e.Time}, moments(e)...) {
			if at.Before(start) {
				start = at
			}
			if at.After(end) {
				end = at
			}
		}
	}
	return scale{start, max(end.Sub(start), time.Millisecond)}
}

func moments(e ledger.Entry) []time.Time {
	var out []time.Time
	for _, a := range e.Attempts {
		if !a.At.IsZero() {
			out = append(out, a.At)
		}
	}
	return out
}

func (s scale) x(at time.Time) float64 {
	share := float64(at.Sub(s.start)) / float64(s.span)
	return lineEdge + (lineWidth-2*lineEdge)*min(max(share, 0), 1)
}

// ticks divides the time into five to ten round parts.
func (s scale) ticks() []tick {
	step := s.step()
	var out []tick
	for at := time.Duration(0); at <= s.span && len(out) < 20; at += step {
		out = append(out, tick{pixels(s.x(s.start.Add(at))), tickLabel(at)})
	}
	return out
}

// tickLabel writes a round duration without the zeros at its end: "2m", "1h30m".
func tickLabel(d time.Duration) string {
	text := d.String()
	switch {
	case d == 0:
		return "0"
	case d%time.Hour == 0:
		return strings.TrimSuffix(text, "0m0s")
	case d%time.Minute == 0:
		return strings.TrimSuffix(text, "0s")
	default:
		return text
	}
}

func (s scale) step() time.Duration {
	for unit := time.Microsecond; unit <= 10*time.Second; unit *= 10 {
		for _, n := range []time.Duration{1, 2, 5} {
			if s.span <= 10*n*unit && n*unit < 15*time.Second {
				return n * unit
			}
		}
	}
	for _, step := range []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour} {
		if s.span <= 10*step {
			return step
		}
	}
	return (s.span / 8).Round(time.Hour)
}

// pixels writes a coordinate.
func pixels(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }
