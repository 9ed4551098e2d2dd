// Package config fills in the flags that the command line leaves open: from the
// environment, then from the configuration file. Each setting is a flag by its
// name, so that no setting exists twice.
package config

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/schemas/suggest"
)

// DefaultFile is read from the working folder where no other file is named.
const DefaultFile = "rtkmock.yaml"

// NoFile in the place of a file's name has none read.
const NoFile = "none"

// Apply fills in the flags of cmd. file points to the value of --config, which
// the environment may set. tree returns the whole tree of commands: a setting of
// another verb is no mistake.
func Apply(a *app.App, cmd *cobra.Command, file *string, tree func() *cobra.Command) error {
	warnAboutEnvironment(a, tree)
	if err := applyEnvironment(a, cmd); err != nil {
		return err
	}
	name := *file
	if name == "" && readsDefault(cmd) {
		name = DefaultFile
	}
	if name == "" || name == NoFile {
		return nil
	}
	settings, err := readFile(a, name, cmd, tree())
	if err != nil {
		return err
	}
	var made []string
	err = eachOpen(cmd, func(f *pflag.Flag) error {
		s, ok := settings[f.Name]
		switch {
		case !ok:
			return nil
		case !s.single && !flags.IsList(f):
			return exit.Usagef("%s: found several values, want one", s.origin)
		}
		made = append(made, f.Name)
		return set(a, f, s.origin, s.values)
	})
	if err == nil && *file == "" {
		slices.Sort(made)
		a.Settings.File, a.Settings.Without, a.Settings.Flags = DefaultFile, "--config "+NoFile, made
		if cmd.Flags().Lookup("url") == nil { // else the verb knows what the words for the target outweigh
			a.NoteSettings()
		}
	}
	return err
}

// readsDefault reports that cmd takes settings from the DefaultFile, and that there is
// one. Verbs that help with mistakes work beside a file with mistakes.
func readsDefault(cmd *cobra.Command) bool {
	verb := cmd
	for verb.HasParent() && verb.Parent().HasParent() {
		verb = verb.Parent()
	}
	if !verb.HasParent() || slices.Contains([]string{"init", "help", "completion", "version"}, verb.Name()) {
		return false
	}
	_, err := os.Stat(DefaultFile)
	return !errors.Is(err, fs.ErrNotExist)
}

// prefix begins the environment variable of every flag.
const prefix = "RTKMOCK_"

// variable is the environment variable of a flag: RTKMOCK_EFFECTS_URL for
// effects-url.
func variable(flag string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func applyEnvironment(a *app.App, cmd *cobra.Command) error {
	return eachOpen(cmd, func(f *pflag.Flag) error {
		name := variable(f.Name)
		text := a.Env[name]
		// An empty variable is none: CI systems pass one on for a setting that was
		// not made.
		if text == "" {
			return nil
		}
		if !flags.IsList(f) {
			return set(a, f, name, []string{text})
		}
		var values []string
		for line := range strings.Lines(text) {
			if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
				values = append(values, line)
			}
		}
		return set(a, f, name, values)
	})
}

// eachOpen calls f for each flag of cmd that nothing has set yet, until it fails.
func eachOpen(cmd *cobra.Command, f func(*pflag.Flag) error) error {
	var failed error
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { // the inherited ones are among them
		if failed == nil && !flag.Changed && !flags.IsCommandLineOnly(flag) {
			failed = f(flag)
		}
	})
	return failed
}

// set gives a flag values that come from origin.
func set(a *app.App, f *pflag.Flag, origin string, values []string) error {
	for _, v := range values {
		if err := f.Value.Set(v); err != nil {
			return exit.Usagef("%s: %w", origin, flags.Problem(f, v, err))
		}
	}
	f.Changed = true
	a.Origins[f.Name] = origin
	return nil
}

// warnAboutEnvironment reports variables that look like a mistyped setting.
// Others that begin with the prefix belong to somebody else.
func warnAboutEnvironment(a *app.App, tree func() *cobra.Command) {
	var found []string
	for name := range a.Env {
		if bare, ok := strings.CutPrefix(name, prefix); ok {
			found = append(found, bare)
		}
	}
	if len(found) == 0 {
		return
	}
	var known []string
	command.Each(tree(), func(c *cobra.Command) {
		for _, flag := range flags.Names(c.Flags(), c.InheritedFlags()) {
			known = append(known, strings.TrimPrefix(variable(flag), prefix))
		}
	})
	slices.Sort(found)
	slices.Sort(known)
	// Without the prefix the names are short enough for the distance between them
	// to mean something.
	for _, name := range found {
		if slices.Contains(known, name) {
			continue
		}
		if c := suggest.Nearest(name, known); c != "" {
			a.Warnf("the environment variable %s sets nothing; did you mean %s?", prefix+name, prefix+c)
		}
	}
}
