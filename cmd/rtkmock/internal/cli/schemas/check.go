package schemas

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/schemas"
)

// maxInstance bounds what is read of a file to check.
const maxInstance = 64 << 20

type checkOptions struct {
	*app.App
	strict bool
	schema string
}

func checkCommand(a *app.App) *cobra.Command {
	o := &checkOptions{App: a}
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Check JSON files against the schemas",
		Long: `Check files that hold one JSON value each, one line a file. An event is checked against
the schema that its member "event" names; --schema names another. "-" is standard input, and
so is no file at all where standard input is not a terminal.

The open reading admits members that the guide does not show and forms that only practice
shows; --strict admits what rtkmock itself generates. The exit code is 1 if a file is invalid.`,
		Example: `  rtkmock schemas check captured.json
  rtkmock schemas check --strict events/*.json
  curl -s http://127.0.0.1:9010/.well-known/webhooks.json | rtkmock schemas check --schema key-document -`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	fs := cmd.Flags()
	fs.BoolVar(&o.strict, "strict", false, "admit only what rtkmock generates: no unknown member, formats asserted")
	flags.String(fs, &o.schema, "schema", "NAME", "check against this schema instead of the event's")
	flags.Complete(cmd, "schema", cobra.FixedCompletions(schemas.Names(), cobra.ShellCompDirectiveNoFileComp))
	flags.Output(cmd, &o.Form, "form of the result")
	return cmd
}

// instance is the result for one file, in JSON.
type instance struct {
	File     string    `json:"file"`
	Valid    bool      `json:"valid"`
	Schema   string    `json:"schema,omitempty"`
	Reading  string    `json:"reading"`
	Problems []finding `json:"problems"`
}

type finding struct {
	Path  string `json:"path"`
	Found string `json:"found"`
	Want  string `json:"want"`
	Hint  string `json:"hint,omitempty"` // what a misspelt word most likely means
}

func (o *checkOptions) run(ctx context.Context, names []string) error {
	if o.schema != "" {
		if err := known(o.schema); err != nil {
			return o.BadFlag("schema", "%w", err)
		}
	}
	return o.CheckFiles(ctx, "schemas check", names, maxInstance, func(name string, data []byte) (bool, error) {
		result, err := o.validate(name, data)
		if err != nil {
			return false, err
		}
		return result.Valid, o.print(result)
	})
}

// validate checks one file. The error is about the harness alone.
func (o *checkOptions) validate(file string, data []byte) (instance, error) {
	reading := schemas.Open
	if o.strict {
		reading = schemas.Strict
	}
	result := instance{File: file, Schema: o.schema, Reading: reading.String(), Problems: []finding{}}
	var err error
	event := o.schema
	if o.schema == "" {
		event, err = schemas.ValidateEvent(data, reading)
		result.Schema = event
	} else {
		err = schemas.Validate(o.schema, reading, data)
	}
	if err == nil && slices.Contains(schemas.Events(), event) {
		err = timesProblem(data, reading)
	}
	var invalid *schemas.Error
	switch {
	case err == nil:
		result.Valid = true
	case errors.As(err, &invalid):
		for _, p := range invalid.Problems {
			result.Problems = append(result.Problems, finding(p))
		}
	case o.schema != "":
		return result, exit.Usagef("schemas check: %s", exit.Plain(err))
	default:
		return result, err
	}
	return result, nil
}

// timesProblem says how the times of an event are out of order. The open
// reading passes over the duration of a recording: practice has it as 0.
func timesProblem(data []byte, r schemas.Reading) error {
	err := schemas.CheckTimes(data)
	var invalid *schemas.Error
	if r == schemas.Strict || !errors.As(err, &invalid) {
		return err
	}
	rest := *invalid
	rest.Problems = nil
	for _, p := range invalid.Problems {
		if !strings.HasSuffix(p.Path, ".recordingDuration") {
			rest.Problems = append(rest.Problems, p)
		}
	}
	if len(rest.Problems) == 0 {
		return nil
	}
	return &rest
}

func (o *checkOptions) print(r instance) error {
	if o.Form == terminal.FormJSON {
		return o.JSONLine(r)
	}
	file := terminal.OneLine(r.File)
	if r.Valid {
		o.Printf("%s: %s: %s\n", file, o.Paint(terminal.Green, "valid"), r.Schema)
		return nil
	}
	text := "invalid"
	if r.Schema != "" {
		text += " " + r.Schema
	}
	reason := ""
	if len(r.Problems) > 0 {
		reason = ": " + schemas.Problem(r.Problems[0]).String()
	}
	if more := len(r.Problems) - 1; more > 0 {
		reason += fmt.Sprintf(" (and %d more; --output json lists them)", more)
	}
	o.Printf("%s: %s%s\n", file, o.Paint(terminal.Red, text), terminal.OneLine(reason))
	return nil
}
