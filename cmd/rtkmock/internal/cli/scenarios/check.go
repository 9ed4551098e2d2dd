package scenarios

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/script"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/scenarios"
)

func checkCommand(a *app.App) *cobra.Command {
	return command.WithOutput(a, &cobra.Command{
		Use:   "check FILE…",
		Short: "Check scripts of your own",
		Long: `Check scripts: their form, the names they refer to, and that the meeting they describe can
happen. One line a script, and one for each problem. "-" is standard input, and so is no file
at all where standard input is not a terminal. The exit code is 1 if there is a problem.`,
		Example: `  rtkmock scenarios check mine.json
  rtkmock scenarios check --output json scripts/*.json`,
		RunE: func(cmd *cobra.Command, args []string) error { return check(cmd.Context(), a, args) },
	})
}

// checked is the result for one script, in JSON.
type checked struct {
	File       string    `json:"file"`
	Valid      bool      `json:"valid"`
	Title      string    `json:"title,omitempty"`
	Deliveries int       `json:"deliveries,omitempty"`
	Problems   []problem `json:"problems"`
	Omitted    int       `json:"omitted,omitempty"` // further problems
}

type problem struct {
	Step  string `json:"step,omitempty"`
	Field string `json:"field,omitempty"`
	Found string `json:"found"`
	Want  string `json:"want,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

func check(ctx context.Context, a *app.App, names []string) error {
	return a.CheckFiles(ctx, "scenarios check", names, script.MaxSize, func(name string, data []byte) (bool, error) {
		result, err := parse(name, data)
		switch {
		case err != nil:
			return false, err
		case a.Form == terminal.FormJSON:
			return result.Valid, a.JSONLine(result)
		}
		result.print(a)
		return result.Valid, nil
	})
}

// parse checks a script. The error is about the harness alone.
func parse(file string, data []byte) (checked, error) {
	result := checked{File: file, Problems: []problem{}}
	s, err := scenarios.Parse(file, data)
	var bad *scenarios.Error
	switch {
	case err == nil:
		result.Valid, result.Title, result.Deliveries = true, s.Title, s.Deliveries()
	case errors.As(err, &bad):
		for _, p := range bad.Problems {
			result.Problems = append(result.Problems, problem(p))
		}
		result.Omitted = bad.Omitted
	default:
		return result, err
	}
	return result, nil
}

func (r checked) print(a *app.App) {
	file := terminal.OneLine(r.File)
	if r.Valid {
		a.Printf("%s: %s: %s, %s\n", file, a.Paint(terminal.Green, "valid"), terminal.OneLine(r.Title), terminal.Count(r.Deliveries, "delivery", "deliveries"))
		return
	}
	a.Printf("%s: %s: %s\n", file, a.Paint(terminal.Red, "invalid"), terminal.Count(len(r.Problems)+r.Omitted, "problem", "problems"))
	for _, p := range r.Problems {
		a.Printf("%s: %s\n", file, terminal.OneLine(scenarios.Problem(p).String()))
	}
	if r.Omitted > 0 {
		a.Printf("%s: and %d more\n", file, r.Omitted)
	}
}
