// Package command helps to build the tree of commands: it checks the words of a
// verb, and walks the tree. It knows no verb.
package command

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
)

// Args checks the number of words of a verb. Where there are fewer than min, the
// error says that missing was found, such as "no event, want one such as
// meeting.started". Where there are more than max, it names the first of them
// and says after what it stands; empty: after the verb.
func Args(min, max int, missing, after string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < min:
			return exit.Usagef("%s: found %s", Path(cmd), missing)
		case len(args) > max && after == "":
			return exit.Usagef("%s: unexpected %q after %q", Path(cmd), args[max], Path(cmd))
		case len(args) > max:
			return exit.Usagef("%s: unexpected %q after %s", Path(cmd), args[max], after)
		}
		return nil
	}
}

// CompleteFirst completes the first word alone.
func CompleteFirst(candidates func() []cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return candidates(), cobra.ShellCompDirectiveNoFileComp
	}
}

// Arg is the word number i, or "".
func Arg(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

// CheckWords has cmd refuse an empty word, as a variable leaves it that is not set,
// before it checks its words. A verb takes none unless its usage line names some.
func CheckWords(cmd *cobra.Command) {
	if places := strings.Fields(cmd.Use)[1:]; !cmd.HasSubCommands() && (len(places) == 0 || strings.HasPrefix(places[0], "--")) {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
		if cmd.Args == nil {
			cmd.Args = Args(0, 0, "", "")
		}
	}
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		n := len(args)
		if dash := cmd.ArgsLenAtDash(); dash >= 0 {
			n = dash
		}
		if i := slices.Index(args[:n], ""); i >= 0 {
			return exit.Usagef("%s: %w", Path(cmd), flags.Empty(placeholder(cmd, i)))
		}
		if check == nil {
			return nil
		}
		return check(cmd, args)
	}
}

// placeholder is how the usage line of cmd calls its word number i.
func placeholder(cmd *cobra.Command, i int) string {
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

// WithOutput gives a verb --output.
func WithOutput(a *app.App, cmd *cobra.Command) *cobra.Command {
	flags.Output(cmd, &a.Form, "form of the result")
	return cmd
}

// Group makes cmd a verb that has verbs below it. One that is called list is called
// by default, and its flags are those of cmd, too; otherwise a verb has to be given.
func Group(cmd *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return UnknownVerb(cmd, args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return exit.Usagef("%s: it needs a verb, want %s", Path(cmd), wording.OrList(Verbs(cmd)))
	}
	names := make([]string, len(verbs))
	for i, sub := range verbs {
		names[i] = sub.Name()
	}
	cmd.Annotations = map[string]string{order: strings.Join(names, " ")}
	cmd.AddCommand(verbs...)
	if list := Find(cmd, "list"); list != nil {
		cmd.RunE = list.RunE
		cmd.Flags().AddFlagSet(list.Flags())
	}
	return cmd
}

// order is the annotation of a verb with the names of those below it in order: cobra
// sorts them.
const order = "rtkmock_order"

// UnknownVerb is the error for a word that is no verb below cmd.
func UnknownVerb(cmd *cobra.Command, word string) error {
	hint := cmp.Or(wording.DidYouMean(word, Verbs(cmd)), ", want "+wording.OrList(Verbs(cmd)))
	if cmd.HasParent() {
		return exit.Usagef("%s: unknown word %q%s", Path(cmd), word, hint)
	}
	return exit.Usagef("unknown verb %q%s", word, hint)
}

// Verbs returns the names of the verbs below cmd in their order.
func Verbs(cmd *cobra.Command) []string { return strings.Fields(cmd.Annotations[order]) }

// Find returns the verb called name below cmd, or nil.
func Find(cmd *cobra.Command, name string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Name() == name {
			return sub
		}
	}
	return nil
}

// Each calls f for cmd and all commands below it.
func Each(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		Each(sub, f)
	}
}

// Path is the command as the user typed it, without the program's name; for the
// root, that is the program's name.
func Path(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}
