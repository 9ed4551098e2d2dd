// Package schemas is "rtkmock schemas": it shows the JSON Schemas, and checks
// files against them.
package schemas

import (
	"encoding/json"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/schemas"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	cmd := command.Group(&cobra.Command{
		Use:   "schemas",
		Short: "Show the JSON Schemas, and check files against them",
		Long:  "List the JSON Schemas of the events, of the key document and of rtkmock's own files. Without a verb of its own it lists.",
		Example: `  rtkmock schemas
  rtkmock schemas show meeting.started
  rtkmock schemas check captured.json`,
	}, showCommand(a), checkCommand(a))
	cmd.RunE = func(*cobra.Command, []string) error { return list(a) }
	return command.WithOutput(a, cmd)
}

// entry is a schema in JSON.
type entry struct {
	Name  string `json:"name"`
	ID    string `json:"id"`
	Title string `json:"title"`
}

func list(a *app.App) error {
	entries := []entry{}
	rows := [][]string{{"NAME", "TITLE"}}
	for _, name := range schemas.Names() {
		source, err := schemas.Source(name)
		if err != nil {
			return err
		}
		var head struct {
			ID    string `json:"$id"`
			Title string `json:"title"`
		}
		if err := json.Unmarshal(source, &head); err != nil {
			return err
		}
		entries = append(entries, entry{name, head.ID, head.Title})
		rows = append(rows, []string{name, head.Title})
	}
	return a.Listing(entries, rows)
}

func showCommand(a *app.App) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print a schema",
		Long:  "Print a schema as it stands: of an event by the event's name, of anything else by the name that \"rtkmock schemas\" lists.",
		Example: `  rtkmock schemas show meeting.participantJoined
  rtkmock schemas show key-document > key-document.schema.json`,
		Args:              command.Args(1, 1, "no name, want one such as meeting.started", "the name"),
		ValidArgsFunction: command.CompleteFirst(schemas.Names),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := known(args[0]); err != nil {
				return exit.Usagef("schemas show: %w", err)
			}
			source, err := schemas.Source(args[0])
			if err != nil {
				return err
			}
			if n := len(source); n > 0 && source[n-1] != '\n' {
				source = append(source, '\n')
			}
			a.Printf("%s", source)
			return nil
		},
	}
}

// known refuses a name that no schema has.
func known(name string) error {
	if names := schemas.Names(); !slices.Contains(names, name) {
		return wording.Unknown("schema", name, names, `; "rtkmock schemas" lists them`)
	}
	return nil
}
