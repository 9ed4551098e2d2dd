package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// stdoutPath stands for standard output among the paths of reports.
const stdoutPath = "-"

// outputFlags say what is written of a run, and where.
type outputFlags struct {
	reports []reportTo
	bodies  string
	output  string
	verbose bool
	named   bool // reports were named one by one: nothing else goes to standard output
}

// reportTo is one --report FORMAT=PATH.
type reportTo struct {
	format formats.Format
	path   string
}

// add adds the flags. formats are those that the verb's result has a form in.
func (o *outputFlags) add(cmd *cobra.Command, known []formats.Format, verbose string) {
	parse := func(s string) (reportTo, error) { return parseReport(s, known) }
	cmd.Flags().Var(&list[reportTo]{dst: &o.reports, kind: "FORMAT=PATH", parse: parse}, "report", "write a report: "+orList(formatNames(known))+"; the path - is standard output, in place of the text; repeatable")
	complete(cmd, "report", func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return completeReport(typed, known)
	})
	o.addForm(cmd, verbose)
}

// addForm adds the flags but for --report, for verbs that take formats as
// arguments.
func (o *outputFlags) addForm(cmd *cobra.Command, verbose string) {
	fs := cmd.Flags()
	stringFlag(fs, &o.bodies, "bodies", "DIR", "put the request bodies that the report's curl lines send into this directory")
	complete(cmd, "bodies", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	outputFlag(cmd, &o.output)
	fs.BoolVarP(&o.verbose, "verbose", "v", false, verbose)
}

func formatNames(known []formats.Format) []string {
	var names []string
	for _, f := range known {
		names = append(names, f.Name)
	}
	return names
}

func completeReport(typed string, known []formats.Format) ([]cobra.Completion, cobra.ShellCompDirective) {
	if strings.Contains(typed, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var out []cobra.Completion
	for _, f := range known {
		out = append(out, cobra.CompletionWithDesc(f.Name+"=", f.Doc))
	}
	return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

func parseReport(s string, known []formats.Format) (reportTo, error) {
	name, path, ok := strings.Cut(s, "=")
	names := formatNames(known)
	if !ok || path == "" {
		if slices.Contains(names, s) || ok {
			return reportTo{}, found(s, "FORMAT=PATH; did you mean %s=rtkmock.%s?", name, name)
		}
		return reportTo{}, found(s, "FORMAT=PATH such as json=%s", path0(s))
	}
	if i := slices.Index(names, name); i >= 0 {
		return reportTo{known[i], path}, nil
	}
	hint := didYouMean(name, names)
	if hint == "" {
		hint = ", want " + orList(names)
	}
	return reportTo{}, &problem{"unknown format " + quote(name) + hint}
}

// path0 is what somebody who left the format out most likely gave as a path.
func path0(s string) string {
	if s == "" || s == stdoutPath {
		return "rtkmock.json"
	}
	return s
}

// checkReports refuses paths that cannot be written, before the run takes its
// time.
func (a *app) checkReports(f *outputFlags) error {
	seen := map[string]bool{}
	onStdout := ""
	for _, r := range f.reports {
		if r.path == stdoutPath {
			if onStdout != "" {
				return a.bad("report", "%s and %s are both to be written to standard output, want a file for one", onStdout, r.format.Name)
			}
			onStdout = r.format.Name
			continue
		}
		clean := filepath.Clean(r.path)
		if seen[clean] {
			return a.bad("report", "%s: two reports are to be written there, want a file for each", r.path)
		}
		seen[clean] = true
		if err := report.Writable(r.path); err != nil {
			return a.bad("report", "%s: cannot be written: %s", r.path, fileProblem(innermost(err)))
		}
	}
	switch {
	case f.output == outputJSON && onStdout != "" && onStdout != outputJSON:
		return a.bad("output", "%s is to be written to standard output, and JSON as well; want a file for one", onStdout)
	case f.bodies != "":
		return a.checkFolder("bodies", f.bodies)
	}
	return nil
}

// checkFolder refuses a path at which no folder can be made, or none that can
// be written to.
func (a *app) checkFolder(flag, path string) error {
	probe, err := path, error(nil)
	for {
		var info os.FileInfo
		if info, err = os.Stat(probe); err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
		parent := filepath.Dir(probe)
		if !errors.Is(err, fs.ErrNotExist) || parent == probe {
			break
		}
		probe = parent
	}
	if err == nil {
		err = report.Writable(filepath.Join(probe, "body.json"))
	}
	if err != nil {
		return a.bad(flag, "%s: cannot be written to: %s", path, fileProblem(innermost(err)))
	}
	return nil
}

// innermost returns the error that all others are wrapped around.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// writeReports writes what was asked for. The text goes to standard output
// unless something else does.
func (a *app) writeReports(rep *conformance.Report, f *testFlags) (*report.Document, error) {
	d, err := report.New(rep, readBuild().Version)
	if err != nil {
		return nil, err
	}
	a.summarize(d, &f.outputs)
	return d, a.writeDocument(d, &f.outputs)
}

// notWritten is the error about a report that could not be written.
func notWritten(err error) error { return &exitError{ExitHarness, &problem{plain(err)}} }

// writeAll calls write for each report that was asked for.
func (a *app) writeAll(f *outputFlags, write func(formats.Format, io.Writer, plaintext.Options) error) error {
	reports := slices.Clone(f.reports)
	onStdout := func(name string) bool {
		return slices.ContainsFunc(reports, func(r reportTo) bool {
			return r.path == stdoutPath && (name == "" || r.format.Name == name)
		})
	}
	named := f.named && len(reports) > 0
	if f.output == outputJSON && !onStdout(outputJSON) || !onStdout("") && !named {
		format, err := formats.Lookup(f.output)
		if err != nil {
			return err
		}
		reports = append(reports, reportTo{format, stdoutPath})
	}
	options := plaintext.Options{Width: min(a.width(plaintext.DefaultWidth), 120), Verbose: f.verbose}
	var failed error
	for _, r := range reports {
		if r.path != stdoutPath {
			err := report.WriteFile(r.path, func(w io.Writer) error { return write(r.format, w, options) })
			failed = errors.Join(failed, err)
			continue
		}
		toTerminal := options
		toTerminal.Color = a.colored(a.streams.OutIsTTY)
		failed = errors.Join(failed, a.wrote(write(r.format, a.out, toTerminal)))
	}
	if failed != nil {
		return notWritten(failed)
	}
	return nil
}
