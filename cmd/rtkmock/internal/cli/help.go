package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is the width of help texts where the terminal's is not known.
const helpWidth = 80

// helpCommand is "rtkmock help [VERB…]".
func helpCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "help [VERB]",
		Short: "Explain a verb",
		Long:  "Explain a verb, its flags and how it is used.",
		Example: `  rtkmock help test
  rtkmock help key new`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			topic, _ := findTopic(cmd.Root(), args)
			if topic == nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var out []cobra.Completion
			for _, sub := range topic.Commands() {
				if sub.IsAvailableCommand() {
					out = append(out, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, err := findTopic(cmd.Root(), args)
			if err != nil {
				return err
			}
			a.help(topic, nil)
			return nil
		},
	}
}

// findTopic walks down from root along words.
func findTopic(root *cobra.Command, words []string) (*cobra.Command, error) {
	topic := root
next:
	for _, word := range words {
		for _, sub := range topic.Commands() {
			if sub.Name() == word {
				topic = sub
				continue next
			}
		}
		if !topic.HasSubCommands() {
			return nil, usagef("help: %q has no verb %q below it", verbPath(topic), word)
		}
		return nil, unknownVerb(topic, word)
	}
	return topic, nil
}

// help writes the help text of cmd to standard output.
func (a *app) help(cmd *cobra.Command, _ []string) {
	// Less would leave descriptions of a word a line, more is hard to read.
	width := min(max(a.width(helpWidth), 40), 100)
	var b strings.Builder
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	for _, paragraph := range strings.Split(text, "\n\n") {
		if !strings.HasPrefix(paragraph, " ") {
			paragraph = strings.Join(wrap(paragraph, width), "\n")
		}
		b.WriteString(paragraph + "\n\n")
	}
	b.WriteString("Usage:\n")
	if !cmd.HasParent() {
		b.WriteString("  rtkmock VERB [flags]\n")
	} else {
		use := cmd.UseLine()
		if !strings.Contains(use, "[flags]") {
			use += " [flags]"
		}
		b.WriteString("  " + use + "\n")
	}
	if cmd.Example != "" {
		b.WriteString("\nExamples:\n" + cmd.Example + "\n")
	}
	writeVerbs(&b, cmd, width)
	writeFlags(&b, cmd, width)
	if !cmd.HasParent() {
		b.WriteString("\n" + strings.Join(wrap(`Each flag can be set by an environment variable: --effects-url by RTKMOCK_EFFECTS_URL. A flag outweighs the environment, which outweighs the file of --config.`, width), "\n") + "\n")
		b.WriteString("\n\"rtkmock help VERB\" explains one verb.\n")
	}
	a.printf("%s", b.String())
}

// inOrder returns the commands in the order of the verb table, and "help" last.
// The tree has them by name.
func inOrder(commands []*cobra.Command) []*cobra.Command {
	table := verbTable()
	place := func(c *cobra.Command) int {
		i := slices.IndexFunc(table, func(v verb) bool { return v.name == c.Name() })
		if i < 0 {
			return len(table)
		}
		return i
	}
	out := slices.Clone(commands)
	slices.SortStableFunc(out, func(a, b *cobra.Command) int { return place(a) - place(b) })
	return out
}

// writeVerbs lists the subcommands.
func writeVerbs(b *strings.Builder, cmd *cobra.Command, width int) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	b.WriteString("\nVerbs:\n")
	longest := 0
	for _, name := range verbs(cmd) {
		longest = max(longest, len(name))
	}
	for _, sub := range inOrder(cmd.Commands()) {
		if !sub.IsAvailableCommand() && sub.Name() != "help" {
			continue
		}
		head := "  " + sub.Name() + strings.Repeat(" ", longest-len(sub.Name())+2)
		for i, line := range wrap(sub.Short, width-len(head)) {
			if i > 0 {
				head = strings.Repeat(" ", len(head))
			}
			b.WriteString(head + line + "\n")
		}
	}
}

// writeFlags lists the flags under their headings, in the order in which they
// were declared, and then those of all verbs.
func writeFlags(b *strings.Builder, cmd *cobra.Command, width int) {
	common := cmd.Root().PersistentFlags()
	begun := false
	cmd.LocalFlags().SortFlags = false
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || common.Lookup(f.Name) != nil {
			return
		}
		if text := cmd.Annotations[annotationHeading+f.Name]; text != "" {
			b.WriteString("\n" + text + ":\n")
		} else if !begun {
			b.WriteString("\nFlags:\n")
		}
		begun = true
		writeFlag(b, f, width)
	})
	b.WriteString("\nFlags of all verbs:\n")
	common.VisitAll(func(f *pflag.Flag) { writeFlag(b, f, width) })
	if f := cmd.Flags().Lookup("help"); f != nil {
		writeFlag(b, f, width)
	}
}

// flagColumn is where the descriptions of flags begin. A longer flag has its
// description on the lines below.
const flagColumn = 32

func writeFlag(b *strings.Builder, f *pflag.Flag, width int) {
	head := "      --" + f.Name
	if f.Shorthand != "" {
		head = "  -" + f.Shorthand + ", --" + f.Name
	}
	if kind := f.Value.Type(); kind != "bool" {
		head += " " + kind
	}
	text := f.Usage
	if def := f.DefValue; def != "" && def != "false" {
		text += " (default " + def + ")"
	}
	column := flagColumn
	if width < 2*flagColumn {
		column = 10
	}
	lines := wrap(text, width-column)
	if len(head)+2 > column {
		b.WriteString(head + "\n")
		head = ""
	}
	for _, line := range lines {
		b.WriteString(head + strings.Repeat(" ", column-len(head)) + line + "\n")
		head = ""
	}
}
