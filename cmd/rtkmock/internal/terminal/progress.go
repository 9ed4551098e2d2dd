package terminal

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
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

	mu    sync.Mutex
	bar   *progressbar.ProgressBar
	text  int       // columns of the bar's line that are for text
	shown time.Time // when something was drawn, or written by Sometimes

	began, end time.Time // of the whole, for the clock; zero: there is none, or nobody knows
	step       string    // the last text
	finished   chan struct{}
}

// How often something is shown, at most.
const (
	drawEvery = 50 * time.Millisecond
	lineEvery = 5 * time.Second
)

// NewProgress returns what shows progress on standard error. A bar is drawn on a
// terminal alone, and only if mode is auto.
func (t *Terminal) NewProgress(mode string) *Progress {
	p := &Progress{draws: mode == ProgressAuto && t.ErrIsTTY && !t.dumb}
	if mode != ProgressNone {
		p.t = t
	}
	if !p.draws {
		p.shown = time.Now()
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

// Step draws that done of total steps are done.
func (p *Progress) Step(done, total int, text string) { p.draw(done, total, text, true) }

// Part draws how large a part of the whole is done, without counting.
func (p *Progress) Part(done, whole int64, text string) {
	const parts = 1000
	p.draw(int(done*parts/max(whole, 1)), parts, text, false)
}

func (p *Progress) draw(done, total int, text string, counted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.draws || p.t == nil || time.Since(p.shown) < drawEvery {
		return
	}
	p.shown = time.Now()
	if p.bar == nil {
		p.start(max(total, 1), counted)
	}
	if text != "" {
		p.step = text
	}
	p.describe()
	// The bar removes itself when it is full, and there may be more to do after
	// the last step.
	_ = p.bar.Set(min(done, max(total-1, 0)))
}

// Clock has the bar show how much time has passed since began, and about how much is
// left; 0: nobody knows.
func (p *Progress) Clock(began time.Time, left time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began, p.end = began, time.Time{}
	if left > 0 {
		p.end = time.Now().Add(left)
	}
}

// tick keeps the clock going while nothing else is drawn.
func (p *Progress) tick() {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-p.finished:
			return
		case <-every.C:
			p.mu.Lock()
			if p.bar != nil {
				p.describe()
			}
			p.mu.Unlock()
		}
	}
}

// describe writes the clock and the last text behind the bar.
func (p *Progress) describe() {
	text := OneLine(p.step)
	if !p.began.IsZero() {
		now := clock(time.Since(p.began), time.Until(p.end))
		if utf8.RuneCountInString(now) > p.text {
			now = clock(time.Since(p.began), 0)
		}
		text = now + "  " + text
	}
	if text != "" {
		p.bar.Describe(fit(text, p.text))
	}
}

// clock is "0:12, 0:30 left".
func clock(passed, left time.Duration) string {
	minutes := func(d time.Duration) string {
		s := int(d.Round(time.Second) / time.Second)
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	if left < time.Second {
		return minutes(passed)
	}
	return minutes(passed) + ", " + minutes(left) + " left"
}

// Widths of the bar's line, in columns.
const (
	barWidth     = 24
	countWidth   = 16 // " 100% |…| (55/55) " beside the bar itself
	clockWidth   = 17 // "12:34, 12:34 left", for which a bar gets shorter
	defaultWidth = 80
)

func (p *Progress) start(total int, counted bool) {
	width := cmp.Or(p.t.Columns(), defaultWidth)
	clock := 0
	if !p.began.IsZero() {
		clock = clockWidth + 2
	}
	bar := min(barWidth, max(width-countWidth-clock, 0))
	p.text = max(width-countWidth-bar-2, 0)
	options := []progressbar.Option{
		progressbar.OptionSetWriter(p.t.Err),
		progressbar.OptionSetWidth(bar),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░"}),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionEnableColorCodes(false),
		progressbar.OptionUseANSICodes(p.t.Colored(true)),
	}
	if counted {
		options = append(options, progressbar.OptionShowCount())
	}
	p.bar = progressbar.NewOptions(total, options...)
	p.finished = make(chan struct{})
	if !p.began.IsZero() {
		go p.tick()
	}
}

// Finish removes the bar.
func (p *Progress) Finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
		close(p.finished)
		p.bar, p.t = nil, nil // nothing is drawn after it
	}
}

// fit cuts or pads text to n columns, so that it covers the text before it.
func fit(text string, n int) string {
	have := utf8.RuneCountInString(text)
	switch {
	case n <= 0:
		return ""
	case have > n:
		return Clip(text, n-1)
	}
	return text + strings.Repeat(" ", n-have)
}
