package cli

import (
	"github.com/spf13/cobra"
)

func completionCommand(a *app) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	var plainWords bool
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
		ValidArgs: words(shells),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("completion: found no shell, want %s", orList(shells))
			}
			return noMore(1, "the shell")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return a.wrote(root.GenBashCompletionV2(a.out, !plainWords))
			case "zsh":
				if plainWords {
					return a.wrote(root.GenZshCompletionNoDesc(a.out))
				}
				return a.wrote(root.GenZshCompletion(a.out))
			case "fish":
				return a.wrote(root.GenFishCompletion(a.out, !plainWords))
			case "powershell":
				if plainWords {
					return a.wrote(root.GenPowerShellCompletion(a.out))
				}
				return a.wrote(root.GenPowerShellCompletionWithDesc(a.out))
			}
			return usagef("completion: unknown shell %q, want %s%s", args[0], orList(shells), didYouMean(args[0], shells))
		},
	}
	cmd.Flags().BoolVar(&plainWords, "no-descriptions", false, "complete words without saying what they are")
	return cmd
}
