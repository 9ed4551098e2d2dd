// Package report is "rtkmock report": it works with the JSON reports of runs.
package report

import (
	"context"
	"math"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	return command.Group(&cobra.Command{
		Use:   "report",
		Short: "Render, compare and merge the JSON reports of runs",
		Long:  "Work with the JSON reports that \"rtkmock test --report json=PATH\" writes. No receiver is contacted.",
		Example: `  rtkmock report render rtkmock.json html=rtkmock.html
  rtkmock report diff yesterday.json today.json
  rtkmock report merge 1.json 2.json 3.json json=all.json`,
	}, renderCommand(a), diffCommand(a), mergeCommand(a))
}

// verbose explains --verbose.
const verbose = "text: also show the checks that pass, and all evidence"

func renderCommand(a *app.App) *cobra.Command {
	var f reports.Flags
	cmd := &cobra.Command{
		Use:   "render REPORT.json [FORMAT=PATH…]",
		Short: "Write a report in other formats",
		Long: `Write the report of a run in other formats, from its JSON alone: each is the same as the run
itself would have written. Without a format, the text goes to standard output. The path - is
standard output, too, and the report - is standard input.

The exit code says whether the report could be read and written, not what its outcome is.`,
		Example: `  rtkmock report render rtkmock.json
  rtkmock report render rtkmock.json html=rtkmock.html junit=rtkmock.xml
  rtkmock report render rtkmock.json markdown=- | gh pr comment --body-file -`,
		Args:              command.Args(1, math.MaxInt, `no report, want a REPORT.json that "rtkmock test --report json=PATH" has written, or - for standard input`, ""),
		ValidArgsFunction: reports.CompleteArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return render(cmd.Context(), a, &f, args[0], args[1:])
		},
	}
	f.AddForm(a, cmd, verbose)
	return cmd
}

func render(ctx context.Context, a *app.App, f *reports.Flags, file string, formats []string) error {
	if err := f.TakeArgs(a, "report render", []string{file}, formats); err != nil {
		return err
	}
	d, err := reports.Read(ctx, a, "report render", file)
	if err != nil {
		return err
	}
	return f.Write(a, d)
}
