package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gotest.tools/v3/assert"
)

// settled returns the values of flags as cmd would see them after all layers.
func settled(t *testing.T, c caller, file string, args ...string) (map[string]string, error) {
	t.Helper()
	a := newApp(c.env, terminal.Streams{})
	root := newRoot(a)
	values := map[string]string{}
	command.Each(root, func(cmd *cobra.Command) {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, _ []string) error {
			cmd.Flags().VisitAll(func(f *pflag.Flag) { values[f.Name] = f.Value.String() })
			return nil
		}
	})
	if file != "" {
		path := filepath.Join(t.TempDir(), "rtkmock.yaml")
		assert.NilError(t, os.WriteFile(path, []byte(file), 0o600))
		args = append(args, "--config", path)
		defer func() {
			for name, where := range a.Origins {
				a.Origins[name] = strings.ReplaceAll(where, path, "FILE")
			}
		}()
	}
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	for name, where := range a.Origins {
		values["origin of "+name] = filepath.Base(where)
	}
	return values, err
}

func TestFlagOutweighsEnvironmentOutweighsFileOutweighsDefault(t *testing.T) {
	t.Parallel()
	const file = "timeout: 7s\n"
	env := []string{"RTKMOCK_TIMEOUT=5s"}
	for _, c := range []struct {
		reason string
		env    []string
		file   string
		args   []string
		want   string
	}{
		{"nothing is set", nil, "", []string{"test"}, "3s"},
		{"the file is the weakest", nil, file, []string{"test"}, "7s"},
		{"the environment outweighs it", env, file, []string{"test"}, "5s"},
		{"the flag outweighs both", env, file, []string{"test", "--timeout", "4s"}, "4s"},
		{"an empty variable is none", []string{"RTKMOCK_TIMEOUT="}, file, []string{"test"}, "7s"},
		{"a section outweighs the top", nil, "test: {timeout: 9s}\n" + file, []string{"test"}, "9s"},
		{"a section of another verb does not count", nil, "send: {timeout: 9s}\n" + file, []string{"test"}, "7s"},
		{"a key without a value sets nothing", nil, "timeout:\n", []string{"test"}, "3s"},
	} {
		got, err := settled(t, caller{env: c.env}, c.file, c.args...)
		assert.NilError(t, err, c.reason)
		assert.Equal(t, got["timeout"], c.want, c.reason)
	}
}

func TestConfigIsNamedByTheEnvironmentToo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rtkmock.json")
	assert.NilError(t, os.WriteFile(path, []byte(`{"version": {"output": "json"}}`), 0o600))
	r := caller{env: []string{"RTKMOCK_CONFIG=" + path}}.call(t, "version")
	r.exits(t, exit.OK)
	assert.Assert(t, strings.HasPrefix(r.out, "{"), r.out)
}

func TestMistakesInSettingsNameTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, want string }{
		{"effect-url: x\n", `FILE:1: effect-url: unknown setting; did you mean effects-url?`},
		{"timeout: 5s\ntest:\n  onyl: sig/*\n", `FILE:3: onyl: unknown setting; did you mean only?`},
		{"tset:\n  only: sig/*\n", `FILE:1: tset: unknown setting; did you mean test?`},
		{"test: 5\n", `FILE:1: test: want the flags of that verb by name`},
		{"serve:\n  only: sig/*\n", `FILE:2: only: not a setting of "serve"`},
		{"xyzzyx: 1\n", `FILE:1: xyzzyx: unknown setting, want the name of a flag or of a verb`},
		{"config: other.yaml\n", `FILE:1: config: unknown setting, want the name of a flag or of a verb`},
		{"version: {help: true}\n", `FILE:1: help: unknown setting, want the name of a flag or of a verb`},
		{"timeout: 5s\ntimeout: 6s\n", `FILE:2: timeout: it stands there twice`},
		{"timeout: 5\n", `FILE:1: timeout: found "5", want a duration above zero, such as 3s or 500ms`},
		{"strict: maybe\n", `FILE:1: strict: found "maybe", want true or false`},
		{"timeout: [5s, 6s]\n", `FILE:1: timeout: found several values, want one`},
		{"timeout: {a: b}\n", `FILE:1: timeout: found a mapping, want a plain value`},
		{"only: [[a]]\n", `FILE:1: only: found a list in the list, want plain values`},
		{"only: []\n", `FILE:1: only: found a list that is empty`},
		{"- a\n", `FILE:1: found a list, want flags by name`},
		{"hello\n", `FILE:1: found "hello", want flags by name`},
		{"a: b: c\n", `FILE: it is neither YAML nor JSON: mapping values are not allowed in this context`},
		{"timeout: 5s\n---\ntimeout: 6s\n", `FILE: it holds more than one document, want one`},
		{"set:\n  a: .inf\n", `FILE:1: set: found ".inf", which JSON cannot hold`},
		{"{\n \"test\": {\n  \"onyl\": \"x\"\n }\n}", `FILE:3: onyl: unknown setting; did you mean only?`},
	} {
		path := filepath.Join(t.TempDir(), "rtkmock.yaml")
		assert.NilError(t, os.WriteFile(path, []byte(c.file), 0o600))
		call(t, "test", "--config", path).says(t, exit.Usage, strings.ReplaceAll(c.want, "FILE", path))
	}
}

func TestAnEmptyConfigSetsNothing(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"# nothing\n", "null\n", "{}\n", "---\n"} {
		_, err := settled(t, caller{}, file, "test")
		assert.NilError(t, err, file)
	}
}

func TestErrorsNameWhereTheValueCameFrom(t *testing.T) {
	t.Parallel()
	caller{env: []string{"RTKMOCK_TIMEOUT=5"}}.call(t, "test").
		says(t, exit.Usage, `RTKMOCK_TIMEOUT: found "5", want a duration above zero, such as 3s or 500ms`)
	caller{env: []string{"RTKMOCK_KEY=/none.pem"}}.call(t, "serve").
		says(t, exit.Usage, `RTKMOCK_KEY: /none.pem: no such file or directory`)

	path := filepath.Join(t.TempDir(), "c.yaml")
	assert.NilError(t, os.WriteFile(path, []byte("\n\nkey: /none.pem\n"), 0o600))
	call(t, "serve", "--config", path).
		says(t, exit.Usage, path+`:3: key: /none.pem: no such file or directory`)
}

func TestAVariableThatSetsNothingIsPointedAt(t *testing.T) {
	t.Parallel()
	r := caller{env: []string{"RTKMOCK_EFFECT_URL=x", "RTKMOCK_SOMETHING_ELSE=1", "RTKMOCK_VERSION=2", "PATH=/bin"}}.call(t, "version")
	r.exits(t, exit.OK)
	assert.Equal(t, r.err, "rtkmock: warning: the environment variable RTKMOCK_EFFECT_URL sets nothing; did you mean RTKMOCK_EFFECTS_URL?\n")
}
