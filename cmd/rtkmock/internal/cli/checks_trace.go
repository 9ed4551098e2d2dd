package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

func checksTraceCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Follow the guide's sentences to checks and tests",
		Long: `Follow every normative sentence of the guide to what covers it: one that binds receivers to
checks, one that binds the sender to tests of rtkmock itself. The numbers are rtkmock's own.`,
		Example: `  rtkmock checks trace
  rtkmock checks trace --output json`,
		Args:              noMore(0, `"checks trace"`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.checksTrace(output) },
	}
	outputFlag(cmd, &output)
	return cmd
}

// traceEntry is a sentence and what covers it, in JSON.
type traceEntry struct {
	quotation
	Binds  string       `json:"binds"`
	Checks []traceCheck `json:"checks"`
	Tests  []traceTest  `json:"tests"` // of the sender
	Gaps   []string     `json:"gaps"`  // what is missing
}

type traceCheck struct {
	ID    conformance.ID    `json:"id"`
	Level conformance.Level `json:"level"`
}

type traceTest struct {
	Package string `json:"package"`
	Test    string `json:"test"`
}

func (a *app) checksTrace(output string) error {
	traces := conformance.Traces(checks.All())
	if output != outputJSON {
		for i, t := range traces {
			if i > 0 {
				a.printf("\n")
			}
			a.trace(t)
		}
		return nil
	}
	entries := make([]traceEntry, len(traces))
	for i, t := range traces {
		e := traceEntry{quotation{t.Sentence.No, t.Sentence.Quote}, t.Sentence.Binds, []traceCheck{}, []traceTest{}, notNil(t.Gaps())}
		for _, c := range t.Checks {
			e.Checks = append(e.Checks, traceCheck{c.ID, c.Level})
		}
		for _, p := range t.Proofs {
			e.Tests = append(e.Tests, traceTest(p))
		}
		entries[i] = e
	}
	return a.printJSON(entries)
}

// trace tells of one sentence.
func (a *app) trace(t conformance.Trace) {
	on := a.colored(a.streams.OutIsTTY)
	width := min(a.width(helpWidth), 100)
	list := func(heading string, items []string) {
		if len(items) == 0 {
			return
		}
		const indent = 8
		text := strings.Join(wrap(strings.Join(items, ", "), max(width-indent-2, 20)), "\n"+strings.Repeat(" ", indent+2))
		a.printf("  %-*s%s\n", indent, heading, text)
	}
	a.printf("%s  binds %s\n", paint(on, bold, t.Sentence.No), boundBy(t.Sentence))
	a.printf("  %s\n", strings.Join(wrap(`"`+t.Sentence.Quote+`"`, max(width-2, 20)), "\n  "))
	for _, level := range []conformance.Level{conformance.Gate, conformance.Must, conformance.Should, conformance.May} {
		var ids []string
		for _, c := range t.Checks {
			if c.Level == level {
				ids = append(ids, string(c.ID))
			}
		}
		list(level.String(), ids)
	}
	var tests []string
	for _, p := range t.Proofs {
		tests = append(tests, p.Package+"."+p.Test)
	}
	list("tests", tests)
	list("missing", t.Gaps())
}

func boundBy(s conformance.Sentence) string {
	if s.Binds == "both" {
		return "receiver and sender"
	}
	return s.Binds
}

// retirementOf says what became of a check that there was once.
func retirementOf(retired []checks.Retirement, id string) (string, bool) {
	i := slices.IndexFunc(retired, func(r checks.Retirement) bool { return string(r.ID) == id })
	if i < 0 {
		return "", false
	}
	r := retired[i]
	text := fmt.Sprintf("%s is retired since %s: %s", r.ID, r.Since, r.Why)
	if r.Instead != "" {
		text += fmt.Sprintf(" See %s", r.Instead)
	}
	return text, true
}
