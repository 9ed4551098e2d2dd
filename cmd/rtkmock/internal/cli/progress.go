package cli

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance"
)

// Ways to show progress, the values of --progress.
const (
	progressAuto  = "auto"
	progressPlain = "plain"
	progressNone  = "none"
)

// Widths of the bar's line, in columns.
const (
	barWidth    = 24
	countWidth  = 16 // " 100% |…| (55/55) " beside the bar itself
	fallbackTTY = 80
)

func progressFlag(cmd *cobra.Command, dst *string) {
	choiceFlag(cmd, dst, "progress", progressAuto, []string{progressAuto, progressPlain, progressNone}, "a bar on a terminal and lines elsewhere (auto), lines, or nothing")
}

// drawsBar reports whether progress is shown as a bar.
func (a *app) drawsBar(mode string) bool {
	return mode == progressAuto && a.streams.ErrIsTTY && a.env["TERM"] != "dumb"
}

// progress shows how a run goes on. step is never called concurrently.
type progress interface {
	step(conformance.Progress)
	finish()
}

func (a *app) newProgress(mode string, verbose bool) progress {
	switch {
	case mode == progressNone:
		return noProgress{}
	case a.drawsBar(mode):
		return &bar{a: a}
	default:
		return &plainProgress{a, verbose}
	}
}

type noProgress struct{}

func (noProgress) step(conformance.Progress) {}
func (noProgress) finish()                   {}

// plainProgress writes lines: what is being done, and the verdicts that are
// not good.
type plainProgress struct {
	a       *app
	verbose bool
}

func (p *plainProgress) step(s conformance.Progress) {
	switch {
	case s.Message != "":
		p.a.logf("rtkmock: %s", oneLine(s.Message))
	case s.Verdict == nil, !p.verbose && s.Verdict.Status == conformance.Pass:
	default:
		v := s.Verdict
		text := string(v.Status) + " " + string(v.Check.ID)
		if v.Reason != "" {
			text += ": " + v.Reason
		}
		p.a.logf("rtkmock: [%d/%d] %s", s.Done, s.Total, oneLine(text))
	}
}

func (p *plainProgress) finish() {}

// bar draws one line that is drawn over and wiped in the end.
type bar struct {
	a     *app
	line  *progressbar.ProgressBar
	text  int  // columns for the description
	parts bool // what is counted are parts of a whole, and not for showing
	drawn time.Time
}

// barEvery is the least time between two drawings of the bar.
const barEvery = 50 * time.Millisecond

func (b *bar) start(total int) {
	width := fallbackTTY
	if b.a.streams.Width != nil {
		if w := b.a.streams.Width(); w > 0 {
			width = w
		}
	}
	drawn := min(barWidth, max(width-countWidth, 0))
	b.text = max(width-countWidth-drawn-2, 0)
	on := b.a.colored(true)
	theme := progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(b.a.err),
		progressbar.OptionSetWidth(drawn),
		progressbar.OptionSetTheme(theme),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionEnableColorCodes(false),
		progressbar.OptionUseANSICodes(on),
	}
	if !b.parts {
		options = append(options, progressbar.OptionShowCount())
	}
	b.line = progressbar.NewOptions(total, options...)
}

func (b *bar) step(s conformance.Progress) {
	text := s.Message
	if s.Verdict != nil {
		text = string(s.Verdict.Check.ID)
	}
	// The bar wipes itself when it is full, and the run has more to do after
	// its last verdict.
	b.draw(s.Done, s.Total, text)
}

// draw shows that done of total are done, unless it has just been drawn.
func (b *bar) draw(done, total int, text string) {
	if time.Since(b.drawn) < barEvery {
		return
	}
	b.drawn = time.Now()
	if b.line == nil {
		b.start(max(total, 1))
	}
	if text != "" {
		b.line.Describe(fit(oneLine(text), b.text))
	}
	_ = b.line.Set(min(done, max(total-1, 0)))
}

func (b *bar) finish() {
	if b.line != nil {
		_ = b.line.Finish()
	}
}

// fit cuts or pads text to n columns, so that it covers what stood there.
func fit(text string, n int) string {
	if n <= 0 {
		return ""
	}
	have := utf8.RuneCountInString(text)
	if have <= n {
		return text + strings.Repeat(" ", n-have)
	}
	return string([]rune(text)[:n-1]) + "…"
}
