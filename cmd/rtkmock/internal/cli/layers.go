package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// envPrefix begins the environment variable of every flag.
const envPrefix = "RTKMOCK_"

// envName is the environment variable of a flag: RTKMOCK_EFFECTS_URL for
// effects-url.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// repeatable is a flag that takes several values.
type repeatable interface{ repeatable() }

// applyLayers fills in the flags of cmd that the command line leaves open: from
// the environment, then from the configuration file.
func (a *app) applyLayers(cmd *cobra.Command) error {
	a.warnAboutEnvironment()
	if err := a.applyEnvironment(cmd); err != nil {
		return err
	}
	if a.config == "" {
		return nil
	}
	settings, err := a.readConfig(cmd)
	if err != nil {
		return err
	}
	return a.applySettings(cmd, settings)
}

// layered calls f for each flag of cmd that nothing has set yet.
func layered(cmd *cobra.Command, f func(*pflag.Flag) error) error {
	var first error
	visit := func(flag *pflag.Flag) {
		if first == nil && !flag.Changed && flag.Annotations[annotationNoLayer] == nil {
			first = f(flag)
		}
	}
	cmd.Flags().VisitAll(visit) // the inherited ones are among them
	return first
}

func (a *app) applyEnvironment(cmd *cobra.Command) error {
	return layered(cmd, func(f *pflag.Flag) error {
		name := envName(f.Name)
		text := a.env[name]
		// An empty variable is none: this is what CI systems pass on for a
		// setting that was not made.
		if text == "" {
			return nil
		}
		values := []string{text}
		if _, several := f.Value.(repeatable); several {
			values = values[:0]
			for line := range strings.Lines(text) {
				if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
					values = append(values, line)
				}
			}
		}
		return a.setFlag(f, name, values)
	})
}

// setFlag gives a flag values that come from origin.
func (a *app) setFlag(f *pflag.Flag, origin string, values []string) error {
	for _, v := range values {
		if err := f.Value.Set(v); err != nil {
			return usagef("%s: %s", origin, valueProblem(f, v, err))
		}
	}
	f.Changed = true
	a.origins[f.Name] = origin
	return nil
}

// setting is one flag's value in the configuration file.
type setting struct {
	origin string // file and line
	values []string
	single bool // not a list in the file
}

func (a *app) applySettings(cmd *cobra.Command, settings map[string]setting) error {
	return layered(cmd, func(f *pflag.Flag) error {
		s, ok := settings[f.Name]
		if !ok {
			return nil
		}
		if _, several := f.Value.(repeatable); !several && !s.single {
			return usagef("%s: found several values, want one", s.origin)
		}
		return a.setFlag(f, s.origin, s.values)
	})
}

// warnAboutEnvironment points at variables that look like a mistyped setting.
// Others that begin with the prefix belong to somebody else.
func (a *app) warnAboutEnvironment() {
	var suspects []string
	for name := range a.env {
		if strings.HasPrefix(name, envPrefix) {
			suspects = append(suspects, name)
		}
	}
	if len(suspects) == 0 {
		return
	}
	known := map[string]bool{}
	var names []string
	eachCommand(Tree(), func(c *cobra.Command) {
		for _, flag := range flagNames(c) {
			if name := envName(flag); !known[name] {
				known[name] = true
				names = append(names, name)
			}
		}
	})
	slices.Sort(suspects)
	slices.Sort(names)
	for _, name := range suspects {
		if known[name] {
			continue
		}
		// Only the part after the prefix is compared: it is short enough for
		// the distance to mean something.
		bare := make([]string, len(names))
		for i, n := range names {
			bare[i] = strings.TrimPrefix(n, envPrefix)
		}
		if c := nearest(strings.TrimPrefix(name, envPrefix), bare); c != "" {
			a.logf("rtkmock: warning: the environment variable %s sets nothing; did you mean %s%s?", name, envPrefix, c)
		}
	}
}

// place names a line of the configuration file.
func place(file string, line int, key string) string {
	return fmt.Sprintf("%s:%d: %s", file, line, key)
}
