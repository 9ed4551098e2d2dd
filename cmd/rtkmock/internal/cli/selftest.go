package cli

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

type selftestFlags struct {
	only     []string
	seed     *uint64
	parallel int
	output   string
	verbose  bool
	progress string
}

func selftestCommand(a *app) *cobra.Command {
	var f selftestFlags
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Judge the checks themselves",
		Long: `Run all checks against receivers whose verdict is known: the reference receiver and good ones
with habits of their own, which must pass; one receiver for each known flaw, which must be caught
by the checks listed for it and by no others; and what is no receiver at all, which must never
come out conformant. "rtkmock receive --flaw NAME" runs any of them for you to look at.

The table is the kill matrix: each receiver, and the checks that it falls at. What the checks got
wrong stands on top, and makes the exit code 4: then no verdict of this rtkmock is to be trusted.

Exit codes: 0 all as it has to be, 2 a mistake in the command line, 4 wrong about a receiver,
130 interrupted.`,
		Example: `  rtkmock selftest
  rtkmock selftest --only reserialises,select-then-insert --verbose
  rtkmock selftest --only 'always-*' --seed 7
  rtkmock selftest --output json > matrix.json`,
		Args:              noMore(0, `"selftest"`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.selftest(f) },
	}
	fs := cmd.Flags()
	fs.Var(&list[string]{dst: &f.only, kind: "PATTERN,...", commas: true, parse: parseText}, "only", "run only these receivers, by name, such as reserialises or always-*")
	complete(cmd, "only", completeList(subjectNames))
	seedFlag(fs, &f.seed, "of all names and ids; without it, a random one, which is printed")
	countFlag(fs, &f.parallel, "parallel", 0, 1, highestParallel, "receivers at a time; without it, three a processor")
	outputFlag(cmd, &f.output)
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "name all checks that a receiver falls at, and what each receiver does")
	progressFlag(cmd, &f.progress)
	return cmd
}

// selftest judges the suite and prints the kill matrix.
func (a *app) selftest(f selftestFlags) error {
	subjects, err := a.pickSubjects(f.only)
	if err != nil {
		return err
	}
	seed := (&deliveryFlags{seed: f.seed}).seedOr()
	a.logf("rtkmock: seed %d, %s", seed, countOf(len(subjects), "receiver", "receivers"))
	show := a.newSelftestProgress(f, len(subjects))
	results, err := selftest.Run(a.ctx, selftest.Options{
		Checks:   checks.All(),
		Subjects: subjects,
		Seed:     seed,
		Parallel: f.parallel,
		Progress: show.step,
	})
	show.finish()
	if err != nil {
		if a.interrupted() {
			return fmt.Errorf("interrupted: %w", context.Canceled)
		}
		return err
	}
	m := newMatrix(results, seed)
	if f.output == outputJSON {
		if err := a.printJSON(m); err != nil {
			return err
		}
	} else {
		a.printMatrix(m, f.verbose)
	}
	if !m.OK {
		return exit(ExitHarness)
	}
	return nil
}

func subjectNames() []string {
	var names []string
	for _, s := range selftest.Subjects() {
		names = append(names, s.Name)
	}
	return names
}

// pickSubjects returns the receivers that patterns name, or all.
func (a *app) pickSubjects(patterns []string) ([]selftest.Subject, error) {
	all := selftest.Subjects()
	if len(patterns) == 0 {
		return all, nil
	}
	wanted := func(s selftest.Subject, pattern string) bool {
		ok, err := path.Match(pattern, s.Name)
		return ok && err == nil
	}
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, a.bad("only", "%s", found(pattern, "a name such as reserialises, or a pattern such as always-*"))
		}
		if !slices.ContainsFunc(all, func(s selftest.Subject) bool { return wanted(s, pattern) }) {
			hint := didYouMean(pattern, subjectNames())
			if hint == "" {
				hint = `; "rtkmock receive --flaw list" lists them`
			}
			return nil, a.bad("only", "no receiver matches %q%s", pattern, hint)
		}
	}
	return slices.DeleteFunc(all, func(s selftest.Subject) bool {
		return !slices.ContainsFunc(patterns, func(p string) bool { return wanted(s, p) })
	}), nil
}

// selftestProgress shows which receivers are done.
type selftestProgress interface {
	step(r *selftest.Result, done int)
	finish()
}

func (a *app) newSelftestProgress(f selftestFlags, total int) selftestProgress {
	switch {
	case f.progress == progressNone:
		return noSelftestProgress{}
	case a.drawsBar(f.progress):
		return &selftestBar{bar: bar{a: a}, total: total}
	default:
		return &selftestLines{a: a, total: total, verbose: f.verbose}
	}
}

type noSelftestProgress struct{}

func (noSelftestProgress) step(*selftest.Result, int) {}
func (noSelftestProgress) finish()                    {}

type selftestBar struct {
	bar
	total int
}

func (b *selftestBar) step(r *selftest.Result, done int) { b.draw(done, b.total, r.Subject.Name) }

// progressLines is how many lines tell of the receivers that are done where
// nothing is wrong.
const progressLines = 10

// selftestLines tells how far it is now and then, and what is wrong at once.
type selftestLines struct {
	a       *app
	total   int
	verbose bool
}

func (l *selftestLines) step(r *selftest.Result, done int) {
	every := max(l.total/progressLines, 1)
	switch {
	case !r.OK():
		l.a.logf("rtkmock: [%d/%d] WRONG about %s: %s", done, l.total, r.Subject.Name, oneLine(strings.Join(r.Wrong, "; ")))
	case l.verbose:
		l.a.logf("rtkmock: [%d/%d] %s", done, l.total, r.Subject.Name)
	case done%every == 0:
		l.a.logf("rtkmock: [%d/%d]", done, l.total)
	}
}

func (l *selftestLines) finish() {}
