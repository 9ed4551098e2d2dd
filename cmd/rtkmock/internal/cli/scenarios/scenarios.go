// Package scenarios is "rtkmock scenarios": the library of scripted meetings, and
// a check of scripts of the user's own.
package scenarios

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/script"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/scenarios"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	return command.Group(&cobra.Command{
		Use:   "scenarios",
		Short: "List and show the scripted meetings, and check your own",
		Long:  "List the scenarios that \"rtkmock play\" knows by name, show one, or check scripts of your own. Without a verb of its own it lists.",
		Example: `  rtkmock scenarios
  rtkmock scenarios show lost-response --output text
  rtkmock scenarios show weekly-sync > mine.json
  rtkmock scenarios check mine.json`,
	}, listCommand(a), showCommand(a), checkCommand(a))
}

func listCommand(a *app.App) *cobra.Command {
	return command.WithOutput(a, &cobra.Command{
		Use:   "list",
		Short: "List the library",
		Long:  "List the scenarios of the library: name, how many deliveries a play makes, and what happens.",
		Example: `  rtkmock scenarios list
  rtkmock scenarios list --output json`,
		RunE: func(*cobra.Command, []string) error { return list(a) },
	})
}

// entry is a scenario in JSON.
type entry struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Note        string `json:"note"`
	Expectation string `json:"expectation"`
	Deliveries  int    `json:"deliveries"`
}

func list(a *app.App) error {
	entries := []entry{}
	rows := [][]string{{"NAME", "DELIVERIES", "TITLE"}}
	for _, name := range scenarios.Names() {
		s, err := scenarios.Load(name)
		if err != nil {
			return err
		}
		entries = append(entries, entry{s.Name, s.Title, s.Note, s.Expectation, s.Deliveries()})
		rows = append(rows, []string{s.Name, strconv.Itoa(s.Deliveries()), s.Title})
	}
	return a.Listing(entries, rows)
}

func showCommand(a *app.App) *cobra.Command {
	var form terminal.Form
	cmd := &cobra.Command{
		Use:   "show NAME|FILE",
		Short: "Print a scenario",
		Long: `Print a script as it stands, to start one of your own from, or with --output text as a list
of steps to read. A file is named by its path.`,
		Example: `  rtkmock scenarios show weekly-sync > mine.json
  rtkmock scenarios show lost-response --output text`,
		Args:              command.Args(1, 1, "no name, want one such as weekly-sync", "the name"),
		ValidArgsFunction: script.Complete,
		RunE:              func(cmd *cobra.Command, args []string) error { return show(cmd.Context(), a, args[0], form) },
	}
	flags.Choice(cmd, &form, "output", terminal.FormJSON, []terminal.Form{terminal.FormText, terminal.FormJSON}, "the script itself, or a list of its steps")
	return cmd
}

func show(ctx context.Context, a *app.App, arg string, form terminal.Form) error {
	const verb = "scenarios show"
	if form == terminal.FormJSON {
		source, err := script.Read(ctx, a, verb, arg)
		if err != nil {
			return err
		}
		a.Printf("%s\n", strings.TrimRight(string(source), "\n"))
		return nil
	}
	s, _, err := script.Load(ctx, a, verb, arg)
	if err != nil {
		return err
	}
	a.Printf("%s  %s\n", a.Paint(terminal.Bold, terminal.OneLine(s.Name)), terminal.OneLine(s.Title))
	for _, part := range [][2]string{{"hazard", s.Note}, {"expected", s.Expectation}} {
		if part[1] != "" {
			a.Wrapped(fmt.Sprintf("%-10s", part[0]), 10, part[1])
		}
	}
	a.Printf("\n")
	rows := [][]string{{"STEP", "AFTER", "EXPECTED", "WHAT IT DOES"}}
	for _, step := range s.Steps() {
		expect := string(step.Expect)
		if step.Deliveries > 1 {
			expect = fmt.Sprintf("%d %s", step.Deliveries, expect)
		}
		rows = append(rows, []string{step.Number, step.After, expect, describe(step)})
	}
	a.Table(rows)
	a.Printf("\n%s\n", terminal.Count(s.Deliveries(), "delivery", "deliveries"))
	return nil
}

// describe is what a step does, in a line.
func describe(step scenarios.StepInfo) string {
	what := step.Do
	if step.Background {
		what += ", in the background"
	}
	if len(step.Faults) > 0 {
		what += "; faults: " + strings.Join(delivery.FaultTexts(step.Faults), "; ")
	}
	if step.Note != "" {
		what += " (" + step.Note + ")"
	}
	return what
}
