package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/checks"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/completion"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/fixtures"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/help"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/initialize"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/intercept"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/key"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/meeting"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/play"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/receive"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/replay"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/report"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/scenarios"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/schemas"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/selftest"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/send"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/serve"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/sign"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/test"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/verify"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli/version"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/config"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/schemas/suggest"
)

// verb is a verb of the root, and what builds its part of the tree.
type verb struct {
	name  string
	build func(*app.App) *cobra.Command
}

// verbs are the verbs in the order of the help text.
func verbs() []verb {
	return []verb{
		{"test", test.NewCommand}, {"init", initialize.NewCommand}, {"doctor", test.NewDoctorCommand}, {"play", play.NewCommand}, {"send", send.NewCommand}, {"replay", replay.NewCommand},
		{"serve", serve.NewCommand}, {"meeting", meeting.NewCommand}, {"intercept", intercept.NewCommand}, {"receive", receive.NewCommand},
		{"checks", checks.NewCommand}, {"scenarios", scenarios.NewCommand}, {"schemas", schemas.NewCommand}, {"fixtures", fixtures.NewCommand},
		{"sign", sign.NewCommand}, {"verify", verify.NewCommand}, {"key", key.NewCommand}, {"report", report.NewCommand},
		{"selftest", selftest.NewCommand},
		{"completion", completion.NewCommand}, {"version", version.NewCommand},
		{"help", help.NewCommand},
	}
}

// Tree returns the command tree, for generators of documentation.
func Tree() *cobra.Command { return newRoot(app.New(nil, terminal.Streams{})) }

// newRoot builds the command tree, or as much of it as the command line args
// needs: it runs on every start, and the flags of all verbs take longer than
// anything else before the first answer.
func newRoot(a *app.App, args ...string) *cobra.Command {
	root := &cobra.Command{
		Use:   "rtkmock",
		Short: "Imitates the webhooks of Cloudflare RealtimeKit, and judges their receivers",
		Long: `rtkmock sends the webhooks of Cloudflare RealtimeKit: coherent meetings, as signed
events with the service's headers and retries. It judges how a receiver handles them,
and serves the public key that the receiver verifies with. It is for tests only, and has
no connection with Cloudflare.`,
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
	}
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help.Print(a.Terminal, cmd) })
	root.SetFlagErrorFunc(flagError)
	command.Group(root, newVerbs(a, args)...)
	root.SetHelpCommand(command.Find(root, "help")) // if it is nil, nobody asks for it
	addFlags(root, a)
	command.Each(root, func(c *cobra.Command) {
		c.DisableFlagsInUseLine = true
		command.CheckWords(c)
		c.Flags().BoolP("help", "h", false, "explain this verb")
		flags.CommandLineOnly(c.Flags().Lookup("help"))
	})
	return root
}

// newVerbs returns the verbs that the command line args may need.
func newVerbs(a *app.App, args []string) []*cobra.Command {
	table := verbs()
	if len(args) > 0 {
		if i := slices.IndexFunc(table, func(v verb) bool { return v.name == args[0] && v.name != "help" }); i >= 0 {
			table = table[i : i+1]
		}
	}
	commands := make([]*cobra.Command, len(table))
	for i, v := range table {
		commands[i] = v.build(a)
	}
	return commands
}

// addFlags adds the flags of the root, and those of all verbs. They are settled
// before a verb runs.
func addFlags(root *cobra.Command, a *app.App) {
	var showVersion bool
	root.Flags().BoolVar(&showVersion, "version", false, "print the version, as the verb does")
	flags.CommandLineOnly(root.Flags().Lookup("version"))
	root.RunE = func(*cobra.Command, []string) error {
		if showVersion {
			return version.Print(a)
		}
		a.Logf("%s", firstSteps)
		return exit.Silent(exit.Usage)
	}

	globals := root.PersistentFlags()
	globals.SortFlags = false
	var file string
	flags.String(globals, &file, "config", "FILE", "settings in YAML or JSON: flags by name, for all verbs or in a section named after one; without it "+config.DefaultFile+", if the working folder has one; "+config.NoFile+": no file")
	colors := []string{"auto", "always", "never"}
	flags.Var(globals, &a.Color, "color", strings.Join(colors, "|"), "colours; auto: on a terminal, unless NO_COLOR is set", flags.OneOf(colors...))
	flags.Complete(root, "color", cobra.FixedCompletions(colors, cobra.ShellCompDirectiveNoFileComp))
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if strings.HasPrefix(cmd.Name(), "__") {
			return nil // a completion script calls it
		}
		return config.Apply(a, cmd, &file, Tree)
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

// flagError turns what the flag parser found into one line.
func flagError(cmd *cobra.Command, err error) error {
	// The mistyped verb comes first: its flags are unknown because it is.
	if args := cmd.Flags().Args(); cmd.HasAvailableSubCommands() && len(args) > 0 && !slices.Contains(command.Verbs(cmd), args[0]) {
		return command.UnknownVerb(cmd, args[0])
	}
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return pflag.ErrHelp
	case errors.As(err, &unknown):
		// The flag may be one of a command to start that stands without "--".
		if strings.Contains(cmd.Use, "COMMAND") && cmd.ArgsLenAtDash() < 0 {
			if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
				return err
			}
		}
		return unknownFlag(cmd, unknown)
	case errors.As(err, &missing):
		return exit.Usagef("--%s: it needs a value", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return exit.Usagef("--%s: %w", invalid.GetFlag().Name, flags.Problem(invalid.GetFlag(), invalid.GetValue(), invalid.Unwrap()))
	case errors.As(err, &syntax):
		return exit.Usagef("%q is not a flag, want --name or --name=value", "--"+strings.TrimPrefix(syntax.GetSpecifiedFlag(), "--"))
	}
	return exit.Usagef("%w", err)
}

func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	name := err.GetSpecifiedName()
	typed := "--" + name
	if shorts := err.GetSpecifiedShortnames(); shorts != "" {
		typed, name = "-"+shorts, shorts
	}
	name, _, _ = strings.Cut(name, "=")
	if c := meantFlags(cmd, name); c != "" {
		return exit.Usagef("%s: unknown flag %s; did you mean %s?", command.Path(cmd), typed, c)
	}
	owner := ""
	command.Each(Tree(), func(c *cobra.Command) {
		if owner == "" && c.Flags().Lookup(name) != nil {
			owner = c.CommandPath()
		}
	})
	if owner != "" {
		return exit.Usagef("%s: unknown flag %s; it is a flag of %q", command.Path(cmd), typed, owner)
	}
	help := "--help"
	if len(flags.ShownFirst(cmd)) > 0 {
		help = "--help-all"
	}
	return exit.Usagef("%s: unknown flag %s; \"%s %s\" lists the flags", command.Path(cmd), typed, cmd.CommandPath(), help)
}

// meantFlags names the flags of cmd that the unknown flag name most likely means, as the
// end of a question, or "".
func meantFlags(cmd *cobra.Command, name string) string {
	if _, err := formats.Lookup(name); err == nil && cmd.Flag("report") != nil {
		return "--report " + name + "=FILE"
	}
	// What other programs call by these names is no matter of letters.
	meant := map[string][]string{
		"port": {"listen", "port-env"}, "host": {"listen"}, "bind": {"listen"}, "addr": {"listen"},
		"key-url": {"key-env", "listen"}, "out": {"report", "output"},
	}[name]
	var found []string
	for _, flag := range meant {
		if cmd.Flag(flag) != nil {
			found = append(found, "--"+flag)
		}
	}
	if near := suggest.Nearest(name, flags.Names(cmd.Flags(), cmd.InheritedFlags())); len(found) == 0 && near != "" {
		found = append(found, "--"+near)
	}
	return wording.OrList(found)
}
