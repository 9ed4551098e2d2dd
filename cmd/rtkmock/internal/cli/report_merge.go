package cli

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/report"
)

func reportMergeCommand(a *app) *cobra.Command {
	var f outputFlags
	cmd := &cobra.Command{
		Use:   "merge SHARD.json… [FORMAT=PATH…]",
		Short: "Put the reports of all shards together",
		Long: `Make one report of those of all shards (rtkmock test --shard 1/3 and so on): as one run of the
whole selection would have judged. Without a format, the text goes to standard output, which
is also what the path - stands for.

Refused are shards that are missing or there twice, and those of other targets or versions. What is judged on all that a run has sent, such as rsp/latency, each shard has judged
on its own; there the worst of these verdicts stands.

The exit code is that of the whole run, as "rtkmock test" has it.`,
		Example: `  rtkmock report merge shard-1.json shard-2.json shard-3.json
  rtkmock report merge shard-*.json json=all.json junit=all.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if files, _ := filesAndFormats(args); len(files) == 0 {
				return usagef("report merge: found no report, want one for each shard, such as 1.json 2.json")
			}
			return nil
		},
		ValidArgsFunction: completeReports(0),
		RunE: func(_ *cobra.Command, args []string) error {
			files, formats := filesAndFormats(args)
			if err := f.positional("report merge", formats); err != nil {
				return err
			}
			return a.reportMerge(files, &f)
		},
	}
	f.addForm(cmd, "text: tell of checks that hold, too, and show all evidence")
	return cmd
}

// filesAndFormats tells reports from FORMAT=PATH arguments.
func filesAndFormats(args []string) (files, formats []string) {
	for _, arg := range args {
		if name, _, ok := strings.Cut(arg, "="); ok && !strings.ContainsAny(name, `./\`) {
			formats = append(formats, arg)
		} else {
			files = append(files, arg)
		}
	}
	return files, formats
}

// keepInputs refuses to write a report over one that is read, under whatever
// name.
func keepInputs(who string, files []string, reports []reportTo) error {
	for _, r := range reports {
		out, err := os.Stat(r.path)
		if err != nil || r.path == stdoutPath {
			continue // nothing is there to lose
		}
		for _, file := range files {
			if in, err := os.Stat(file); err == nil && os.SameFile(in, out) {
				return usagef("%s: %s: found it among the reports to read, want another file to write to", who, r.path)
			}
		}
	}
	return nil
}

func (a *app) reportMerge(files []string, f *outputFlags) error {
	const who = "report merge"
	a.origins["report"] = who // for what is wrong with a FORMAT=PATH
	if i := slices.Index(files, stdinName); i >= 0 && slices.Contains(files[i+1:], stdinName) {
		return usagef("%s: standard input (-) is given twice", who)
	}
	if err := keepInputs(who, files, f.reports); err != nil {
		return err
	}
	if err := a.checkReports(f); err != nil {
		return err
	}
	var shards []*report.Document
	for _, file := range files {
		d, err := a.readReport(who, file)
		if err != nil {
			return err
		}
		shards = append(shards, d)
		if first := shards[0].Tool.Version; d.Tool.Version != first {
			return usagef("%s: %s: it comes from version %s, and %s from version %s", who, file, d.Tool.Version, files[0], first)
		}
		if len(d.Shards) != 1 {
			return usagef("%s: %s: it is not the report of one shard, want one of a run with --shard", who, file)
		}
	}
	merged, err := report.Merge(shards, checks.All(), time.Now())
	if err != nil {
		return usagef("%s: %s", who, plain(err))
	}
	a.summarize(merged, f)
	if err := a.writeDocument(merged, f); err != nil {
		return err
	}
	return a.testExit(merged)
}
