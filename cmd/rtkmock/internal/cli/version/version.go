// Package version is "rtkmock version".
package version

import (
	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	return command.WithOutput(a, &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long:  "Print the version of rtkmock, what it was built from, and the version of Go it was built with.",
		Example: `  rtkmock version
  rtkmock version --output json`,
		RunE: func(*cobra.Command, []string) error { return Print(a) },
	})
}

// Print prints the version.
func Print(a *app.App) error {
	b := app.ReadBuild()
	revision := ""
	if b.Revision != "" {
		revision = ", revision " + b.Revision[:min(12, len(b.Revision))]
		if b.Modified {
			revision += " with changes"
		}
	}
	return a.Result(b, func() { a.Printf("rtkmock %s (%s, %s%s)\n", b.Version, b.Go, b.Platform, revision) })
}
