package formats

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// junitWidth is the width of the details of a test case, in columns.
const junitWidth = 100

// junitXML returns one test suite a group and one test case a check, named by
// its id. JUnit knows four results. What none of them says exactly is written so
// that a build server never shows it as passed:
//
//	pass, note, warn  passed, the reason in system-out; warn fails in a strict run
//	fail              failure
//	inconclusive      failure for a gate or a MUST, else skipped
//	skip              skipped
//	error             error
//
// A known violation is skipped, whatever its status. Each stale entry of the
// list of known violations is a case that fails.
//
// A run that is not conformant although no case says so, such as an interrupted
// one, has one more case that does.
func junitXML(d *report.Document) (string, error) {
	all := junit.Testsuites{Name: report.ToolName, Time: seconds(d.Took)}
	add := func(name string, took ledger.Millis, cases ...junit.Testcase) {
		suite := newSuite(d, name, len(all.Suites), took)
		for _, tc := range cases {
			suite.AddTestcase(tc)
		}
		all.AddSuite(*suite)
	}
	// In the order of the catalogue: a build server compares from run to run.
	for _, g := range d.Groups() {
		var cases []junit.Testcase
		var took ledger.Millis
		for _, c := range g.Checks {
			cases = append(cases, testcase(c, d.Strict))
			took += c.Took
		}
		add(g.Name, took, cases...)
	}
	var stale []junit.Testcase
	for _, k := range d.Stale() {
		stale = append(stale, junit.Testcase{
			Name: "known/" + printable.Name(string(k.Pattern)), Classname: report.ToolName + ".known", Time: seconds(0),
			Failure: &junit.Result{Message: report.StaleText(k), Type: "stale"},
		})
	}
	if len(stale) > 0 {
		add("known", 0, stale...)
	}
	if d.Outcome != conformance.Conformant && all.Failures+all.Errors == 0 {
		add("run", 0, junit.Testcase{
			Name: "run/outcome", Classname: report.ToolName + ".run", Time: seconds(0),
			Error: &junit.Result{Message: d.Title(), Type: printable.Line(string(d.Outcome))},
		})
	}
	var b strings.Builder
	b.WriteString(xml.Header)
	err := all.WriteXML(&b)
	return b.String(), err
}

func seconds(m ledger.Millis) string { return fmt.Sprintf("%.3f", time.Duration(m).Seconds()) }

func newSuite(d *report.Document, name string, id int, took ledger.Millis) *junit.Testsuite {
	s := &junit.Testsuite{Name: name, ID: id, Package: report.ToolName, Time: seconds(took)}
	if !d.Began.IsZero() {
		s.SetTimestamp(d.Began)
	}
	s.AddProperty("tool", report.ToolName+" "+printable.Line(d.Tool.Version))
	s.AddProperty("outcome", d.Title())
	s.AddProperty("rerun", d.Rerun())
	for _, f := range d.Facts() {
		s.AddProperty(f.Name, f.Value)
	}
	return s
}

func testcase(c *report.CheckResult, strict bool) junit.Testcase {
	tc := junit.Testcase{
		Name: printable.Line(string(c.ID)), Classname: report.ToolName + "." + printable.Line(c.ID.Group()),
		Time: seconds(c.Took), Status: printable.Line(string(c.Status)),
	}
	details := func() string { return plaintext.Check(c, plaintext.Options{Width: junitWidth}) }
	switch {
	case c.Known != nil:
		tc.Skipped = &junit.Result{Message: fmt.Sprintf("%s: %s; found: %s", c.StatusWords(), c.KnownReason(), c.ReasonText())}
	case c.FailsRun(strict):
		result := &junit.Result{Message: c.ReasonText(), Type: tc.Status, Data: details()}
		switch c.Status {
		case conformance.Fail, conformance.Warn, conformance.Inconclusive:
			tc.Failure = result
		default:
			tc.Error = result
		}
	case c.Status == conformance.Skip:
		tc.Skipped = &junit.Result{Message: c.ReasonText()}
	case c.Status == conformance.Inconclusive:
		tc.Skipped = &junit.Result{Message: "inconclusive: " + c.ReasonText()}
	case c.Status == conformance.Warn:
		tc.SystemOut = &junit.Output{Data: details()}
	case c.ReasonText() != "":
		tc.SystemOut = &junit.Output{Data: fmt.Sprintf("%s: %s", c.Status, c.ReasonText())}
	}
	return tc
}
