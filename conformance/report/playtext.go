package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fatih/color"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/scenarios"
)

// Bounds of what the text tells of a play; the JSON report holds more.
const (
	maxPlayFull   = 5  // steps that are told in full
	maxPlayBrief  = 30 // further ones, in a line each
	maxPlayWorst  = 8  // deliveries
	maxPlayHealth = 12 // turns
)

// playText writes a play as text.
type playText struct {
	*textWriter
	v *playView
}

func writePlayText(w io.Writer, p *Play, o Options) error {
	v, err := newPlayView(p, o)
	if err != nil {
		return err
	}
	t := &playText{&textWriter{view: v.view, page: page{width: o.width(), color: o.Color}}, v}
	t.headline()
	t.about()
	t.hint()
	if err := t.steps(); err != nil {
		return err
	}
	t.account()
	t.worst()
	t.health()
	t.assumptions()
	t.rerun()
	return emit(w, t.String())
}

func (t *playText) headline() {
	attributes := []color.Attribute{color.Bold, color.FgRed}
	switch t.v.play.Outcome() {
	case PlayMet:
		attributes[1] = color.FgGreen
	case PlayInconclusive:
		attributes[1] = color.FgMagenta
	}
	for _, l := range fold(t.tell(t.v.play.Headline()), t.width) {
		t.line(t.paint(l, attributes...))
	}
	t.gap()
}

// about says what was played, against whom.
func (t *playText) about() {
	for _, f := range t.v.facts() {
		if f[1] != "" {
			t.row(t.paint(f[0], color.Faint), aboutWidth, f[1])
		}
	}
	t.gap()
}

// facts are what a report says of a play, in pairs.
func (v *playView) facts() [][2]string {
	r := v.play.Result
	var target, key, hazard string
	if v.play.Outcome() != PlayMet || v.options.Verbose {
		hazard = v.tell(v.play.Note)
	}
	if v.report.Target.URL != "" {
		target = clean(v.redactor.Text(redact.URL(v.report.Target.URL)))
	}
	if v.report.Target.Embedded {
		target += " (the embedded reference receiver)"
	}
	if v.report.Target.KeyURL != "" {
		key = clean(v.redactor.Text(redact.URL(v.report.Target.KeyURL))) + ", " + fetched(v.play.KeyFetches)
	}
	events := subscription(v.report.Target.Events)
	if r.Counts.Filtered > 0 {
		events += fmt.Sprintf("; %d of others left out", r.Counts.Filtered)
	}
	run := fmt.Sprintf("%s, %s in %s", counted(played(r), "step"), deliveries(r.Counts.Sent), short(r.Took))
	if !v.play.Began.IsZero() {
		run += ", begun " + moment(v.play.Began.Truncate(time.Second))
	}
	return [][2]string{
		{"scenario", v.scenario() + ": " + v.tell(r.Title)},
		{"hazard", hazard},
		{"target", target},
		{"key", key},
		{"events", events},
		{"webhook", clean(v.report.Target.WebhookID)},
		{"meeting", clean(v.report.Target.MeetingID)},
		{"faults", clean(strings.Join(v.play.Faults, "; "))},
		{"play", run},
		{"record", clean(v.play.Recording)},
		{"failure", v.tell(v.play.Failure)},
	}
}

// played is how many steps were begun.
func played(r *scenarios.Result) int {
	n := 0
	for _, s := range r.Steps {
		if s.Status != scenarios.NotPlayed {
			n++
		}
	}
	return n
}

func deliveries(n int) string {
	if n == 1 {
		return "1 delivery"
	}
	return fmt.Sprintf("%d deliveries", n)
}

func fetched(n int) string {
	switch n {
	case 0:
		return "never fetched"
	case 1:
		return "fetched once"
	default:
		return fmt.Sprintf("fetched %d times", n)
	}
}

// hint says what is most likely wrong where the target takes nothing.
func (t *playText) hint() {
	l := t.report.Ledger
	if t.v.play.KeyFetches > 0 || l.Lost == 0 || l.Accepted+l.AcceptedLate+l.Unseen > 0 {
		return
	}
	t.fill("The receiver accepted nothing and never fetched the key from that URL; does it know it?")
	t.gap()
}

// fill writes text in the page's width, further lines indented.
func (t *playText) fill(text string) {
	indent := ""
	for i, l := range fold(text, t.width-2) {
		if i > 0 {
			indent = "  "
		}
		t.line(indent + l)
	}
}

// steps writes what fell short in full, and with Verbose the others too.
func (t *playText) steps() error {
	var left []string
	full, brief := 0, 0
	told := map[string]bool{}
	for _, s := range t.v.play.Result.Steps {
		bad := s.Status == scenarios.Unmet || s.Status == scenarios.Inconclusive
		// Where every step fails for one reason, once in full is enough.
		again := told[string(s.Expect)+"\n"+s.Reason]
		switch {
		case s.Status == scenarios.NotPlayed:
			left = append(left, name(s.Number))
		case bad && (t.options.Verbose || full < maxPlayFull && !again):
			full++
			told[string(s.Expect)+"\n"+s.Reason] = true
			if err := t.full(s); err != nil {
				return err
			}
		case bad && brief < maxPlayBrief:
			brief++
			t.brief(s)
		case bad:
			brief++
		case t.options.Verbose:
			t.brief(s)
		}
	}
	if more := brief - maxPlayBrief; more > 0 {
		t.fill(fmt.Sprintf("and %s more, which the JSON report holds", counted(more, "step")))
	}
	if len(left) > 0 {
		t.gap()
		text := "not played: step " + left[0]
		if len(left) > 1 {
			text = fmt.Sprintf("not played: %d steps, from step %s on", len(left), left[0])
		}
		t.fill(text)
	}
	return nil
}

// statusTint colours the status of a step as that of a check which means as
// much.
func statusTint(s scenarios.Status) []color.Attribute {
	switch s {
	case scenarios.Met:
		return tint(conformance.Pass)
	case scenarios.Unmet:
		return tint(conformance.Fail)
	case scenarios.Inconclusive:
		return tint(conformance.Inconclusive)
	default:
		return tint(conformance.Skip)
	}
}

func (t *playText) badge(s scenarios.Status) string {
	return t.paint(strings.ToUpper(clean(string(s))), statusTint(s)...)
}

// title is the status and the words of a step.
func (t *playText) title(s scenarios.StepResult) string {
	return t.badge(s.Status) + " step " + name(s.Number) + ": " + cut(t.tell(s.Do), maxName)
}

func (t *playText) brief(s scenarios.StepResult) {
	text := t.title(s)
	if s.Reason != "" {
		text += ": " + t.tell(s.Reason)
	}
	t.fill(text)
}

// full writes all there is to say of a step.
func (t *playText) full(s scenarios.StepResult) error {
	t.gap()
	for _, l := range fold(t.title(s), t.width) {
		t.line(l)
	}
	t.labelled("want", clean(string(s.Expect)))
	t.labelled("found", cmp.Or(t.tell(s.Reason), "no reason was given"))
	t.labelled("note", t.tell(s.Note))
	if err := t.evidence(s.Evidence); err != nil {
		return err
	}
	if more := s.Counts.Unmet - len(s.Evidence); more > 0 && len(s.Evidence) > 0 {
		t.labelled("also", fmt.Sprintf("%d more of its deliveries did not end as expected", more))
	}
	t.gap()
	return nil
}
