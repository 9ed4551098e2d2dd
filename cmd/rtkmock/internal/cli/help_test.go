package cli

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestEveryVerbExplainsItselfWithAnExample(t *testing.T) {
	t.Parallel()
	command.Each(Tree(), func(c *cobra.Command) {
		t.Run(c.CommandPath(), func(t *testing.T) {
			assert.Assert(t, c.Short != "" && !strings.HasSuffix(c.Short, "."), "Short: %q", c.Short)
			assert.Assert(t, strings.HasSuffix(strings.TrimSpace(c.Long), "."), "Long: %q", c.Long)
			assert.Assert(t, is.Contains(c.Example, "rtkmock"))
			assert.Assert(t, c.Runnable())
			r := call(t, append(strings.Fields(strings.TrimPrefix(c.CommandPath(), "rtkmock")), "--help")...)
			r.exits(t, exit.OK)
			assert.Equal(t, r.err, "")
			assert.Assert(t, is.Contains(r.out, c.Example))
		})
	})
}

func TestEveryExampleParses(t *testing.T) {
	t.Parallel()
	root := Tree()
	command.Each(root, func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			_, line, ok := strings.Cut(strings.TrimSpace(line), "rtkmock ")
			if !ok || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			line, _, _ = strings.Cut(line, " |")
			line, _, _ = strings.Cut(line, " > ")
			line = strings.TrimSuffix(strings.TrimRight(line, " &)"), `)"`) // of eval
			t.Run(line, func(t *testing.T) {
				root := Tree()
				args := shellWords(line)
				target, rest, err := root.Find(args)
				assert.NilError(t, err)
				assert.NilError(t, target.ParseFlags(rest))
				assert.NilError(t, target.ValidateArgs(target.Flags().Args()))
			})
		}
	})
}

// shellWords splits a line as a shell does. The examples use one kind of quotes.
func shellWords(line string) []string {
	var words []string
	word, quoted, begun := "", false, false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted, begun = !quoted, true
		case r == ' ' && !quoted:
			if begun {
				words = append(words, word)
			}
			word, begun = "", false
		default:
			word, begun = word+string(r), true
		}
	}
	if begun {
		words = append(words, word)
	}
	return words
}

func TestFlagsHaveOneMeaningAcrossVerbs(t *testing.T) {
	t.Parallel()
	kinds := map[string]string{}
	command.Each(Tree(), func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			assert.Assert(t, f.Usage != "" && !strings.HasSuffix(f.Usage, "."), "%s --%s: %q", c.CommandPath(), f.Name, f.Usage)
			kind := f.Value.Type()
			if earlier, ok := kinds[f.Name]; ok && f.Name != "output" && f.Name != "out" && f.Name != "format" { // what is written differs
				assert.Equal(t, kind, earlier, "%s --%s", c.CommandPath(), f.Name)
			}
			kinds[f.Name] = kind
		})
	})
}

func TestHelpFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 60, 80, 200} {
		r := caller{width: width, tty: true}.call(t, "test", "--help")
		for line := range strings.Lines(r.out) {
			line = strings.TrimRight(line, "\n")
			// Examples are for copying, and stay whole.
			if strings.Contains(line, "rtkmock test") || !strings.Contains(strings.TrimSpace(line), " ") || strings.HasPrefix(line, "      --") {
				continue
			}
			assert.Assert(t, len([]rune(line)) <= max(width, 40), "%d columns: %q", width, line)
		}
	}
}

// What is not shown at first has to be found all the same.
func TestHelpShowsTheFlagsThatPeopleNeedFirst(t *testing.T) {
	t.Parallel()
	const many = 15
	command.Each(Tree(), func(c *cobra.Command) {
		words := strings.Fields(strings.TrimPrefix(c.CommandPath(), "rtkmock"))
		var all []string
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.HasPrefix(f.Name, "help") && c.Root().PersistentFlags().Lookup(f.Name) == nil {
				all = append(all, f.Name)
			}
		})
		first := flags.ShownFirst(c)
		assert.Assert(t, len(first) > 0 || len(all) <= many, "%s has %d flags: name those that people need first", c.CommandPath(), len(all))
		if len(first) == 0 {
			return
		}
		assert.Assert(t, len(first) <= 10, c.CommandPath())
		short := call(t, append(words, "--help")...)
		full := call(t, append(words, "--help-all")...) // nothing else that the verb needs
		full.exits(t, exit.OK)
		assert.Assert(t, is.Contains(short.out, fmt.Sprintf("\n%d more flags: %s --help-all\n", len(all)-len(first), c.CommandPath())))
		assert.DeepEqual(t, listed(short.out), first)
		assert.DeepEqual(t, listed(full.out), append(all, "config", "color", "help"))
	})
	assert.Assert(t, strings.HasPrefix(call(t, "test", "http://localhost:1/", "--help-all", "--", "npm").out, "Send signed deliveries"))
	call(t, "test", "--help-al").says(t, exit.Usage, "test: unknown flag --help-al; did you mean --help-all?")
	assert.Assert(t, is.Contains(call(t, "__complete", "test", "--recovery-").out, "--recovery-end\t"), "completion knows all")
}

// listed are the flags that a help text lists.
func listed(help string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^  (?:    |-\w, )--([\w-]+)`).FindAllStringSubmatch(help, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestHelpOfAVerbByEitherRoute(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"test", "key new", "schemas check", "help"} {
		words := strings.Fields(verb)
		direct := call(t, append(words, "-h")...)
		topic := call(t, append([]string{"help"}, words...)...)
		assert.Equal(t, direct.out, topic.out)
	}
}
