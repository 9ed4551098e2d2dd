// Package command helps to build the tree of commands: it checks the words of a
// verb, and walks the tree. It knows no verb.
package command

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

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

// NoArgs refuses all words.
func NoArgs() cobra.PositionalArgs { return Args(0, 0, "", "") }

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

// RefuseEmpty refuses an empty word, as a variable leaves it that is not set, and
// then lets next check the words.
func RefuseEmpty(next cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		n := len(args)
		if dash := cmd.ArgsLenAtDash(); dash >= 0 {
			n = dash
		}
		if i := slices.Index(args[:n], ""); i >= 0 {
			return exit.Usagef("%s: %w", Path(cmd), flags.Empty(placeholder(cmd, i)))
		}
		if next == nil {
			return nil
		}
		return next(cmd, args)
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

// WithOutput gives a verb --output, and lets it call run with the words and the
// form that is asked for.
func WithOutput(cmd *cobra.Command, run func(ctx context.Context, args []string, output string) error) *cobra.Command {
	var output string
	flags.Output(cmd, &output, "form of the result")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), args, output) }
	return cmd
}

// Group makes cmd a verb that has verbs below it. If one of them is called by
// default, its flags are those of cmd, too; otherwise a verb has to be given.
func Group(cmd, byDefault *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return UnknownVerb(cmd, args[0])
		}
		return nil
	}
	if byDefault != nil {
		cmd.RunE = byDefault.RunE
		cmd.Flags().AddFlagSet(byDefault.Flags())
	} else {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error {
			return exit.Usagef("%s: it needs a verb, want %s", Path(cmd), wording.OrList(Verbs(cmd)))
		}
	}
	Add(cmd, verbs...)
	return cmd
}

// position is the annotation of a verb with its place among the others.
const position = "rtkmock_position"

// Add adds verbs below cmd, and keeps their order.
func Add(cmd *cobra.Command, verbs ...*cobra.Command) {
	for i, sub := range verbs {
		if sub.Annotations == nil {
			sub.Annotations = map[string]string{}
		}
		sub.Annotations[position] = fmt.Sprintf("%03d", i)
	}
	cmd.AddCommand(verbs...)
}

// UnknownVerb is the error for a word that is no verb below cmd.
func UnknownVerb(cmd *cobra.Command, word string) error {
	hint := wording.DidYouMean(word, Verbs(cmd))
	if hint == "" {
		hint = ", want " + wording.OrList(Verbs(cmd))
	}
	if cmd.HasParent() {
		return exit.Usagef("%s: unknown word %q%s", Path(cmd), word, hint)
	}
	return exit.Usagef("unknown verb %q%s", word, hint)
}

// Verbs returns the names of the verbs below cmd in their order.
func Verbs(cmd *cobra.Command) []string {
	var names []string
	// cobra has them by name.
	for _, sub := range slices.SortedStableFunc(slices.Values(cmd.Commands()), func(a, b *cobra.Command) int {
		return strings.Compare(a.Annotations[position], b.Annotations[position])
	}) {
		if !sub.Hidden && !IsInternal(sub) {
			names = append(names, sub.Name())
		}
	}
	return names
}

// Find returns the verb called name below cmd, or nil.
func Find(cmd *cobra.Command, name string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Name() == name {
			return sub
		}
	}
	return nil
}

// IsInternal reports whether cmd is one of the commands that the generated
// completion scripts call.
func IsInternal(cmd *cobra.Command) bool { return strings.HasPrefix(cmd.Name(), "__") }

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
