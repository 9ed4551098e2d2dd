// Package version is "rtkmock version".
package version

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	return command.WithOutput(&cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long:  "Print the version of rtkmock, what it was built from, and the version of Go it was built with.",
		Example: `  rtkmock version
  rtkmock version --output json`,
		Args:              command.NoArgs(),
		ValidArgsFunction: cobra.NoFileCompletions,
	}, func(_ context.Context, _ []string, output string) error { return Print(a, output) })
}

// Print prints the version.
func Print(a *app.App, output string) error {
	b := app.ReadBuild()
	if output == flags.OutputJSON {
		return a.JSON(b)
	}
	revision := ""
	if b.Revision != "" {
		revision = ", revision " + b.Revision[:min(12, len(b.Revision))]
		if b.Modified {
			revision += " with changes"
		}
	}
	a.Printf("rtkmock %s (%s, %s%s)\n", b.Version, b.Go, b.Platform, revision)
	return nil
}
