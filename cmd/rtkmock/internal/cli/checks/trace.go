package checks

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

func traceCommand(a *app.App) *cobra.Command {
	return command.WithOutput(a, &cobra.Command{
		Use:   "trace",
		Short: "Follow the guide's sentences to checks and tests",
		Long: `Follow every normative sentence of the guide to what covers it: one that binds receivers to
checks, one that binds the sender to tests of rtkmock itself. The numbers are rtkmock's own.`,
		Example: `  rtkmock checks trace
  rtkmock checks trace --output json`,
		RunE: func(*cobra.Command, []string) error { return trace(a) },
	})
}

// traced is a sentence and what covers it, in JSON.
type traced struct {
	quotation
	Binds  string        `json:"binds"`
	Checks []tracedCheck `json:"checks"`
	Tests  []tracedTest  `json:"tests"` // of the sender
	Gaps   []string      `json:"gaps"`  // what is missing
}

type tracedCheck struct {
	ID    conformance.ID    `json:"id"`
	Level conformance.Level `json:"level"`
}

type tracedTest struct {
	Package string `json:"package"`
	Test    string `json:"test"`
}

func trace(a *app.App) error {
	traces := conformance.Traces(checks.All())
	if a.Form != terminal.FormJSON {
		for i, t := range traces {
			if i > 0 {
				a.Printf("\n")
			}
			printTrace(a, t)
		}
		return nil
	}
	entries := make([]traced, len(traces))
	for i, t := range traces {
		e := traced{quotation{t.Sentence.No, t.Sentence.Quote}, t.Sentence.Binds, []tracedCheck{}, []tracedTest{}, terminal.List(t.Gaps())}
		for _, c := range t.Checks {
			e.Checks = append(e.Checks, tracedCheck{c.ID, c.Level})
		}
		for _, p := range t.Proofs {
			e.Tests = append(e.Tests, tracedTest(p))
		}
		entries[i] = e
	}
	return a.JSON(entries)
}

// printTrace prints one sentence and what covers it.
func printTrace(a *app.App, t conformance.Trace) {
	line := func(heading string, items []string) {
		if len(items) > 0 {
			a.Wrapped(fmt.Sprintf("  %-8s", heading), 10, strings.Join(items, ", "))
		}
	}
	binds := t.Sentence.Binds
	if binds == "both" {
		binds = "receiver and sender"
	}
	a.Printf("%s  binds %s\n", a.Paint(terminal.Bold, t.Sentence.No), binds)
	a.Paragraphs(2, `"`+t.Sentence.Quote+`"`)
	for _, level := range []conformance.Level{conformance.Gate, conformance.Must, conformance.Should, conformance.May} {
		var ids []string
		for _, c := range t.Checks {
			if c.Level == level {
				ids = append(ids, string(c.ID))
			}
		}
		line(level.String(), ids)
	}
	var tests []string
	for _, p := range t.Proofs {
		tests = append(tests, p.Package+"."+p.Test)
	}
	line("tests", tests)
	line("missing", t.Gaps())
}
