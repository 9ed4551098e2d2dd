package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

func reportDiffCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "diff OLD.json NEW.json",
		Short: "Tell which verdicts differ between two runs",
		Long: `Tell on which checks two runs differ, by their JSON reports: what fails now and did not, what
is new or gone, what is mended. The same status for another reason is no difference. One of
the two may be -, standard input.

rtkmock schemas show report-diff is the form of --output json.

Exit codes: 0 no difference, 1 a verdict or the outcome differs, 2 a mistake in the command
line or a report.`,
		Example: `  rtkmock report diff yesterday.json today.json
  rtkmock report diff yesterday.json today.json --output json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef("report diff: found %s, want two: OLD.json NEW.json", []string{"none", "one"}[len(args)])
			}
			return noMore(2, "the reports")(cmd, args)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeReports(0)(cmd, args, typed)
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.reportDiff(args[0], args[1], output) },
	}
	outputFlag(cmd, &output)
	return cmd
}

// The differences of two reports, in JSON: the schema is report-diff.
type (
	diffDoc struct {
		Version int          `json:"version"`
		Kind    string       `json:"kind"`
		Same    bool         `json:"same"`
		Old     diffRun      `json:"old"`
		New     diffRun      `json:"new"`
		Changes []diffChange `json:"changes"`
	}
	diffRun struct {
		Outcome  conformance.Outcome `json:"outcome"`
		Headline string              `json:"headline"`
		Target   string              `json:"target"`
		Began    string              `json:"began"`
		Version  string              `json:"version"`
	}
	diffChange struct {
		ID        conformance.ID     `json:"id"`
		Change    report.ChangeKind  `json:"change"`
		Level     conformance.Level  `json:"level"`
		Old       conformance.Status `json:"old,omitempty"`
		New       conformance.Status `json:"new,omitempty"`
		OldReason string             `json:"old_reason,omitempty"`
		NewReason string             `json:"new_reason,omitempty"`
	}
)

func newDiffRun(d *report.Document) diffRun {
	return diffRun{d.Outcome, d.Headline, d.Target.URL, d.Began.Format(time.RFC3339), d.Tool.Version}
}

func newDiffChange(c report.Change) diffChange {
	out := diffChange{ID: c.ID, Change: c.Kind}
	if c.Old != nil {
		out.Level, out.Old, out.OldReason = c.Old.Level, c.Old.Status, c.Old.Reason
	}
	if c.New != nil {
		out.Level, out.New, out.NewReason = c.New.Level, c.New.Status, c.New.Reason
	}
	return out
}

func (a *app) reportDiff(older, newer, output string) error {
	if older == stdinName && newer == stdinName {
		return usagef("report diff: standard input (-) is given twice")
	}
	was, err := a.readReport("report diff", older)
	if err != nil {
		return err
	}
	now, err := a.readReport("report diff", newer)
	if err != nil {
		return err
	}
	doc := diffDoc{Version: 1, Kind: "diff", Old: newDiffRun(was), New: newDiffRun(now), Changes: []diffChange{}}
	for _, c := range report.Diff(was, now) {
		doc.Changes = append(doc.Changes, newDiffChange(c))
	}
	doc.Same = len(doc.Changes) == 0 && doc.Old.Outcome == doc.New.Outcome
	if output == outputJSON {
		err = a.printJSON(doc)
	} else {
		a.printDiff(doc)
	}
	if err == nil && !doc.Same {
		return exit(ExitNonconformant)
	}
	return err
}

// printDiff tells of differences: the outcome, how many of each kind there
// are, then each.
func (a *app) printDiff(doc diffDoc) {
	on := a.colored(a.streams.OutIsTTY)
	head := "no difference"
	var counts []string
	for _, kind := range report.ChangeKinds() {
		n := 0
		for _, c := range doc.Changes {
			if c.Change == kind {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, changeWord(kind)))
		}
	}
	if len(counts) > 0 {
		head = strings.Join(counts, ", ")
	}
	a.printf("%s\n\n", paint(on, bold, head))
	for _, run := range []struct {
		name string
		diffRun
	}{{"old", doc.Old}, {"new", doc.New}} {
		a.writeWrapped(run.name+"  ", 5, oneLine(fmt.Sprintf("%s (%s, %s)", run.Headline, run.Target, run.Began)))
	}
	var kind report.ChangeKind
	for _, c := range doc.Changes {
		if c.Change != kind {
			kind = c.Change
			a.printf("\n%s\n", paint(on, changeColor(kind), changeWord(kind)))
		}
		a.writeWrapped("  ", 2, oneLine(fmt.Sprintf("%s (%s): %s", c.ID, c.Level, transition(c))))
		if reason := c.NewReason; reason != "" {
			a.writeWrapped("    ", 4, oneLine(reason))
		}
	}
}

// transition says what became of a verdict.
func transition(c diffChange) string {
	switch {
	case c.Old == "":
		return string(c.New)
	case c.New == "":
		return "was " + string(c.Old)
	default:
		return fmt.Sprintf("%s → %s", c.Old, c.New)
	}
}

func changeWord(k report.ChangeKind) string {
	return map[report.ChangeKind]string{
		report.Failing: "newly falling short", report.Fixed: "mended", report.Altered: "otherwise changed",
		report.Added: "new", report.Gone: "gone",
	}[k]
}

func changeColor(k report.ChangeKind) string {
	return map[report.ChangeKind]string{report.Failing: red, report.Fixed: green}[k]
}
