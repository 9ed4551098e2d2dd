package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// verb is a verb of the root and what builds its part of the tree.
type verb struct {
	name  string
	build func(*app) *cobra.Command
}

func verbTable() []verb {
	return []verb{
		{"test", testCommand}, {"play", playCommand}, {"send", sendCommand}, {"replay", replayCommand},
		{"serve", serveCommand}, {"receive", receiveCommand},
		{"checks", checksCommand}, {"scenarios", scenariosCommand}, {"schemas", schemasCommand}, {"fixtures", fixturesCommand},
		{"sign", signCommand}, {"verify", verifyCommand}, {"key", keyCommand}, {"report", reportCommand},
		{"selftest", selftestCommand},
		{"completion", completionCommand}, {"version", versionCommand},
	}
}

// firstSteps is what somebody reads who types the program's name alone.
const firstSteps = `rtkmock imitates the webhooks of Cloudflare RealtimeKit, and judges their receivers.

  # a first look: the built-in receiver, judged
  rtkmock test

  # your receiver, started by rtkmock and judged
  rtkmock test http://localhost:3000/webhook -- npm start

  # stand in for the service: key, webhooks API, deliveries
  rtkmock serve --listen 127.0.0.1:9010

"rtkmock help" lists all verbs.`

// newRoot builds the command tree, or as much of it as the command line args
// needs: it runs on every start, and the flags of all verbs take longer than
// anything else before the first answer.
func newRoot(a *app, args ...string) *cobra.Command {
	root := &cobra.Command{
		Use:   "rtkmock",
		Short: "Imitates the webhooks of Cloudflare RealtimeKit, and judges their receivers",
		Long: `rtkmock sends the webhooks of Cloudflare RealtimeKit: coherent meetings, as signed
events with the service's headers and retries. It judges what a receiver makes of
them, and serves the public key that the receiver verifies with. It is for tests
only, and has no connection with Cloudflare.`,
		Example: `  # the built-in reference receiver, judged
  rtkmock test

  # your receiver, which fetches http://127.0.0.1:9010/.well-known/webhooks.json
  rtkmock test http://localhost:3000/webhook --listen 127.0.0.1:9010

  # a scripted meeting, in which answers are lost
  rtkmock play lost-response http://localhost:3000/webhook --listen 127.0.0.1:9010

  # one signed event
  rtkmock send meeting.started http://localhost:3000/webhook`,
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableSuggestions: true,
		CompletionOptions:  cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if isInternal(cmd) {
				return nil
			}
			return a.applyLayers(cmd)
		},
	}
	root.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownVerb(cmd, args[0])
		}
		return nil
	}
	var version bool
	root.RunE = func(*cobra.Command, []string) error {
		if version {
			return a.version(outputText)
		}
		a.logf("%s", firstSteps)
		return exit(ExitUsage)
	}
	root.Flags().BoolVar(&version, "version", false, "print the version, as the verb does")
	annotate(root.Flags().Lookup("version"), annotationNoLayer, "")

	globals := root.PersistentFlags()
	globals.SortFlags = false
	stringFlag(globals, &a.config, "config", "FILE", "settings in YAML or JSON: flags by name, for all verbs or in a section named after one")
	a.color = "auto"
	globals.Var(&value[string]{&a.color, "auto|always|never", parseChoice("auto", "always", "never"), func(s string) string { return s }}, "color", "colours; auto: on a terminal, unless NO_COLOR is set")

	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetHelpFunc(a.help)
	root.SetFlagErrorFunc(flagError)
	table := verbTable()
	if len(args) > 0 {
		if i := slices.IndexFunc(table, func(v verb) bool { return v.name == args[0] }); i >= 0 {
			table = table[i : i+1]
		}
	}
	for _, v := range table {
		root.AddCommand(v.build(a))
	}
	root.SetHelpCommand(helpCommand(a))
	eachCommand(root, func(c *cobra.Command) {
		c.DisableFlagsInUseLine = true
		c.Args = refuseEmpty(c.Args)
		c.Flags().BoolP("help", "h", false, "explain this verb")
		annotate(c.Flags().Lookup("help"), annotationNoLayer, "")
	})
	_ = root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]cobra.Completion{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	return root
}

func parseChoice(choices ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if slices.Contains(choices, s) {
			return s, nil
		}
		return "", found(s, "%s%s", orList(choices), didYouMean(s, choices))
	}
}

// isInternal reports whether cmd is one of the commands that the generated
// completion scripts call.
func isInternal(cmd *cobra.Command) bool { return strings.HasPrefix(cmd.Name(), "__") }

func eachCommand(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, f)
	}
}

// verbs returns the names of a command's subcommands.
func verbs(cmd *cobra.Command) []string {
	var names []string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden && !isInternal(sub) {
			names = append(names, sub.Name())
		}
	}
	return names
}

func unknownVerb(cmd *cobra.Command, word string) error {
	hint := didYouMean(word, verbs(cmd))
	if hint == "" {
		hint = ", want " + orList(verbs(cmd))
	}
	if cmd.HasParent() {
		return usagef("%s: unknown word %q%s", verbPath(cmd), word, hint)
	}
	return usagef("unknown verb %q%s", word, hint)
}

// verbPath is the command as the user typed it, without the program's name.
func verbPath(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// flagError turns what the flag parser found into one line.
func flagError(cmd *cobra.Command, err error) error {
	// The mistyped verb comes first: its flags are unknown because it is.
	if args := cmd.Flags().Args(); cmd.HasAvailableSubCommands() && len(args) > 0 && !slices.Contains(verbs(cmd), args[0]) {
		return unknownVerb(cmd, args[0])
	}
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &missing):
		return usagef("--%s: it needs a value", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return usagef("--%s: %s", invalid.GetFlag().Name, valueProblem(invalid.GetFlag(), invalid.GetValue(), invalid.Unwrap()))
	case errors.As(err, &syntax):
		return usagef("%q is not a flag, want --name or --name=value", "--"+strings.TrimPrefix(syntax.GetSpecifiedFlag(), "--"))
	}
	return usagef("%s", err)
}

// valueProblem says what is wrong with a flag's value.
func valueProblem(f *pflag.Flag, text string, err error) string {
	if f.Value.Type() == "bool" {
		return found(text, "true or false").Error()
	}
	return plain(err)
}

func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	name := err.GetSpecifiedName()
	typed := "--" + name
	if shorts := err.GetSpecifiedShortnames(); shorts != "" {
		typed, name = "-"+shorts, shorts
	}
	own := flagNames(cmd)
	if c := nearest(strings.SplitN(name, "=", 2)[0], own); c != "" {
		return usagef("%s: unknown flag %s; did you mean --%s?", describe(cmd), typed, c)
	}
	if owner := ownerOf(Tree(), name); owner != "" {
		return usagef("%s: unknown flag %s; it is a flag of %q", describe(cmd), typed, owner)
	}
	return usagef("%s: unknown flag %s; \"%s --help\" lists the flags", describe(cmd), typed, cmd.CommandPath())
}

func describe(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return cmd.Name()
	}
	return verbPath(cmd)
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	add := func(f *pflag.Flag) { names = append(names, f.Name) }
	cmd.Flags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	return names
}

// ownerOf returns the first command of the tree that has the flag.
func ownerOf(root *cobra.Command, flag string) string {
	owner := ""
	eachCommand(root, func(c *cobra.Command) {
		if owner == "" && c.Flags().Lookup(flag) != nil {
			owner = c.CommandPath()
		}
	})
	return owner
}

// refuseEmpty refuses an empty word, which only a variable that is not set
// leaves, and then has next look at the words.
func refuseEmpty(next cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		n := len(args)
		if dash := cmd.ArgsLenAtDash(); dash >= 0 {
			n = dash
		}
		if i := slices.Index(args[:n], ""); i >= 0 {
			return usagef("%s: %w", describe(cmd), emptyValue(placeOf(cmd, i)))
		}
		if next == nil {
			return nil
		}
		return next(cmd, args)
	}
}

// placeOf is what the usage line of cmd calls its word number i.
func placeOf(cmd *cobra.Command, i int) string {
	if cmd.HasAvailableSubCommands() {
		return "verb"
	}
	if places := strings.Fields(cmd.Use)[1:]; i < len(places) {
		if name := strings.Trim(places[i], "[]…"); name == strings.ToUpper(name) && !strings.HasPrefix(name, "-") {
			return name
		}
	}
	return "word"
}

// noMore refuses words beyond the first n, naming the first of them.
func noMore(n int, after string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usagef("%s: unexpected %q after %s", verbPath(cmd), args[n], after)
		}
		return nil
	}
}

// interrupted reports whether the call was ended from outside.
func (a *app) interrupted() bool { return a.ctx.Err() != nil }

// errInterrupted ends the call with ExitInterrupted.
func errInterrupted() error { return fmt.Errorf("interrupted: %w", context.Canceled) }
