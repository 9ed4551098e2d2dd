package terminal

import (
	"cmp"
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
		p.bar.Describe(fit(OneLine(text), p.text))
	}
	// The bar removes itself when it is full, and there may be more to do after
	// the last step.
	_ = p.bar.Set(min(done, max(total-1, 0)))
}

// Widths of the bar's line, in columns.
const (
	barWidth     = 24
	countWidth   = 16 // " 100% |…| (55/55) " beside the bar itself
	defaultWidth = 80
)

func (p *Progress) start(total int, counted bool) {
	width := cmp.Or(p.t.Columns(), defaultWidth)
	bar := min(barWidth, max(width-countWidth, 0))
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
}

// Finish removes the bar.
func (p *Progress) Finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
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
