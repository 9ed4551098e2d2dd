package terminal

import (
	"cmp"
	"fmt"
	"sync"
	"time"
)

// Ways to show progress: the values of --progress.
const (
	ProgressAuto  = "auto"
	ProgressPlain = "plain"
	ProgressNone  = "none"
)

// Progress shows how far something has come: as a bar that is drawn over, or in
// lines, or not at all. It is safe for concurrent use.
type Progress struct {
	t     *Terminal
	draws bool // a bar; otherwise lines, unless t is nil

	mu       sync.Mutex
	step     Step
	began    time.Time     // of the whole
	end      time.Time     // of the whole, about; zero: nobody knows
	shown    time.Time     // when something was drawn, or written by Sometimes
	finished chan struct{} // nil: nothing was drawn yet
}

// How often something is shown, at most, and how often the clock of a bar goes on.
const (
	drawEvery = 50 * time.Millisecond
	lineEvery = 5 * time.Second
	tickEvery = 250 * time.Millisecond
)

// NewProgress returns what shows progress on standard error. A bar is drawn on a
// terminal alone, and only if mode is auto.
func (t *Terminal) NewProgress(mode string) *Progress {
	p := &Progress{draws: mode == ProgressAuto && t.ErrIsTTY && !t.dumb, began: time.Now()}
	if mode != ProgressNone {
		p.t = t
	}
	if !p.draws {
		p.shown = p.began
	}
	return p
}

// Linef writes a line where there is no bar.
func (p *Progress) Linef(format string, args ...any) {
	if p.t != nil && !p.draws {
		p.t.Notef(format, args...)
	}
}

// Sometimesf is Linef that leaves out most of the lines.
func (p *Progress) Sometimesf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.shown) >= lineEvery && !p.draws {
		p.shown = time.Now()
		p.Linef(format, args...)
	}
}

// Step has the bar show a step, for as long as there is no other.
func (p *Progress) Step(s Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.draws || p.t == nil {
		return
	}
	p.step = s
	if p.finished == nil {
		p.finished = make(chan struct{})
		go p.tick(p.finished)
	}
	if time.Since(p.shown) >= drawEvery {
		p.draw()
	}
}

// Left has the bar show about how long the whole still takes; 0: nobody knows.
func (p *Progress) Left(left time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = time.Time{}
	if left > 0 {
		p.end = time.Now().Add(left)
	}
}

// tick keeps the clock going while there is no other step.
func (p *Progress) tick(finished <-chan struct{}) {
	every := time.NewTicker(tickEvery)
	defer every.Stop()
	for {
		select {
		case <-finished:
			return
		case <-every.C:
			p.mu.Lock()
			if p.t != nil {
				p.draw()
			}
			p.mu.Unlock()
		}
	}
}

// defaultWidth is that of a terminal that does not say its own, in columns.
const defaultWidth = 80

// spare is how many columns a bar leaves free: a terminal goes on to the next line after
// the last one, and shows ^C behind the bar where somebody types that.
const spare = 3

func (p *Progress) draw() {
	p.shown = time.Now()
	width := cmp.Or(p.t.Columns(), defaultWidth) - spare
	p.t.drawOver(p.step.line(width, p.shown.Sub(p.began), p.end.Sub(p.shown), p.step.Until.Sub(p.shown)))
}

// Finish removes the bar.
func (p *Progress) Finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.finished != nil && p.t != nil {
		close(p.finished)
		p.t.drawOver("")
	}
	if p.draws {
		p.t = nil // nothing is drawn after it
	}
}

// clock is "0:12" or "1:02:03".
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
