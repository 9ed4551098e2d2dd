package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/scenarios"
)

func scenariosCheckCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Check scripts of your own",
		Long: `Check scripts: their form, the names they refer to, and that the meeting they describe can
happen. One line a script, and one for each problem. "-" is standard input, and so is no file
at all where standard input is not a terminal. The exit code is 1 if there is a problem.`,
		Example: `  rtkmock scenarios check mine.json
  rtkmock scenarios check --output json scripts/*.json`,
		RunE: func(_ *cobra.Command, args []string) error { return a.scenariosCheck(args, output) },
	}
	outputFlag(cmd, &output)
	return cmd
}

// checkedScript is the result for one script, in JSON.
type checkedScript struct {
	File       string          `json:"file"`
	Valid      bool            `json:"valid"`
	Title      string          `json:"title,omitempty"`
	Deliveries int             `json:"deliveries,omitempty"`
	Problems   []scriptProblem `json:"problems"`
	Omitted    int             `json:"omitted,omitempty"` // further problems
}

type scriptProblem struct {
	Step  string `json:"step,omitempty"`
	Field string `json:"field,omitempty"`
	Found string `json:"found"`
	Want  string `json:"want,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

func (a *app) scenariosCheck(files []string, output string) error {
	return a.checkFiles("scenarios check", files, maxScript, func(name string, data []byte) (bool, error) {
		result, err := checkScript(name, data)
		if err != nil {
			return false, err
		}
		if output == outputJSON {
			return result.Valid, a.printJSONLine(result)
		}
		a.printScript(result)
		return result.Valid, nil
	})
}

// checkScript parses a script. The error is about the harness alone.
func checkScript(file string, data []byte) (checkedScript, error) {
	result := checkedScript{File: file, Problems: []scriptProblem{}}
	s, err := scenarios.Parse(file, data)
	var bad *scenarios.Error
	switch {
	case err == nil:
		result.Valid, result.Title, result.Deliveries = true, s.Title, s.Deliveries()
	case errors.As(err, &bad):
		for _, p := range bad.Problems {
			result.Problems = append(result.Problems, scriptProblem(p))
		}
		result.Omitted = bad.Omitted
	default:
		return result, err
	}
	return result, nil
}

func (a *app) printScript(r checkedScript) {
	on := a.colored(a.streams.OutIsTTY)
	if r.Valid {
		a.printf("%s: %s: %s, %s\n", oneLine(r.File), paint(on, green, "valid"), oneLine(r.Title), countOf(r.Deliveries, "delivery", "deliveries"))
		return
	}
	a.printf("%s: %s: %s\n", oneLine(r.File), paint(on, red, "invalid"), countOf(len(r.Problems)+r.Omitted, "problem", "problems"))
	for _, p := range r.Problems {
		a.printf("%s: %s\n", oneLine(r.File), oneLine(scenarios.Problem(p).String()))
	}
	if r.Omitted > 0 {
		a.printf("%s: and %d more\n", oneLine(r.File), r.Omitted)
	}
}
