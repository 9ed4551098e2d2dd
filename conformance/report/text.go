package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fatih/color"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxBeside is how many receipts beside the decisive one are listed.
const maxBeside = 3

// textWriter writes the text format.
type textWriter struct {
	*view
	page
	commands bool // a command line was printed
}

func writeText(w io.Writer, r *conformance.Report, o Options) error {
	v, err := newView(r, o)
	if err != nil {
		return err
	}
	t := &textWriter{view: v, page: page{width: o.width(), color: o.Color}}
	t.headline()
	t.about()
	if err := t.body(); err != nil {
		return err
	}
	t.account()
	return emit(w, t.String())
}

func (t *textWriter) headline() {
	r := t.report
	attributes := []color.Attribute{color.Bold, color.FgRed}
	switch {
	case r.Outcome == conformance.Conformant && len(r.NotJudged())+r.KnownViolations() == 0:
		attributes[1] = color.FgGreen
	case r.Outcome == conformance.Conformant:
		attributes[1] = color.FgYellow
	case r.Outcome == conformance.Undecided:
		attributes[1] = color.FgMagenta
	}
	for _, l := range fold(t.head(), t.width) {
		t.line(t.paint(l, attributes...))
	}
	t.gap()
}

// head is the one verdict on the whole run.
func (v *view) head() string {
	if v.report.Headline != "" {
		return v.tell(v.report.Headline)
	}
	return clean(string(v.report.Outcome))
}

// aboutWidth is the column at which the facts about the run begin.
const aboutWidth = 10

// about says what was tested.
func (t *textWriter) about() {
	fact := func(name, value string) {
		if value != "" {
			t.row(t.paint(name, color.Faint), aboutWidth, value)
		}
	}
	for _, f := range t.facts() {
		fact(f[0], f[1])
	}
	if stale := t.stale(); len(stale) > 0 {
		t.heading("known shortfalls that are none any more")
		for _, line := range stale {
			t.row("", 2, line)
		}
	}
}

// facts are what the report says of the target and the run, in pairs.
func (v *view) facts() [][2]string {
	r := v.report
	target := clean(v.redactor.Text(redact.URL(r.Target.URL)))
	if r.Target.Embedded {
		target += " (the embedded reference receiver)"
	}
	run := fmt.Sprintf("%s in %s", counted(len(r.Verdicts), "check"), short(r.Took))
	if r.Waited > 0 {
		run += fmt.Sprintf(", %s of it waiting", short(r.Waited))
	}
	if !r.Began.IsZero() {
		run += ", begun " + moment(r.Began.Truncate(time.Second))
	}
	facts := [][2]string{
		{"target", target},
		{"key", clean(v.redactor.Text(redact.URL(r.Target.KeyURL)))},
		{"events", subscription(r.Target.Events)},
		{"webhook", clean(r.Target.WebhookID)},
		{"meeting", clean(r.Target.MeetingID)},
		{"run", run},
	}
	if !r.Complete {
		facts = append(facts, [2]string{"stopped", v.tell(r.Stopped)})
	}
	return facts
}

// subscription names the subscribed events.
func subscription(events []rtk.EventType) string {
	if len(events) == len(rtk.EventTypes()) {
		return "all nine"
	}
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = clean(string(e))
	}
	return strings.Join(names, ", ")
}

// body writes the groups.
func (t *textWriter) body() error {
	compact := false
	for _, g := range t.groups {
		why, idle := t.idle(g)
		holds := g.verdicts[0].Status == conformance.Pass
		oneLine := (idle || holds) && !t.options.Verbose
		if !oneLine || !compact {
			t.gap()
		}
		compact = oneLine
		if idle && oneLine {
			t.row(t.paint(g.name, color.Bold), printed(g.name)+2, why)
			continue
		}
		indent := printed(g.name) + 2
		head := t.paint(g.name, color.Bold)
		for _, l := range fold(g.counts(), t.width-indent) {
			t.row(head, indent, t.paint(l, tintOf(g.verdicts[0])...))
			head = ""
		}
		if err := t.group(g); err != nil {
			return err
		}
	}
	return nil
}

// idle sums up a group that was skipped as a whole for one reason.
func (t *textWriter) idle(g group) (why string, ok bool) {
	for _, v := range g.verdicts {
		if v.Status != conformance.Skip || v.Reason != g.verdicts[0].Reason {
			return "", false
		}
	}
	return g.counts() + ": " + t.reason(g.verdicts[0]), len(g.verdicts) > 1
}

func (t *textWriter) group(g group) error {
	told := map[*conformance.Check]bool{} // with another of the same cause
	for i := 0; i < len(g.verdicts); i++ {
		v := g.verdicts[i]
		switch {
		case told[v.Check]:
		case v.Known != nil && !t.options.Verbose:
			t.row(t.title(v), printed(t.title(v))+2, t.known(v))
			t.row("", labelWidth, t.reason(v))
		case v.Status == conformance.Pass:
			if t.options.Verbose {
				t.brief(g.verdicts[i : i+1])
			}
		case v.Known == nil && (v.Status == conformance.Skip || v.Status == conformance.Note):
			alike := i + 1
			for alike < len(g.verdicts) && g.verdicts[alike].Status == v.Status && g.verdicts[alike].Reason == v.Reason && g.verdicts[alike].Known == nil {
				alike++
			}
			t.brief(g.verdicts[i:alike])
			i = alike - 1
		default:
			t.gap()
			var alike []conformance.Verdict
			if v.Status == conformance.Inconclusive && !t.options.Verbose {
				alike = g.alike(v)
			}
			for _, other := range alike {
				told[other.Check] = true
			}
			if err := t.full(v, alike...); err != nil {
				return err
			}
			t.gap()
		}
	}
	return nil
}

// title is the status and id of a verdict with its weight.
func (t *textWriter) title(v conformance.Verdict) string {
	badge := t.badge(v.Status)
	if v.Known != nil {
		badge = t.paint(strings.ToUpper(status(v)), tintOf(v)...)
	}
	return fmt.Sprintf("%s %s (%s)", badge, clean(string(v.Check.ID)), clean(weight(v.Check)))
}

func (t *textWriter) badge(s conformance.Status) string {
	return t.paint(strings.ToUpper(clean(string(s))), tint(s)...)
}

// brief writes verdicts of one status and reason in few lines.
func (t *textWriter) brief(alike []conformance.Verdict) {
	first := alike[0]
	indent := len(first.Status) + 1
	t.row(t.badge(first.Status), indent, idsOf(alike))
	why := t.reason(first)
	if first.Status == conformance.Pass && why == "" {
		why = t.tell(first.Check.Title)
	}
	t.row("", indent, why)
}

// idsOf lists the ids of verdicts, and marks those that weigh most.
func idsOf(verdicts []conformance.Verdict) string {
	names := make([]string, len(verdicts))
	for i, v := range verdicts {
		names[i] = clean(string(v.Check.ID))
		if v.Check.Level >= conformance.Must && !v.NotApplicable {
			names[i] += " (" + v.Check.Level.String() + ")"
		}
	}
	return strings.Join(names, ", ")
}

// full writes all there is to say of a verdict, and names others of the same
// cause.
func (t *textWriter) full(v conformance.Verdict, alike ...conformance.Verdict) error {
	for _, l := range fold(t.title(v), t.width) {
		t.line(l)
	}
	t.labelled("want", t.tell(v.Check.Title))
	t.labelled("found", t.reason(v))
	t.labelled("known", t.known(v))
	if len(alike) > 0 {
		t.labelled("alike", "for the same cause: "+idsOf(alike))
	}
	shortfall := v.Status == conformance.Fail || v.Status == conformance.Warn
	if shortfall {
		for i, q := range quotes(v.Check) {
			t.labelled([]string{"guide", ""}[min(i, 1)], q)
		}
	}
	if err := t.evidence(evidence(v)); err != nil {
		return err
	}
	if shortfall {
		t.labelled("why", t.tell(v.Check.Doc))
		t.labelled("mend", t.tell(v.Check.Fix))
	}
	return nil
}

// evidence writes the decisive receipt in full and some others in short.
func (t *textWriter) evidence(receipts []mocksender.Receipt) error {
	for i, r := range receipts {
		switch {
		case i == 0 || t.options.Verbose:
			if err := t.receipt(r); err != nil {
				return err
			}
		case i <= maxBeside:
			t.labelled("also", t.sent(r)+": "+t.got(r))
		default:
			t.labelled("also", fmt.Sprintf("%d more, which the JSON report holds", len(receipts)-i))
			return nil
		}
	}
	return nil
}

func (t *textWriter) receipt(r mocksender.Receipt) error {
	t.labelled("sent", t.sent(r))
	t.labelled("", t.changes(r))
	t.labelled("got", t.got(r))
	t.labelled("body", t.answerBody(r))
	cmd, ok, err := t.again(r)
	if err != nil || !ok {
		return err
	}
	t.commands = true
	t.command("again", cmd.words)
	t.labelled("", cmd.note())
	return nil
}
