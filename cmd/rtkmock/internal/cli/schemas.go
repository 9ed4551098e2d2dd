package cli

import (
	"encoding/json"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/schemas"
)

func schemasCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "schemas",
		Short: "Show the JSON Schemas, and check files against them",
		Long:  "List the JSON Schemas of the events, of the key document and of rtkmock's own files. Without a verb of its own it lists.",
		Example: `  rtkmock schemas
  rtkmock schemas show meeting.started
  rtkmock schemas check captured.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return a.schemasList(output) },
	}
	outputFlag(cmd, &output)
	cmd.AddCommand(schemasShowCommand(a), schemasCheckCommand(a))
	return cmd
}

// schemaEntry is a schema in JSON.
type schemaEntry struct {
	Name  string `json:"name"`
	ID    string `json:"id"`
	Title string `json:"title"`
}

func (a *app) schemasList(output string) error {
	var entries []schemaEntry
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
		entries = append(entries, schemaEntry{name, head.ID, head.Title})
	}
	if output == outputJSON {
		return a.printJSON(notNil(entries))
	}
	rows := [][]string{{"NAME", "TITLE"}}
	for _, e := range entries {
		rows = append(rows, []string{e.Name, e.Title})
	}
	a.table(rows)
	return nil
}

func schemasShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print a schema",
		Long:  "Print a schema as it stands: of an event by the event's name, of anything else by the name that \"rtkmock schemas\" lists.",
		Example: `  rtkmock schemas show meeting.participantJoined
  rtkmock schemas show key-document > key-document.schema.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("schemas show: found no name, want one such as meeting.started")
			}
			return noMore(1, "the name")(cmd, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return words(schemas.Names()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := knownSchema(args[0]); err != nil {
				return usagef("schemas show: %s", err)
			}
			source, err := schemas.Source(args[0])
			if err != nil {
				return err
			}
			if n := len(source); n > 0 && source[n-1] != '\n' {
				source = append(source, '\n')
			}
			a.printf("%s", source)
			return nil
		},
	}
}

// knownSchema refuses a name that no schema has.
func knownSchema(name string) error {
	names := schemas.Names()
	if slices.Contains(names, name) {
		return nil
	}
	hint := didYouMean(name, names)
	if hint == "" {
		hint = `; "rtkmock schemas" lists them`
	}
	return &problem{"unknown schema " + quote(name) + hint}
}
