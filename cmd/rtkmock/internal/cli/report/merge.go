package report

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/report"
)

func mergeCommand(a *app.App) *cobra.Command {
	var f reports.Flags
	cmd := &cobra.Command{
		Use:   "merge SHARD.json… [FORMAT=PATH…]",
		Short: "Put the reports of all shards together",
		Long: `Make one report of those of all shards (rtkmock test --shard 1/3 and so on): as one run of the
whole selection would have judged. Without a format, the text goes to standard output. The path
- is standard output, too.

Refused are shards that are missing or there twice, and those of other targets or versions. Some
checks judge all that a run has sent, such as rsp/latency. Each shard has judged them on its own;
the worst of these verdicts stands.

The exit code is that of the whole run, as "rtkmock test" has it.`,
		Example: `  rtkmock report merge shard-1.json shard-2.json shard-3.json
  rtkmock report merge shard-*.json json=all.json junit=all.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if names, _ := splitArgs(args); len(names) == 0 {
				return exit.Usagef("report merge: found no report, want one for each shard, such as 1.json 2.json")
			}
			return nil
		},
		ValidArgsFunction: reports.CompleteArgs(0),
		RunE:              func(cmd *cobra.Command, args []string) error { return merge(cmd.Context(), a, &f, args) },
	}
	f.AddForm(a, cmd, verbose)
	return cmd
}

// splitArgs separates reports and FORMAT=PATH arguments.
func splitArgs(args []string) (names, formats []string) {
	for _, arg := range args {
		if name, _, ok := strings.Cut(arg, "="); ok && !strings.ContainsAny(name, `./\`) {
			formats = append(formats, arg)
		} else {
			names = append(names, arg)
		}
	}
	return names, formats
}

func merge(ctx context.Context, a *app.App, f *reports.Flags, args []string) error {
	const verb = "report merge"
	names, formats := splitArgs(args)
	if err := app.OneStdin(verb, names); err != nil {
		return err
	}
	if err := f.TakeArgs(a, verb, names, formats); err != nil {
		return err
	}
	var shards []*report.Document
	for _, file := range names {
		d, err := reports.Read(ctx, a, verb, file)
		if err != nil {
			return err
		}
		shards = append(shards, d)
		switch first := shards[0].Tool.Version; {
		case d.Tool.Version != first:
			return exit.Usagef("%s: %s: it comes from version %s, and %s from version %s", verb, file, d.Tool.Version, names[0], first)
		case len(d.Shards) != 1:
			return exit.Usagef("%s: %s: it is not the report of one shard, want one of a run with --shard", verb, file)
		}
	}
	merged, err := report.Merge(shards, checks.All(), time.Now())
	if err != nil {
		return exit.Usagef("%s: %s", verb, exit.Plain(err))
	}
	f.Summarize(a, merged)
	if err := f.Write(a, merged); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return exit.ErrInterrupted
	}
	return reports.Exit(merged)
}
