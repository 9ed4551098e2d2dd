package cli

import (
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gotest.tools/v3/assert"
)

// What is meant is something else than what would be done without the word.
func TestAnEmptyWordIsNoneThatWasLeftOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"test", ""}, `test: found an empty URL; is a variable unset?`},
		{[]string{"test", "", "--", "sh"}, `test: found an empty URL; is a variable unset?`},
		{[]string{"test", "http://localhost:1/", ""}, `test: found an empty word; is a variable unset?`},
		{[]string{"test", "http://localhost:1/", "--", ""}, `test: found an empty COMMAND; is a variable unset?`},
		{[]string{"send", ""}, `send: found an empty EVENT; is a variable unset?`},
		{[]string{"send", "meeting.started", ""}, `send: found an empty URL; is a variable unset?`},
		{[]string{"play", ""}, `play: found an empty SCENARIO or FILE; is a variable unset?`},
		{[]string{"play", "weekly-sync", ""}, `play: found an empty URL; is a variable unset?`},
		{[]string{"replay", "x.jsonl", ""}, `replay: found an empty URL; is a variable unset?`},
		{[]string{"checks", ""}, `checks: found an empty verb; is a variable unset?`},
		{[]string{"test", "--key", ""}, `--key: found an empty FILE; is a variable unset?`},
		{[]string{"test", "--config="}, `--config: found an empty FILE; is a variable unset?`},
		{[]string{"test", "--restart-cmd", ""}, `--restart-cmd: found an empty LINE; is a variable unset?`},
		{[]string{"test", "--effects-url", ""}, `--effects-url: found an empty URL; is a variable unset?`},
		{[]string{"test", "--effects-cmd", ""}, `--effects-cmd: found an empty COMMAND; is a variable unset?`},
		{[]string{"test", "--effects-file", ""}, `--effects-file: found an empty FILE; is a variable unset?`},
		{[]string{"test", "--wait-for", ""}, `--wait-for: found an empty URL or PORT; is a variable unset?`},
		{[]string{"serve", "--state", ""}, `--state: found an empty DIR; is a variable unset?`},
	}
	for _, tt := range tests {
		call(t, tt.args...).says(t, exit.Usage, tt.want)
	}
}

func TestNoFlagTakesAnEmptyValue(t *testing.T) {
	t.Parallel()
	flags := 0
	command.Each(Tree(), func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			flags++
			assert.Check(t, f.Value.Set("") != nil, "%s --%s", c.CommandPath(), f.Name)
		})
	})
	assert.Assert(t, flags > 100, "found %d", flags)
}
