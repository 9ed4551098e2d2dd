// Package help is "rtkmock help", and what --help prints of each verb.
package help

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	return &cobra.Command{
		Use:   "help [VERB]",
		Short: "Explain a verb",
		Long:  "Explain a verb, its flags and how it is used.",
		Example: `  rtkmock help test
  rtkmock help key new`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (out []cobra.Completion, _ cobra.ShellCompDirective) {
			if topic, err := findTopic(cmd.Root(), args); err == nil {
				for _, sub := range topic.Commands() {
					if sub.IsAvailableCommand() {
						out = append(out, cobra.CompletionWithDesc(sub.Name(), sub.Short))
					}
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, err := findTopic(cmd.Root(), args)
			if err != nil {
				return err
			}
			Print(a.Terminal, topic)
			return nil
		},
	}
}

// findTopic walks down from root along words.
func findTopic(root *cobra.Command, words []string) (*cobra.Command, error) {
	topic := root
	for _, word := range words {
		next := command.Find(topic, word)
		switch {
		case next != nil:
			topic = next
		case topic.HasSubCommands():
			return nil, command.UnknownVerb(topic, word)
		default:
			return nil, exit.Usagef("help: %q has no verb %q below it", command.Path(topic), word)
		}
	}
	return topic, nil
}

// Widths of help texts: that of the terminal, within bounds. Less would leave
// descriptions of a word a line, more is hard to read.
const (
	defaultWidth = 80
	minWidth     = 40
	maxWidth     = 100
)

// Print writes the help text of cmd to standard output.
func Print(t *terminal.Terminal, cmd *cobra.Command) {
	h := &text{width: min(max(t.Width(defaultWidth), minWidth), maxWidth)}
	for paragraph := range strings.SplitSeq(cmd.Long, "\n\n") {
		h.wrapped("", 0, paragraph)
		h.WriteString("\n")
	}
	use := "rtkmock VERB"
	if cmd.HasParent() {
		use = cmd.UseLine()
	}
	if !strings.Contains(use, "[flags]") {
		use += " [flags]"
	}
	h.WriteString("Usage:\n  " + use + "\n")
	if cmd.Example != "" {
		h.WriteString("\nExamples:\n" + cmd.Example + "\n")
	}
	h.verbs(cmd)
	h.flags(cmd)
	if !cmd.HasParent() {
		h.WriteString("\n")
		h.wrapped("", 0, `Each flag can be set by an environment variable: --effects-url by RTKMOCK_EFFECTS_URL. A flag outweighs the environment, which outweighs the file of --config.`)
		h.WriteString("\n\"rtkmock help VERB\" explains one verb.\n")
	}
	t.Printf("%s", h)
}

// text is a help text under way.
type text struct {
	strings.Builder
	width int
}

// wrapped writes head and, from a column on, text.
func (h *text) wrapped(head string, column int, s string) {
	for _, line := range terminal.Wrap(s, h.width-column) {
		h.WriteString(head + strings.Repeat(" ", max(column-len(head), 0)) + line + "\n")
		head = ""
	}
}

// verbs lists the verbs below cmd.
func (h *text) verbs(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	names := command.Verbs(cmd)
	h.WriteString("\nVerbs:\n")
	longest := 0
	for _, name := range names {
		longest = max(longest, len(name))
	}
	for _, name := range names {
		h.wrapped("  "+name, longest+4, command.Find(cmd, name).Short)
	}
}

// flags lists the flags under their headings, in the order in which they were
// declared, and then those of all verbs. Of a verb with many, it lists those that
// people need first.
func (h *text) flags(cmd *cobra.Command) {
	if first := flags.ShownFirst(cmd); len(first) > 0 {
		h.firstFlags(cmd, first)
		return
	}
	common := cmd.Root().PersistentFlags()
	heading := "Flags"
	cmd.LocalFlags().SortFlags = false
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if isHelp(f) || common.Lookup(f.Name) != nil {
			return
		}
		if other := flags.HeadingAt(cmd, f.Name); other != "" {
			heading = other
		}
		if heading != "" {
			h.WriteString("\n" + heading + ":\n")
			heading = ""
		}
		h.flag(f)
	})
	h.WriteString("\nFlags of all verbs:\n")
	common.VisitAll(h.flag)
	h.flag(cmd.Flags().Lookup("help"))
}

// firstFlags lists some flags, and says how to see the others.
func (h *text) firstFlags(cmd *cobra.Command, names []string) {
	h.WriteString("\nFlags that you may need first:\n")
	for _, name := range names {
		h.flag(cmd.Flags().Lookup(name))
	}
	more := -len(names)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !isHelp(f) && cmd.Root().PersistentFlags().Lookup(f.Name) == nil {
			more++
		}
	})
	h.WriteString("\n")
	h.wrapped("", 0, fmt.Sprintf("%d more flags: %s --help-all", more, cmd.CommandPath()))
}

// isHelp reports that a flag asks for a help text.
func isHelp(f *pflag.Flag) bool { return f.Name == "help" || f.Name == "help-all" }

// flagColumn is where the descriptions of flags begin. A longer flag has its
// description on the lines below.
const flagColumn = 32

func (h *text) flag(f *pflag.Flag) {
	head := "      --" + f.Name
	if f.Shorthand != "" {
		head = "  -" + f.Shorthand + ", --" + f.Name
	}
	if kind := f.Value.Type(); kind != "bool" {
		head += " " + kind
	}
	usage := f.Usage
	if !slices.Contains([]string{"", "false"}, f.DefValue) {
		usage += " (default " + f.DefValue + ")"
	}
	column := flagColumn
	if h.width < 2*flagColumn {
		column = 10
	}
	if len(head)+2 > column {
		h.WriteString(head + "\n")
		head = ""
	}
	h.wrapped(head, column, usage)
}
