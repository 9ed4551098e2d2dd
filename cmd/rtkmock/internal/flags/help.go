package flags

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Headings of help texts.
const (
	HeadingTarget  = "The target"
	HeadingStart   = "Starting it, as -- COMMAND"
	HeadingEffects = "The effects of a delivery"
	HeadingSent    = "What is sent"
	HeadingRetry   = "Retries and faults"
	HeadingServers = "rtkmock's own servers"
	HeadingJudged  = "What is judged"
	HeadingOutput  = "Output"
)

// Heading begins a part of the help text at the flag called first. The part ends
// at the next heading.
func Heading(cmd *cobra.Command, text, first string) { annotate(cmd, headingPrefix+first, text) }

func annotate(cmd *cobra.Command, key, text string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
		cmd.Flags().SortFlags = false
	}
	cmd.Annotations[key] = text
}

// HeadingAt returns the heading that begins at a flag, or "".
func HeadingAt(cmd *cobra.Command, flag string) string { return cmd.Annotations[headingPrefix+flag] }

// First names the flags that people need first, in this order: --help explains
// these, and --help-all, which it adds, all.
func First(cmd *cobra.Command, names ...string) {
	annotate(cmd, firstFlags, strings.Join(names, " "))
	f := cmd.Flags().VarPF(new(helpAll), "help-all", "", "explain this verb with all its flags")
	f.NoOptDefVal = "true" // it takes no value
	CommandLineOnly(f)
}

// ShownFirst returns the flags that the help text asked for is limited to; none: it
// explains all.
func ShownFirst(cmd *cobra.Command) []string {
	if f := cmd.Flags().Lookup("help-all"); f != nil && *f.Value.(*helpAll) {
		return nil
	}
	return strings.Fields(cmd.Annotations[firstFlags])
}

// helpAll asks for the help text as soon as it is set, as --help does.
type helpAll bool

// Set implements pflag.Value.
func (h *helpAll) Set(string) error {
	*h = true
	return pflag.ErrHelp
}

func (h *helpAll) String() string { return "" }

// Type implements pflag.Value.
func (h *helpAll) Type() string { return "bool" }

// Annotations of commands and flags.
const (
	firstFlags      = "rtkmock_first"
	headingPrefix   = "rtkmock_heading_"
	commandLineOnly = "rtkmock_commandline"
)

// CommandLineOnly keeps a flag from being set by the environment or a file.
func CommandLineOnly(f *pflag.Flag) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[commandLineOnly] = nil
}

// IsCommandLineOnly reports whether CommandLineOnly was called.
func IsCommandLineOnly(f *pflag.Flag) bool {
	_, ok := f.Annotations[commandLineOnly]
	return ok
}

// Complete sets the completion of a flag's value. It is worked out only when a
// shell asks for it.
func Complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	// The only error is about a flag that does not exist or has a completion: a
	// mistake that a test over the whole tree finds.
	_ = cmd.RegisterFlagCompletionFunc(flag, f)
}

// CompleteFiles completes the names of files with these endings, or of all.
func CompleteFiles(endings ...string) cobra.CompletionFunc {
	if len(endings) == 0 {
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	}
	return cobra.FixedCompletions(endings, cobra.ShellCompDirectiveFilterFileExt)
}

// CompleteList completes the last item of a list with commas.
func CompleteList(candidates func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		head := typed[:strings.LastIndexByte(typed, ',')+1]
		given := strings.Split(strings.TrimSuffix(head, ","), ",")
		var out []cobra.Completion
		for _, c := range candidates() {
			if !slices.Contains(given, c) {
				out = append(out, head+c)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}
