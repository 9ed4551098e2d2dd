package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/rtkmock/rtkmock/conformance"
)

// junitWidth is the width of the details of a JUnit test case, in columns.
const junitWidth = 100

// writeJUnit writes one test suite a group and one test case a check, named by
// its id. JUnit knows four results; what none of them says exactly is told so
// that a build server never shows it as passed:
//
//	pass, note, warn  passed, the reason in system-out; warn fails with Report.Strict
//	fail              failure
//	inconclusive      failure for a gate or a MUST, else skipped
//	skip              skipped
//	error             error
//
// What was known to fall short is skipped, whatever its status. Each stale
// entry of the list of such is a case that fails.
//
// A run whose outcome is not conformant although no case says so, such as an
// interrupted one, has one more case that does.
func writeJUnit(w io.Writer, r *conformance.Report, o Options) error {
	o.Color, o.Width, o.Verbose = false, junitWidth, false
	v, err := newView(r, o)
	if err != nil {
		return err
	}
	all := junit.Testsuites{Name: ToolName, Time: seconds(r.Took)}
	// In the order of the catalogue: a build server compares from run to run.
	for i, g := range v.catalogue {
		suite := v.suite(g.name, i)
		var took time.Duration
		for _, verdict := range g.verdicts {
			tc, err := v.testcase(verdict)
			if err != nil {
				return err
			}
			suite.AddTestcase(tc)
			took += verdict.Took
		}
		suite.Time = seconds(took)
		all.AddSuite(*suite)
	}
	if stale := v.stale(); len(stale) > 0 {
		all.AddSuite(v.staleSuite(len(all.Suites), stale))
	}
	if r.Outcome != conformance.Conformant && all.Failures+all.Errors == 0 {
		all.AddSuite(v.outcomeSuite(len(all.Suites)))
	}
	var b strings.Builder
	b.WriteString(xml.Header)
	if err := all.WriteXML(&b); err != nil {
		return fmt.Errorf("report: junit: %w", err)
	}
	return emit(w, b.String())
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func (v *view) suite(name string, id int) *junit.Testsuite {
	r := v.report
	s := &junit.Testsuite{Name: name, ID: id, Package: ToolName}
	if !r.Began.IsZero() {
		s.SetTimestamp(r.Began.UTC())
	}
	s.AddProperty("tool", ToolName+" "+clean(v.options.version()))
	s.AddProperty("outcome", v.head())
	s.AddProperty("rerun", rerunFlags(r))
	for _, f := range v.facts() {
		if f[1] != "" {
			s.AddProperty(f[0], f[1])
		}
	}
	return s
}

func (v *view) testcase(verdict conformance.Verdict) (junit.Testcase, error) {
	c := verdict.Check
	tc := junit.Testcase{
		Name:      clean(string(c.ID)),
		Classname: ToolName + "." + clean(c.ID.Group()),
		Time:      seconds(verdict.Took),
		Status:    clean(string(verdict.Status)),
	}
	reason := v.reason(verdict)
	details, err := v.details(verdict)
	if err != nil {
		return tc, err
	}
	result := &junit.Result{Message: reason, Type: tc.Status, Data: details}
	if verdict.Known != nil {
		tc.Skipped = &junit.Result{Message: fmt.Sprintf("%s: %s; found: %s", status(verdict), v.known(verdict), reason)}
		return tc, nil
	}
	switch verdict.Status {
	case conformance.Pass, conformance.Note:
		tc.SystemOut = systemOut(verdict, reason, "")
	case conformance.Warn:
		if v.report.Strict {
			tc.Failure = result
			break
		}
		tc.SystemOut = systemOut(verdict, reason, details)
	case conformance.Skip:
		tc.Skipped = &junit.Result{Message: reason}
	case conformance.Inconclusive:
		if c.Level >= conformance.Must {
			tc.Failure = result
			break
		}
		tc.Skipped = &junit.Result{Message: "inconclusive: " + reason}
	case conformance.Fail:
		tc.Failure = result
	default:
		tc.Error = result
	}
	return tc, nil
}

func systemOut(verdict conformance.Verdict, reason, details string) *junit.Output {
	switch {
	case details != "":
		return &junit.Output{Data: details}
	case reason != "":
		return &junit.Output{Data: fmt.Sprintf("%s: %s", verdict.Status, reason)}
	default:
		return nil
	}
}

// details is what the text format says of a verdict that fell short.
func (v *view) details(verdict conformance.Verdict) (string, error) {
	switch verdict.Status {
	case conformance.Pass, conformance.Note, conformance.Skip:
		return "", nil
	}
	t := &textWriter{view: v, page: page{width: v.options.width()}}
	if err := t.full(verdict); err != nil {
		return "", err
	}
	return t.String(), nil
}

// staleSuite says which known shortfalls are none any more.
func (v *view) staleSuite(id int, stale []string) junit.Testsuite {
	s := v.suite("known", id)
	s.Time = seconds(0)
	for i, e := range v.report.Stale() {
		s.AddTestcase(junit.Testcase{
			Name: "known/" + name(string(e.Pattern)), Classname: ToolName + ".known", Time: seconds(0),
			Failure: &junit.Result{Message: stale[i], Type: "stale"},
		})
	}
	return *s
}

// outcomeSuite says what no check says: that the run proves nothing.
func (v *view) outcomeSuite(id int) junit.Testsuite {
	s := v.suite("run", id)
	s.Time = seconds(0)
	s.AddTestcase(junit.Testcase{
		Name:      "run/outcome",
		Classname: ToolName + ".run",
		Time:      seconds(0),
		Error:     &junit.Result{Message: v.head(), Type: clean(string(v.report.Outcome))},
	})
	return *s
}
