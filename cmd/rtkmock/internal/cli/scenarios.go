package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/scenarios"
)

func scenariosCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "scenarios",
		Short: "List and show the scripted meetings, and check your own",
		Long:  "List the scenarios that \"rtkmock play\" knows by name, show one, or check scripts of your own. Without a verb of its own it lists.",
		Example: `  rtkmock scenarios
  rtkmock scenarios show lost-response --output text
  rtkmock scenarios show weekly-sync > mine.json
  rtkmock scenarios check mine.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return a.scenariosList(output) },
	}
	outputFlag(cmd, &output)
	cmd.AddCommand(scenariosListCommand(a), scenariosShowCommand(a), scenariosCheckCommand(a))
	return cmd
}

func scenariosListCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the library",
		Long:  "List the scenarios of the library: name, how many deliveries a play makes, and what happens.",
		Example: `  rtkmock scenarios list
  rtkmock scenarios list --output json`,
		Args:              noMore(0, `"scenarios list"`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.scenariosList(output) },
	}
	outputFlag(cmd, &output)
	return cmd
}

// scenarioEntry is a scenario in JSON.
type scenarioEntry struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Note        string `json:"note"`
	Expectation string `json:"expectation"`
	Deliveries  int    `json:"deliveries"`
}

func (a *app) scenariosList(output string) error {
	var entries []scenarioEntry
	for _, name := range scenarios.Names() {
		s, err := scenarios.Load(name)
		if err != nil {
			return err
		}
		entries = append(entries, scenarioEntry{s.Name, s.Title, s.Note, s.Expectation, s.Deliveries()})
	}
	if output == outputJSON {
		return a.printJSON(notNil(entries))
	}
	rows := [][]string{{"NAME", "DELIVERIES", "TITLE"}}
	for _, e := range entries {
		rows = append(rows, []string{e.Name, strconv.Itoa(e.Deliveries), e.Title})
	}
	a.table(rows)
	return nil
}

func scenariosShowCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "show NAME|FILE",
		Short: "Print a scenario",
		Long: `Print a script as it stands, to start one of your own from, or with --output text as a list
of steps to read. A file is named by its path.`,
		Example: `  rtkmock scenarios show weekly-sync > mine.json
  rtkmock scenarios show lost-response --output text`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("scenarios show: found no name, want one such as weekly-sync")
			}
			return noMore(1, "the name")(cmd, args)
		},
		ValidArgsFunction: completeScripts(true),
		RunE:              func(_ *cobra.Command, args []string) error { return a.scenariosShow(args[0], output) },
	}
	choiceFlag(cmd, &output, "output", outputJSON, []string{outputText, outputJSON}, "the script itself, or a list of its steps")
	return cmd
}

func (a *app) scenariosShow(arg, output string) error {
	const verb = "scenarios show"
	if output == outputJSON {
		source, _, err := a.readScript(verb, arg)
		if err != nil {
			return err
		}
		a.printf("%s\n", strings.TrimRight(string(source), "\n"))
		return nil
	}
	s, err := a.loadScript(verb, arg)
	if err != nil {
		return err
	}
	on := a.colored(a.streams.OutIsTTY)
	a.printf("%s  %s\n", paint(on, bold, oneLine(s.Name)), oneLine(s.Title))
	for _, part := range [][2]string{{"hazard", s.Note}, {"expected", s.Expectation}} {
		if part[1] != "" {
			a.writeWrapped(fmt.Sprintf("%-10s", part[0]), 10, oneLine(part[1]))
		}
	}
	a.printf("\n")
	rows := [][]string{{"STEP", "AFTER", "EXPECTED", "WHAT IT DOES"}}
	for i, step := range s.Steps() {
		expect := string(step.Expect)
		if step.Deliveries > 1 {
			expect = fmt.Sprintf("%d %s", step.Deliveries, expect)
		}
		rows = append(rows, []string{step.Number, oneLine(s.source[i].After), expect, whatItDoes(step, s.source[i])})
	}
	a.table(rows)
	a.printf("\n%s\n", countOf(s.Deliveries(), "delivery", "deliveries"))
	return nil
}

// whatItDoes is a step in a line.
func whatItDoes(info scenarios.StepInfo, source scriptStep) string {
	what := info.Do
	if source.Background {
		what += ", in the background"
	}
	if faults := source.faults(); len(faults) > 0 {
		what += "; faults: " + strings.Join(faults, "; ")
	}
	if info.Note != "" {
		what += " (" + info.Note + ")"
	}
	return oneLine(what)
}

// countOf is "1 delivery", "2 deliveries".
func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
