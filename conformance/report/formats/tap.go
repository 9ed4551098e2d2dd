package formats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// maxTAPCommands is how many bytes of command lines a TAP report holds.
const maxTAPCommands = 1 << 20

// tapWriter writes the TAP format.
type tapWriter struct {
	strings.Builder
	strict bool
	points int
	left   int // bytes that command lines may still take
}

// tap returns version 14 of the Test Anything Protocol, one test point a check,
// in the order of the catalogue; what follows from another check comes right after
// that, and says so. Only a check that passes is plainly ok. What
// does not fail the run is "not ok" with TODO: consumers show it and do not
// count it as a failure:
//
//	pass                 ok
//	skip                 ok, with SKIP and the reason
//	fail, error          not ok
//	inconclusive         not ok; below a MUST with TODO
//	warn                 not ok, with TODO unless the run is strict
//	note                 not ok, with TODO
//
// A known violation is not ok, with TODO and why it is accepted. Each stale
// entry of the list of known violations is a point of its own that is not ok.
//
// A run that is not conformant although no point says so, such as an interrupted
// one, has one more point that does.
func tap(d *report.Document) (string, error) {
	t := &tapWriter{strict: d.Strict, left: maxTAPCommands}
	var checks []*report.CheckResult
	nesting := d.Nesting()
	for _, g := range d.Groups() {
		for _, c := range g.Checks {
			if nesting.Home(c) != nil {
				continue
			}
			checks = append(checks, c)
			for _, f := range nesting.Followers(c) {
				checks = append(checks, f.Checks...)
			}
		}
	}
	stale := d.Stale()
	plan := len(checks) + len(stale)
	fails := len(stale) > 0 || slices.ContainsFunc(checks, func(c *report.CheckResult) bool { return c.FailsRun(d.Strict) })
	silent := d.Outcome != conformance.Conformant && !fails
	if silent {
		plan++
	}
	t.printf("TAP version 14\n1..%d", plan)
	if plan == 0 {
		t.printf(" # SKIP no check was run")
	}
	t.printf("\n# %s %s: %s\n", report.ToolName, printable.Line(d.Tool.Version), d.Title())
	for _, f := range d.Facts() {
		t.printf("# %s: %s\n", f.Name, f.Value)
	}
	for _, c := range checks {
		t.check(c, nesting.Home(c) != nil)
	}
	for _, k := range stale {
		t.point("not ok", "known/stale: "+plainTAP(report.StaleText(k)))
	}
	if silent {
		t.point("not ok", "run/outcome: "+plainTAP(d.Title()))
	}
	t.printf("# the same deliveries again: %s\n", d.Rerun())
	return t.String(), nil
}

func (t *tapWriter) printf(format string, args ...any) { fmt.Fprintf(t, format, args...) }

func (t *tapWriter) point(result, description string) {
	t.points++
	t.printf("%s %d - %s\n", result, t.points, description)
}

func (t *tapWriter) check(c *report.CheckResult, follows bool) {
	name := plainTAP(printable.Line(string(c.ID)) + ": " + printable.Text(c.Title))
	switch {
	case c.Status == conformance.Pass:
		t.point("ok", name)
		if c.ReasonText() != "" {
			t.printf("# reason: %s\n", c.ReasonText()) // "# Subtest" would have a meaning
		}
		return
	case c.Status == conformance.Skip:
		t.point("ok", name+" # SKIP "+plainTAP(c.ReasonText()))
		return
	case c.FailsRun(t.strict):
		t.point("not ok", name)
	default:
		t.point("not ok", fmt.Sprintf("%s # TODO %s: %s", name, c.StatusWords(), plainTAP(cmp.Or(c.KnownReason(), c.ReasonText()))))
	}
	t.diagnostic(c, follows)
}

// plainTAP makes cleaned text a part of a line. An unescaped "#" would begin a
// directive.
func plainTAP(s string) string {
	return strings.NewReplacer(`\`, `\\`, `#`, `\#`).Replace(s)
}

// diagnostic is the block below a test point.
type diagnostic struct {
	Status  string   `yaml:"status"`
	Known   string   `yaml:"known,omitempty"`
	Weight  string   `yaml:"weight"`
	Message string   `yaml:"message"`
	Cause   string   `yaml:"cause,omitempty"`
	Seen    []string `yaml:"seen,omitempty"`
	Guide   []string `yaml:"guide,omitempty"`
	Sent    string   `yaml:"sent,omitempty"`
	Changed string   `yaml:"changed,omitempty"`
	Got     string   `yaml:"got,omitempty"`
	Body    string   `yaml:"body,omitempty"`
	Again   string   `yaml:"again,omitempty"`
	Note    string   `yaml:"note,omitempty"`
	Why     string   `yaml:"why,omitempty"`
	Fix     string   `yaml:"fix,omitempty"`
	Type    string   `yaml:"type,omitempty"` // a command
}

// diagnostic writes the block of a check. One that follows from another leaves out what
// is said there.
func (t *tapWriter) diagnostic(c *report.CheckResult, follows bool) {
	d := diagnostic{Status: printable.Line(string(c.Status)), Known: c.KnownReason(), Weight: c.Weight(), Message: c.ReasonText(), Cause: c.Follows()}
	if d.Seen = c.Seen(); !follows {
		d.Fix, d.Type = strings.Join(c.Fixes(), "; or "), c.NextCommand()
	}
	if c.Violated() && !follows {
		d.Guide, d.Why = c.Quotes(), printable.Text(c.Doc)
	}
	if len(c.Evidence) > 0 {
		e := &c.Evidence[0]
		d.Sent, d.Changed, d.Got, d.Body = e.Sent(), e.Changes(), e.Got(), e.AnswerBody()
		switch line := e.Curl.String(); {
		case follows:
		case len(line) <= t.left:
			t.left -= len(line)
			d.Again, d.Note = line, e.CurlNote
		default:
			d.Note = "the command line is left out, there are too many; the JSON report holds it"
		}
	}
	block, _ := yaml.Marshal(d) // it holds no more than strings
	t.printf("  ---\n")
	for line := range strings.Lines(string(block)) {
		t.printf("  %s", line)
	}
	t.printf("  ...\n")
}
