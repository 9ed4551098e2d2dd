package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/rtkmock/rtkmock/conformance"
)

// maxTAPCommands is how many bytes of command lines a TAP report holds.
const maxTAPCommands = 1 << 20

// tapWriter writes the TAP format.
type tapWriter struct {
	*view
	strings.Builder
	commands budget
}

// writeTAP writes version 14 of the Test Anything Protocol, one test point a
// check, in the order of the catalogue. Nothing but a check that holds is
// plainly ok; what need not fail a run is "not ok" with TODO, which consumers
// show and do not count as a failure:
//
//	pass                 ok
//	skip                 ok, with SKIP and the reason
//	fail, error          not ok
//	inconclusive         not ok; below a MUST with TODO
//	warn                 not ok, with TODO unless Report.Strict
//	note                 not ok, with TODO
//
// What was known to fall short is not ok, with TODO and why it was known. Each
// stale entry of the list of such is a point of its own that is not ok.
//
// A run whose outcome is not conformant although no point says so, such as an
// interrupted one, has one more point that does.
func writeTAP(w io.Writer, r *conformance.Report, o Options) error {
	v, err := newView(r, o)
	if err != nil {
		return err
	}
	t := &tapWriter{view: v, commands: maxTAPCommands}
	var points []conformance.Verdict
	for _, g := range v.catalogue {
		points = append(points, g.verdicts...)
	}
	bad := slices.ContainsFunc(points, func(v conformance.Verdict) bool { return t.fails(v) })
	stale := v.stale()
	bad = bad || len(stale) > 0
	plan := len(points) + len(stale)
	silent := r.Outcome != conformance.Conformant && !bad
	if silent {
		plan++
	}
	t.printf("TAP version 14\n1..%d", plan)
	if plan == 0 {
		t.printf(" # SKIP no check was run")
	}
	t.printf("\n# %s %s: %s\n", ToolName, clean(v.options.version()), v.head())
	for _, f := range v.facts() {
		if f[1] != "" {
			t.printf("# %s: %s\n", f[0], f[1])
		}
	}
	for i, verdict := range points {
		if err := t.point(i+1, verdict); err != nil {
			return err
		}
	}
	for i, line := range stale {
		t.printf("not ok %d - known/stale: %s\n", len(points)+i+1, plainTAP(line))
	}
	if silent {
		t.printf("not ok %d - run/outcome: %s\n", plan, plainTAP(v.head()))
	}
	t.printf("# the same deliveries again: %s\n", rerunFlags(r))
	return emit(w, t.String())
}

func (t *tapWriter) printf(format string, args ...any) { fmt.Fprintf(t, format, args...) }

// fails reports a verdict that a consumer is to count as a failure.
func (t *tapWriter) fails(v conformance.Verdict) bool {
	if v.Known != nil {
		return false
	}
	switch v.Status {
	case conformance.Pass, conformance.Skip, conformance.Note:
		return false
	case conformance.Warn:
		return t.report.Strict
	case conformance.Inconclusive:
		return v.Check.Level >= conformance.Must
	default:
		return true
	}
}

func (t *tapWriter) point(n int, v conformance.Verdict) error {
	name := plainTAP(clean(string(v.Check.ID)) + ": " + t.tell(v.Check.Title))
	reason := t.reason(v)
	switch {
	case v.Status == conformance.Pass:
		t.printf("ok %d - %s\n", n, name)
		if reason != "" {
			t.printf("# reason: %s\n", reason) // "# Subtest" would have a meaning
		}
		return nil
	case v.Status == conformance.Skip:
		t.printf("ok %d - %s # SKIP %s\n", n, name, plainTAP(reason))
		return nil
	case t.fails(v):
		t.printf("not ok %d - %s\n", n, name)
	default:
		t.printf("not ok %d - %s # TODO %s: %s\n", n, name, status(v), plainTAP(cmp.Or(t.known(v), reason)))
	}
	return t.diagnostic(v)
}

// plainTAP makes cleaned text a part of a line. An unescaped "#" would begin a
// directive.
func plainTAP(s string) string {
	return strings.NewReplacer(`\`, `\\`, `#`, `\#`).Replace(s)
}

// tapDiagnostic is the block beneath a test point.
type tapDiagnostic struct {
	Status  string   `yaml:"status"`
	Known   string   `yaml:"known,omitempty"`
	Weight  string   `yaml:"weight"`
	Message string   `yaml:"message"`
	Guide   []string `yaml:"guide,omitempty"`
	Sent    string   `yaml:"sent,omitempty"`
	Changed string   `yaml:"changed,omitempty"`
	Got     string   `yaml:"got,omitempty"`
	Body    string   `yaml:"body,omitempty"`
	Again   string   `yaml:"again,omitempty"`
	Note    string   `yaml:"note,omitempty"`
	Why     string   `yaml:"why,omitempty"`
	Mend    string   `yaml:"mend,omitempty"`
}

func (t *tapWriter) diagnostic(v conformance.Verdict) error {
	d := tapDiagnostic{
		Status: clean(string(v.Status)), Known: t.known(v), Weight: clean(weight(v.Check)), Message: t.reason(v),
	}
	if v.Status == conformance.Fail || v.Status == conformance.Warn {
		d.Guide, d.Why, d.Mend = quotes(v.Check), t.tell(v.Check.Doc), t.tell(v.Check.Fix)
	}
	if receipts := evidence(v); len(receipts) > 0 {
		r := receipts[0]
		d.Sent, d.Changed, d.Got, d.Body = t.sent(r), t.changes(r), t.got(r), t.answerBody(r)
		cmd, ok, err := t.again(r)
		switch {
		case err != nil:
			return err
		case ok && t.commands.take(len(cmd.line())):
			d.Again, d.Note = cmd.line(), cmd.note()
		case ok:
			d.Note = "the command line is left out, there are too many; the JSON report holds it"
		}
	}
	block, err := yaml.Marshal(d)
	if err != nil {
		return fmt.Errorf("report: tap: %w", err)
	}
	t.printf("  ---\n")
	for line := range strings.Lines(string(block)) {
		t.printf("  %s", line)
	}
	t.printf("  ...\n")
	return nil
}

// budget is how many bytes may still be spent on something.
type budget int

// take spends n bytes, if there are as many left.
func (b *budget) take(n int) bool {
	if n > int(*b) {
		return false
	}
	*b -= budget(n)
	return true
}
