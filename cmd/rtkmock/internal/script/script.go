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
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/scenarios"
)

// MaxSize bounds what is read of a script.
const MaxSize = 16 << 20

// isPath reports whether arg is the path of a script, and not the name of one in
// the library.
func isPath(arg string) bool {
	return arg == app.Stdin || strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, ".json")
}

// Load reads the scenario that arg names: one of the library, or a file, which path
// names then.
func Load(ctx context.Context, a *app.App, verb, arg string) (s *scenarios.Scenario, path string, err error) {
	data, err := Read(ctx, a, verb, arg)
	if err != nil {
		return nil, "", err
	}
	file := arg + ".json"
	if isPath(arg) {
		path = app.InputName(arg)
		file = path
	}
	if s, err = scenarios.Parse(file, data); err != nil {
		return nil, "", firstProblem(verb, arg, err)
	}
	return s, path, nil
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
