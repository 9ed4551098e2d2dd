// Package selftest is "rtkmock selftest": it judges the checks themselves.
package selftest

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

type options struct {
	*app.App
	only     []string
	judging  selftest.Options
	verbose  bool
	progress string
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a}
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Judge the checks themselves",
		Long: `Run all checks against receivers with a known verdict: the reference receiver and good ones
with habits of their own, which must pass; one receiver for each known flaw, which must be caught
by the checks listed for it and by no others; and servers that are no receivers at all, which must
never come out conformant. "rtkmock receive --flaw NAME" runs any of them for you to look at.

The table is the kill matrix: each receiver, and the checks that it fails. Mistakes of the checks
stand on top, and make the exit code 4: then no verdict of this rtkmock is to be trusted.

Exit codes: 0 all as it has to be, 2 a mistake in the command line, 4 wrong about a receiver,
130 interrupted.`,
		Example: `  rtkmock selftest
  rtkmock selftest --only reserialises,select-then-insert --verbose
  rtkmock selftest --only 'always-*' --seed 7
  rtkmock selftest --output json > matrix.json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	fs := cmd.Flags()
	flags.CommaList(fs, &o.only, "only", "PATTERN,...", "run only these receivers, by name, such as reserialises or always-*", flags.Text)
	flags.Complete(cmd, "only", flags.CompleteList(names))
	flags.Seed(fs, &o.judging.Seed, "of all names and ids; without it, a random one, which is printed")
	flags.Count(fs, &o.judging.Parallel, "parallel", 0, 1, 64, "receivers at a time; without it, three a processor")
	flags.Output(cmd, &o.Form, "form of the result")
	fs.BoolVarP(&o.verbose, "verbose", "v", false, "name all checks that a receiver fails, and what each receiver does")
	flags.Progress(cmd, &o.progress)
	return cmd
}

// run judges the suite and prints the kill matrix.
func (o *options) run(ctx context.Context) error {
	subjects, err := o.subjects()
	if err != nil {
		return err
	}
	o.Notef("seed %d, %s", o.judging.Seed, terminal.Count(len(subjects), "receiver", "receivers"))
	show := o.NewProgress(o.progress)
	o.judging.Checks, o.judging.Subjects = checks.All(), subjects
	o.judging.Progress = func(r *selftest.Result, done int) {
		o.showLine(show, r, done, len(subjects))
		show.Step(terminal.Step{Done: done, Total: len(subjects), ID: r.Subject.Name})
	}
	results, err := selftest.Run(ctx, o.judging)
	show.Finish()
	switch {
	case err != nil && ctx.Err() != nil:
		return exit.ErrInterrupted
	case err != nil:
		return err
	}
	m := newMatrix(results, o.judging.Seed)
	if err := o.Result(m, func() { m.print(o.Terminal, o.verbose) }); err != nil || m.OK {
		return err
	}
	return exit.Silent(exit.Harness)
}

// showLine reports now and then how far it is, and mistakes at once.
func (o *options) showLine(show *terminal.Progress, r *selftest.Result, done, total int) {
	const lines = 10 // where nothing is wrong
	switch {
	case !r.OK():
		show.Linef("[%d/%d] WRONG about %s: %s", done, total, r.Subject.Name, strings.Join(r.Wrong, "; "))
	case o.verbose:
		show.Linef("[%d/%d] %s", done, total, r.Subject.Name)
	case done%max(total/lines, 1) == 0:
		show.Linef("[%d/%d]", done, total)
	}
}

func names() []string {
	return wording.Names(selftest.Subjects(), func(s receivers.Spec) string { return s.Name })
}

// subjects returns the receivers that --only names, or all.
func (o *options) subjects() ([]receivers.Spec, error) {
	all := selftest.Subjects()
	matches := func(pattern string) func(receivers.Spec) bool {
		return func(s receivers.Spec) bool {
			ok, err := path.Match(pattern, s.Name)
			return ok && err == nil
		}
	}
	for _, pattern := range o.only {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, o.BadFlag("only", "%w", flags.Found(pattern, "a name such as reserialises, or a pattern such as always-*"))
		}
		if !slices.ContainsFunc(all, matches(pattern)) {
			hint := cmp.Or(wording.DidYouMean(pattern, names()), `; "rtkmock receive --flaw list" lists them`)
			return nil, o.BadFlag("only", "no receiver matches %q%s", pattern, hint)
		}
	}
	return slices.DeleteFunc(all, func(s receivers.Spec) bool {
		return len(o.only) > 0 && !slices.ContainsFunc(o.only, func(p string) bool { return matches(p)(s) })
	}), nil
}
