// Package completion is "rtkmock completion": scripts that teach a shell to
// complete the command line.
package completion

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	var plain bool
	cmd := &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for a shell",
		Long: `Print the script that teaches a shell to complete verbs, flags, events, checks, scenarios,
flaws and schemas: bash, zsh, fish or powershell.`,
		Example: `  # bash, for this session; it needs the package bash-completion
  source <(rtkmock completion bash)

  # zsh, from the next session on
  rtkmock completion zsh > "${fpath[1]}/_rtkmock"

  # fish
  rtkmock completion fish > ~/.config/fish/completions/rtkmock.fish

  # PowerShell
  rtkmock completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args:      command.Args(1, 1, "no shell, want "+wording.OrList(shells), "the shell"),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, ok := writers(cmd.Root(), plain)[args[0]]
			if !ok {
				return exit.Usagef("completion: unknown shell %q, want %s%s", args[0], wording.OrList(shells), wording.DidYouMean(args[0], shells))
			}
			return a.Written(write(a.Out))
		},
	}
	cmd.Flags().BoolVar(&plain, "no-descriptions", false, "complete words without saying what they are")
	return cmd
}

// writers write the script of each shell.
func writers(root *cobra.Command, plain bool) map[string]func(io.Writer) error {
	zsh, powershell := root.GenZshCompletion, root.GenPowerShellCompletionWithDesc
	if plain {
		zsh, powershell = root.GenZshCompletionNoDesc, root.GenPowerShellCompletion
	}
	return map[string]func(io.Writer) error{
		"bash":       func(w io.Writer) error { return root.GenBashCompletionV2(w, !plain) },
		"fish":       func(w io.Writer) error { return root.GenFishCompletion(w, !plain) },
		"zsh":        zsh,
		"powershell": powershell,
	}
}
