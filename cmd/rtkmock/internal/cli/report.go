package cli

import (
	"bytes"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

func reportCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Render, compare and merge the JSON reports of runs",
		Long:  "Work with the JSON reports that \"rtkmock test --report json=PATH\" writes. No receiver is contacted.",
		Example: `  rtkmock report render rtkmock.json html=rtkmock.html
  rtkmock report diff yesterday.json today.json
  rtkmock report merge 1.json 2.json 3.json json=all.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return usagef("report: it needs a verb, want diff, merge or render")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(reportRenderCommand(a), reportDiffCommand(a), reportMergeCommand(a))
	return cmd
}

func reportRenderCommand(a *app) *cobra.Command {
	var f outputFlags
	cmd := &cobra.Command{
		Use:   "render REPORT.json [FORMAT=PATH…]",
		Short: "Write a report in other formats",
		Long: `Write the report of a run in other formats, from its JSON alone: each is the same as the run
itself would have written. Without a format, the text goes to standard output, which is also
what the path - stands for. The report - is standard input.

The exit code says whether the report could be read and written, not what its outcome is.`,
		Example: `  rtkmock report render rtkmock.json
  rtkmock report render rtkmock.json html=rtkmock.html junit=rtkmock.xml
  rtkmock report render rtkmock.json markdown=- | gh pr comment --body-file -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("report render: found no report, want a REPORT.json that \"rtkmock test --report json=PATH\" has written, or - for standard input")
			}
			return nil
		},
		ValidArgsFunction: completeReports(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.positional("report render", args[1:]); err != nil {
				return err
			}
			return a.reportRender(args[0], &f)
		},
	}
	f.addForm(cmd, "text: tell of checks that hold, too, and show all evidence")
	return cmd
}

// positional takes FORMAT=PATH arguments as --report does.
func (o *outputFlags) positional(verb string, args []string) error {
	o.named = true
	for _, arg := range args {
		r, err := parseReport(arg, formats.All())
		if err != nil {
			return usagef("%s: %w", verb, err)
		}
		o.reports = append(o.reports, r)
	}
	return nil
}

// completeReports completes n reports, or any number if n is 0, and formats.
func completeReports(n int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if n > 0 && len(args) >= n {
			return completeReport(typed, formats.All())
		}
		return []cobra.Completion{"json"}, cobra.ShellCompDirectiveFilterFileExt
	}
}

func (a *app) reportRender(file string, f *outputFlags) error {
	a.origins["report"] = "report render" // for what is wrong with a FORMAT=PATH
	if err := keepInputs("report render", []string{file}, f.reports); err != nil {
		return err
	}
	if err := a.checkReports(f); err != nil {
		return err
	}
	d, err := a.readReport("report render", file)
	if err != nil {
		return err
	}
	return a.writeDocument(d, f)
}

// writeDocument writes the report of a run.
func (a *app) writeDocument(d *report.Document, f *outputFlags) error {
	if err := d.StoreBodies(f.bodies); err != nil {
		return notWritten(err)
	}
	return a.writeAll(f, func(format formats.Format, w io.Writer, o plaintext.Options) error { return format.Write(w, d, o) })
}

// readReport reads the JSON report of a run for a verb or a flag.
func (a *app) readReport(who, file string) (*report.Document, error) {
	data, err := a.readInput(file, report.MaxDocument)
	if errors.Is(err, errInput) {
		return nil, usagef("%s: %s: %s", who, inputName(file), err)
	}
	if err != nil {
		return nil, err
	}
	d, err := report.Read(bytes.NewReader(data))
	if err != nil {
		return nil, usagef("%s: %s: %s", who, inputName(file), plain(err))
	}
	return d, nil
}
