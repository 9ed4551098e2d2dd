package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/schemas"
)

// maxInstance bounds what is read of a file to check.
const maxInstance = 64 << 20

// stdinName stands for standard input among file names.
const stdinName = "-"

type schemasCheckFlags struct {
	strict bool
	schema string
	output string
}

func schemasCheckCommand(a *app) *cobra.Command {
	var f schemasCheckFlags
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
		RunE: func(_ *cobra.Command, args []string) error { return a.schemasCheck(args, f) },
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.strict, "strict", false, "admit only what rtkmock generates: no unknown member, formats asserted")
	stringFlag(fs, &f.schema, "schema", "NAME", "check against this schema instead of the event's")
	complete(cmd, "schema", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words(schemas.Names()), cobra.ShellCompDirectiveNoFileComp
	})
	outputFlag(cmd, &f.output)
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

func (a *app) schemasCheck(files []string, f schemasCheckFlags) error {
	if f.schema != "" {
		if err := knownSchema(f.schema); err != nil {
			return a.bad("schema", "%s", err)
		}
	}
	return a.checkFiles("schemas check", files, maxInstance, func(name string, data []byte) (bool, error) {
		result, err := checkInstance(name, data, f)
		if err != nil {
			return false, err
		}
		return result.Valid, a.printInstance(result, f.output)
	})
}

// checkFiles has check read each of files, or standard input. An error of check
// ends it; a file that cannot be read does not.
func (a *app) checkFiles(verb string, files []string, limit int64, check func(name string, data []byte) (valid bool, err error)) error {
	if len(files) == 0 {
		if a.streams.InIsTTY {
			return usagef("%s: found no file, want FILE…, or - for standard input", verb)
		}
		files = []string{stdinName}
	}
	if i := slices.Index(files, stdinName); i >= 0 && slices.Contains(files[i+1:], stdinName) {
		return usagef("%s: standard input (-) is given twice", verb)
	}
	code := ExitOK
	for _, file := range files {
		data, err := a.readInput(file, limit)
		if errors.Is(err, errInput) {
			a.logf("rtkmock: %s: %s", oneLine(inputName(file)), oneLine(err.Error()))
			code = ExitUsage
			continue
		}
		if err != nil {
			return err
		}
		valid, err := check(inputName(file), data)
		if err != nil {
			return err
		}
		if !valid && code == ExitOK {
			code = ExitNonconformant
		}
	}
	return exit(code)
}

// errInput is matched by errors of readInput about the file itself.
var errInput = errors.New("cannot be read")

type inputError struct{ problem }

func (*inputError) Is(target error) bool { return target == errInput }

// readInput reads a file, or standard input until the call is interrupted.
func (a *app) readInput(file string, limit int64) ([]byte, error) {
	if file != stdinName {
		data, err := readFile(file, limit)
		if err != nil {
			return nil, &inputError{problem{fileProblem(err)}}
		}
		return data, nil
	}
	type result struct {
		data []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		if a.streams.In == nil {
			read <- result{}
			return
		}
		data, err := io.ReadAll(io.LimitReader(a.streams.In, limit+1))
		if err == nil && int64(len(data)) > limit {
			err = fmt.Errorf("it is larger than %d bytes", limit)
		}
		read <- result{data, err}
	}()
	select {
	case <-a.ctx.Done():
		return nil, errInterrupted()
	case r := <-read:
		if r.err != nil {
			return nil, &inputError{problem{fileProblem(r.err)}}
		}
		return r.data, nil
	}
}

func inputName(file string) string {
	if file == stdinName {
		return "standard input"
	}
	return file
}

// checkInstance validates one file. The error is about the harness alone.
func checkInstance(file string, data []byte, f schemasCheckFlags) (instance, error) {
	reading := schemas.Open
	if f.strict {
		reading = schemas.Strict
	}
	result := instance{File: file, Schema: f.schema, Reading: reading.String(), Problems: []finding{}}
	var err error
	event := f.schema
	if f.schema == "" {
		event, err = schemas.ValidateEvent(data, reading)
		result.Schema = event
	} else {
		err = schemas.Validate(f.schema, reading, data)
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
	case f.schema != "":
		return result, usagef("schemas check: %s", plain(err))
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

func (a *app) printInstance(r instance, output string) error {
	if output == outputJSON {
		return a.printJSONLine(r)
	}
	on := a.colored(a.streams.OutIsTTY)
	if r.Valid {
		a.printf("%s: %s: %s\n", oneLine(r.File), paint(on, green, "valid"), r.Schema)
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
	a.printf("%s: %s%s\n", oneLine(r.File), paint(on, red, text), oneLine(reason))
	return nil
}

func quote(s string) string { return strconv.Quote(s) }
