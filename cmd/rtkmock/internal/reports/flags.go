// Package reports writes the result of a run or a play in the formats and to the
// places that the user names, and reads the reports of earlier runs.
package reports

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
)

// Stdout stands for standard output among the paths of reports.
const Stdout = "-"

// Flags say what is written of a result, and where.
type Flags struct {
	Reports []Report
	Bodies  string
	Verbose bool
	// Args says that the reports are arguments of the verb. If there are any,
	// nothing else goes to standard output.
	Args bool
	// Words are those of the command line, without secrets. A text that leaves evidence
	// out says how to call it again for that. None: it does not.
	Words []string
}

// Report is one FORMAT=PATH.
type Report struct {
	Format formats.Format
	Path   string
}

// Add adds the flags. known are the formats of the verb's result.
func (f *Flags) Add(a *app.App, cmd *cobra.Command, known []formats.Format, verbose string) {
	parse := func(s string) (Report, error) { return parse(s, known) }
	flags.List(cmd.Flags(), &f.Reports, "report", "FORMAT=PATH", "write a report: "+wording.OrList(formatNames(known))+"; the path - is standard output, in place of the text; repeatable", parse)
	flags.Complete(cmd, "report", func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return complete(typed, known)
	})
	f.AddForm(a, cmd, verbose)
}

// AddForm adds the flags except for --report, for verbs that take formats as
// arguments.
func (f *Flags) AddForm(a *app.App, cmd *cobra.Command, verbose string) {
	flags.String(cmd.Flags(), &f.Bodies, "bodies", "DIR", "put the request bodies that the report's curl lines send into this directory")
	flags.Complete(cmd, "bodies", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs))
	flags.Output(cmd, &a.Form, "form of the result")
	cmd.Flags().BoolVarP(&f.Verbose, "verbose", "v", false, verbose)
}

// TakeArgs takes the FORMAT=PATH arguments of a verb as --report does. It refuses
// paths that cannot be written, and those of inputs, under whatever name.
func (f *Flags) TakeArgs(a *app.App, verb string, inputs, args []string) error {
	f.Args = true
	a.Origins["report"] = verb // for what is wrong with a FORMAT=PATH
	for _, arg := range args {
		r, err := parse(arg, formats.All())
		if err != nil {
			return exit.Usagef("%s: %w", verb, err)
		}
		out, err := os.Stat(r.Path)
		for _, file := range inputs {
			if in, failed := os.Stat(file); err == nil && failed == nil && r.Path != Stdout && os.SameFile(in, out) {
				return exit.Usagef("%s: %s: found it among the reports to read, want another file to write to", verb, r.Path)
			}
		}
		f.Reports = append(f.Reports, r)
	}
	return f.Check(a)
}

// CompleteArgs completes reports, n of them or any number if n is 0, and formats
// after them.
func CompleteArgs(n int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if n > 0 && len(args) >= n {
			return complete(typed, formats.All())
		}
		return []cobra.Completion{"json"}, cobra.ShellCompDirectiveFilterFileExt
	}
}

func complete(typed string, known []formats.Format) ([]cobra.Completion, cobra.ShellCompDirective) {
	if strings.Contains(typed, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var out []cobra.Completion
	for _, f := range known {
		out = append(out, cobra.CompletionWithDesc(f.Name+"=", f.Doc))
	}
	return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

func formatNames(known []formats.Format) []string {
	return wording.Names(known, func(f formats.Format) string { return f.Name })
}

func parse(s string, known []formats.Format) (Report, error) {
	name, path, ok := strings.Cut(s, "=")
	names := formatNames(known)
	i := slices.Index(names, name)
	switch {
	case path != "" && i >= 0:
		return Report{known[i], path}, nil
	case path != "":
		return Report{}, wording.Unknown("format", name, names, "")
	case ok || i >= 0:
		return Report{}, flags.Found(s, "FORMAT=PATH; did you mean %s=rtkmock.%s?", name, name)
	}
	example := s
	if s == "" || s == Stdout {
		example = "rtkmock.json"
	}
	return Report{}, flags.Found(s, "FORMAT=PATH such as json=%s", example)
}
