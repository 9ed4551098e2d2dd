// Package script loads the scenarios that a user names: those of the library and
// those in files.
package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// MaxSize bounds what is read of a script.
const MaxSize = 16 << 20

// Script is a scenario, and where it comes from.
type Script struct {
	*scenarios.Scenario
	Path   string // of its file; empty: of the library
	Reduce *mocksender.HealthPolicy
	Source []Step // in the order of Scenario.Steps
}

// Step is what a script says of a step besides the scenario, for people.
type Step struct {
	After      string
	Background bool
	Faults     []struct {
		Attempt       int
		Event         rtk.EventType
		Before, After string
		Chance        float64
	}
	Steps []Step
}

// flat returns steps in the order of Scenario.Steps: those inside a block after
// the block.
func flat(steps []Step) []Step {
	var out []Step
	for _, s := range steps {
		out = append(append(out, s), flat(s.Steps)...)
	}
	return out
}

// FaultTexts are the step's faults, as --fault writes them.
func (s Step) FaultTexts() []string {
	var out []string
	for _, f := range s.Faults {
		fault, err := mocksender.ParseFault(f.Before + f.After)
		if err != nil {
			continue // unreachable: the scenario has been parsed
		}
		fault.Attempt, fault.Event, fault.Chance = f.Attempt, f.Event, f.Chance
		out = append(out, delivery.FaultText(fault))
	}
	return out
}

// isPath reports whether arg is the path of a script, and not the name of one in
// the library.
func isPath(arg string) bool {
	return arg == app.Stdin || strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, ".json")
}

// Load reads the scenario that arg names: one of the library, or a file.
func Load(ctx context.Context, a *app.App, verb, arg string) (*Script, error) {
	data, err := Read(ctx, a, verb, arg)
	if err != nil {
		return nil, err
	}
	s := &Script{}
	file := arg + ".json"
	if isPath(arg) {
		file = app.InputName(arg)
		s.Path = file
	}
	if s.Scenario, err = scenarios.Parse(file, data); err != nil {
		return nil, firstProblem(verb, arg, err)
	}
	// Flags override parts of the script, and each step is shown to people. Parse
	// has checked the form.
	var head struct {
		Reduce *struct{ Failures, ProbeEvery int }
		Steps  []Step
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	s.Source = flat(head.Steps)
	if head.Reduce != nil {
		s.Reduce = &mocksender.HealthPolicy{Failures: head.Reduce.Failures, ProbeEvery: head.Reduce.ProbeEvery}
	}
	return s, nil
}

// Read returns the text of the script that arg names.
func Read(ctx context.Context, a *app.App, verb, arg string) ([]byte, error) {
	if isPath(arg) {
		return a.ReadInput(ctx, verb, arg, MaxSize)
	}
	data, err := scenarios.Source(arg)
	if errors.Is(err, scenarios.ErrUnknown) {
		return nil, unknown(verb, arg)
	}
	return data, err
}

// unknown is the error for a name that is not in the library. A file of that name
// is what is most likely meant.
func unknown(verb, arg string) error {
	for _, file := range []string{arg, arg + ".json"} {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return exit.Usagef("%s: unknown scenario %q; did you mean the file .%c%s?", verb, arg, filepath.Separator, file)
		}
	}
	return exit.Usagef("%s: %w", verb, wording.Unknown("scenario", arg, scenarios.Names(), `; "rtkmock scenarios" lists them, and a file is named by its path`))
}

// firstProblem is the first of a script's problems in one line.
func firstProblem(verb, arg string, err error) error {
	var bad *scenarios.Error
	if !errors.As(err, &bad) || len(bad.Problems) == 0 {
		return exit.Usagef("%s: %s", verb, exit.Plain(err))
	}
	more := ""
	if n := len(bad.Problems) - 1 + bad.Omitted; n > 0 {
		more = fmt.Sprintf(" (and %d more; \"rtkmock scenarios check %s\" lists them)", n, arg)
	}
	return exit.Usagef("%s: %s: %s%s", verb, app.InputName(arg), terminal.OneLine(bad.Problems[0].String()), more)
}

// Complete completes the names of the library, and files.
func Complete(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []cobra.Completion
	for _, name := range scenarios.Names() {
		// Parsing checks a scenario, which takes longer than a shell should wait.
		var head struct{ Title string }
		if data, err := scenarios.Source(name); err == nil {
			_ = json.Unmarshal(data, &head)
		}
		out = append(out, cobra.CompletionWithDesc(name, head.Title))
	}
	return out, cobra.ShellCompDirectiveDefault
}
