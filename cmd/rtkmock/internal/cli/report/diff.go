package report

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

func diffCommand(a *app.App) *cobra.Command {
	return command.WithOutput(a, &cobra.Command{
		Use:   "diff OLD.json NEW.json",
		Short: "Report which verdicts differ between two runs",
		Long: `Report on which checks two runs differ, by their JSON reports: what fails now and did not, what
is new or gone, what is fixed. The same status for another reason is no difference. One of the
two may be -, standard input.

rtkmock schemas show report-diff is the form of --output json.

Exit codes: 0 no difference, 1 a verdict or the outcome differs, 2 a mistake in the command
line or a report.`,
		Example: `  rtkmock report diff yesterday.json today.json
  rtkmock report diff yesterday.json today.json --output json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return exit.Usagef("report diff: found %s, want two: OLD.json NEW.json", []string{"none", "one"}[len(args)])
			}
			return command.Args(2, 2, "", "the reports")(cmd, args)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return reports.CompleteArgs(0)(cmd, args, typed)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return diff(cmd.Context(), a, args[0], args[1]) },
	})
}

// The differences of two reports, in JSON: the schema is report-diff.
type (
	diffDoc struct {
		Version int             `json:"version"`
		Kind    string          `json:"kind"`
		Same    bool            `json:"same"`
		Old     diffRun         `json:"old"`
		New     diffRun         `json:"new"`
		Changes []report.Change `json:"changes"`
	}
	diffRun struct {
		Outcome  conformance.Outcome `json:"outcome"`
		Headline string              `json:"headline"`
		Target   string              `json:"target"`
		Began    string              `json:"began"`
		Version  string              `json:"version"`
	}
)

func newDiffRun(d *report.Document) diffRun {
	return diffRun{d.Outcome, d.Headline, d.Target.URL, d.Began.Format(time.RFC3339), d.Tool.Version}
}

func diff(ctx context.Context, a *app.App, older, newer string) error {
	const verb = "report diff"
	if err := app.OneStdin(verb, []string{older, newer}); err != nil {
		return err
	}
	was, err := reports.Read(ctx, a, verb, older)
	if err != nil {
		return err
	}
	now, err := reports.Read(ctx, a, verb, newer)
	if err != nil {
		return err
	}
	doc := diffDoc{Version: 1, Kind: "diff", Old: newDiffRun(was), New: newDiffRun(now), Changes: report.Diff(was, now)}
	doc.Same = len(doc.Changes) == 0 && doc.Old.Outcome == doc.New.Outcome
	if err := a.Result(doc, func() { doc.print(a) }); err != nil || doc.Same {
		return err
	}
	return exit.Silent(exit.Nonconformant)
}

// print prints how many differences of each kind there are, the outcomes, then
// each difference.
func (doc diffDoc) print(a *app.App) {
	head := "no difference"
	var counts []string
	for _, kind := range report.ChangeKinds() {
		n := 0
		for _, c := range doc.Changes {
			if c.Kind == kind {
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
	a.Printf("%s\n\n", a.Paint(terminal.Bold, head))
	for _, run := range []struct {
		name string
		diffRun
	}{{"old", doc.Old}, {"new", doc.New}} {
		a.Wrapped(run.name+"  ", 5, fmt.Sprintf("%s (%s, %s)", run.Headline, run.Target, run.Began))
	}
	var kind report.ChangeKind
	for _, c := range doc.Changes {
		if c.Kind != kind {
			kind = c.Kind
			a.Printf("\n%s\n", a.Paint(changeColor(kind), changeWord(kind)))
		}
		a.Wrapped("  ", 2, fmt.Sprintf("%s (%s): %s", c.ID, c.Level, transition(c)))
		if reason := cmp.Or(report.Follows(c.FollowsFrom), c.NewReason); reason != "" {
			a.Wrapped("    ", 4, reason)
		}
	}
}

// transition says how a verdict changed.
func transition(c report.Change) string {
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
		report.Failing: "newly failing", report.Fixed: "fixed", report.Altered: "otherwise changed",
		report.Added: "new", report.Gone: "gone",
	}[k]
}

func changeColor(k report.ChangeKind) terminal.Color {
	return map[report.ChangeKind]terminal.Color{report.Failing: terminal.Red, report.Fixed: terminal.Green}[k]
}
