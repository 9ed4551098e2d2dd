package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// maxScript bounds what is read of a script.
const maxScript = 16 << 20

// script is a scenario and where it comes from.
type script struct {
	*scenarios.Scenario
	path   string // of its file; empty: of the library
	reduce *mocksender.HealthPolicy
	source []scriptStep // in the order of Scenario.Steps
}

// scriptStep is what is read of a step beside the scenario, for people.
type scriptStep struct {
	After      string
	Background bool
	Faults     []struct {
		Attempt       int
		Event         rtk.EventType
		Before, After string
		Chance        float64
	}
	Steps []scriptStep
}

// flat returns steps in the order of Scenario.Steps: those inside a block
// after the block.
func flat(steps []scriptStep) []scriptStep {
	var out []scriptStep
	for _, s := range steps {
		out = append(append(out, s), flat(s.Steps)...)
	}
	return out
}

// faults are the step's faults, as --fault writes them.
func (s scriptStep) faults() []string {
	var out []string
	for _, f := range s.Faults {
		fault, err := mocksender.ParseFault(f.Before + f.After)
		if err != nil {
			continue // unreachable: the scenario has been parsed
		}
		fault.Attempt, fault.Event, fault.Chance = f.Attempt, f.Event, f.Chance
		out = append(out, faultSpec(fault))
	}
	return out
}

// isPath tells the path of a script from the name of one in the library.
func isPath(arg string) bool {
	return arg == stdinName || strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, ".json")
}

// loadScript reads the scenario that arg names: one of the library, or a file.
func (a *app) loadScript(verb, arg string) (*script, error) {
	data, file, err := a.readScript(verb, arg)
	if err != nil {
		return nil, err
	}
	s := &script{}
	if isPath(arg) {
		s.path = file
	}
	if s.Scenario, err = scenarios.Parse(file, data); err != nil {
		return nil, scriptMistake(verb, arg, err)
	}
	// What a verb says in place of it has to be held against it, and what it
	// says of each step is to be shown. Parse has checked its form.
	var head struct {
		Reduce *struct{ Failures, ProbeEvery int }
		Steps  []scriptStep
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	s.source = flat(head.Steps)
	if head.Reduce != nil {
		s.reduce = &mocksender.HealthPolicy{Failures: head.Reduce.Failures, ProbeEvery: head.Reduce.ProbeEvery}
	}
	return s, nil
}

// readScript returns the source of a script and the name of its file.
func (a *app) readScript(verb, arg string) (data []byte, file string, err error) {
	if isPath(arg) {
		data, err := a.readInput(arg, maxScript)
		if errors.Is(err, errInput) {
			return nil, "", usagef("%s: %s: %s", verb, oneLine(inputName(arg)), err)
		}
		return data, inputName(arg), err
	}
	data, err = scenarios.Source(arg)
	if errors.Is(err, scenarios.ErrUnknown) {
		return nil, "", usagef("%s: unknown scenario %s%s", verb, quote(arg), scenarioHint(arg))
	}
	return data, arg + ".json", err
}

// scenarioHint says what somebody may have meant by the name of a scenario that
// is not there.
func scenarioHint(arg string) string {
	for _, file := range []string{arg, arg + ".json"} {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return fmt.Sprintf("; did you mean the file .%c%s?", filepath.Separator, file)
		}
	}
	if hint := didYouMean(arg, scenarios.Names()); hint != "" {
		return hint
	}
	return `; "rtkmock scenarios" lists them, and a file is named by its path`
}

// scriptMistake is the first of a script's problems in one line.
func scriptMistake(verb, arg string, err error) error {
	var bad *scenarios.Error
	if !errors.As(err, &bad) || len(bad.Problems) == 0 {
		return usagef("%s: %s", verb, plain(err))
	}
	more := ""
	if n := len(bad.Problems) - 1 + bad.Omitted; n > 0 {
		more = fmt.Sprintf(" (and %d more; \"rtkmock scenarios check %s\" lists them)", n, arg)
	}
	return usagef("%s: %s: %s%s", verb, oneLine(inputName(arg)), oneLine(bad.Problems[0].String()), more)
}

// completeScripts completes the names of the library. Files are completed
// beside them.
func completeScripts(files bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var out []cobra.Completion
		for _, name := range scenarios.Names() {
			out = append(out, cobra.CompletionWithDesc(name, scenarioTitle(name)))
		}
		if files {
			return out, cobra.ShellCompDirectiveDefault
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// scenarioTitle is the title of a scenario of the library, without the time
// that it takes to check it.
func scenarioTitle(name string) string {
	data, err := scenarios.Source(name)
	if err != nil {
		return ""
	}
	var head struct{ Title string }
	_ = json.Unmarshal(data, &head)
	return head.Title
}
