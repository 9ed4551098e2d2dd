package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gotest.tools/v3/assert"
)

// settled returns the values of flags as cmd would see them after all layers.
func settled(t *testing.T, c caller, file string, args ...string) (map[string]string, error) {
	t.Helper()
	a := &app{ctx: t.Context(), out: &sink{}, err: &sink{}, env: environment(c.env), origins: map[string]string{}}
	root := newRoot(a)
	values := map[string]string{}
	eachCommand(root, func(cmd *cobra.Command) {
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
			for name, where := range a.origins {
				a.origins[name] = strings.ReplaceAll(where, path, "FILE")
			}
		}()
	}
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	for name, where := range a.origins {
		values["origin of "+name] = filepath.Base(where)
	}
	return values, err
}

func TestFlagOutweighsEnvironmentOutweighsFileOutweighsDefault(t *testing.T) {
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
	path := filepath.Join(t.TempDir(), "rtkmock.json")
	assert.NilError(t, os.WriteFile(path, []byte(`{"version": {"output": "json"}}`), 0o600))
	r := caller{env: []string{"RTKMOCK_CONFIG=" + path}}.call(t, "version")
	r.exits(t, ExitOK)
	assert.Assert(t, strings.HasPrefix(r.out, "{"), r.out)
}

func TestSettingsReachTheFlagsWhole(t *testing.T) {
	for _, c := range []struct {
		reason, file string
		env          []string
		want         []string
	}{
		{"a list", "set: [meeting.title=Standup, 'meeting.id=\"7\"']", nil, []string{`meeting.title="Standup"`, `meeting.id="7"`}},
		{"a mapping", "set:\n  meeting.title: Stand, up\n  recording.fileSize: 9007199254740993\n  x: {b: [1, null], a: <}\n  y: 2026-06-03\n", nil,
			[]string{`meeting.title="Stand, up"`, `recording.fileSize=9007199254740993`, `x={"a":"<","b":[1,null]}`, `y="2026-06-03"`}},
		{"text that looks like something else stays text", "set:\n  a: '7'\n  b: 'true'\n", nil, []string{`a="7"`, `b="true"`}},
		{"JSON with tabs and surrogates", "{\n\t\"set\": {\"a\": \"\\ud83d\\ude00\", \"b\": 1.50}\n}", nil, []string{`a="😀"`, `b=1.50`}},
		{"one value", "set: meeting.title=Standup", nil, []string{`meeting.title="Standup"`}},
		{"an alias", "header: &none {X: 1}\nsend:\n  set: &s {a: 1}\ntest:\n  set: *s\n", nil, []string{`a=1`}},
		{"lines of a variable", "", []string{"RTKMOCK_SET=meeting.title=a, b\nmeeting.id=x\r\n\n"}, []string{`meeting.title="a, b"`, `meeting.id="x"`}},
	} {
		var f testFlags
		a := &app{ctx: t.Context(), out: &sink{}, err: &sink{}, env: environment(c.env), origins: map[string]string{}}
		cmd := &cobra.Command{Use: "test", RunE: func(*cobra.Command, []string) error { return nil }}
		f.add(cmd)
		root := newRoot(a)
		root.RemoveCommand(find(root, "test"))
		root.AddCommand(cmd)
		if c.file != "" {
			a.config = filepath.Join(t.TempDir(), "c")
			assert.NilError(t, os.WriteFile(a.config, []byte(c.file), 0o600))
		}
		assert.NilError(t, a.applyLayers(cmd), c.reason)
		var got []string
		for _, change := range f.set {
			got = append(got, change.Path+"="+string(change.Value))
		}
		assert.DeepEqual(t, got, c.want)
	}
}

func find(root *cobra.Command, name string) *cobra.Command {
	for _, c := range root.Commands() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

func TestMistakesInSettingsNameTheirPlace(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"effect-url: x\n", `FILE:1: effect-url: unknown setting; did you mean effects-url?`},
		{"timeout: 5s\ntest:\n  onyl: sig/*\n", `FILE:3: onyl: unknown setting; did you mean only?`},
		{"tset:\n  only: sig/*\n", `FILE:1: tset: unknown setting; did you mean test?`},
		{"test: 5\n", `FILE:1: test: want the flags of that verb by name`},
		{"serve:\n  only: sig/*\n", `FILE:2: only: not a setting of "serve"`},
		{"xyzzyx: 1\n", `FILE:1: xyzzyx: unknown setting, want the name of a flag or of a verb`},
		{"config: other.yaml\n", `FILE:1: config: unknown setting, want the name of a flag or of a verb`},
		{"version: {help: true}\n", `FILE:1: help: not a setting of "version"`},
		{"timeout: 5s\ntimeout: 6s\n", `FILE:2: timeout: it stands there twice`},
		{"timeout: 5\n", `FILE:1: timeout: found "5", want a duration above zero, such as 3s or 500ms`},
		{"strict: maybe\n", `FILE:1: strict: found "maybe", want true or false`},
		{"timeout: [5s, 6s]\n", `FILE:1: timeout: found several values, want one`},
		{"timeout: {a: b}\n", `FILE:1: timeout: found a mapping, want a plain value`},
		{"only: [[a]]\n", `FILE:1: only: found a list in the list, want plain values`},
		{"only: []\n", `FILE:1: only: the list is empty`},
		{"- a\n", `FILE:1: found a list, want flags by name`},
		{"hello\n", `FILE:1: found "hello", want flags by name`},
		{"a: b: c\n", `FILE: it is neither YAML nor JSON: mapping values are not allowed in this context`},
		{"timeout: 5s\n---\ntimeout: 6s\n", `FILE: it holds more than one document, want one`},
		{"set:\n  a: .inf\n", `FILE:1: set: found .inf, which JSON cannot hold`},
		{"{\n \"test\": {\n  \"onyl\": \"x\"\n }\n}", `FILE:3: onyl: unknown setting; did you mean only?`},
	} {
		path := filepath.Join(t.TempDir(), "rtkmock.yaml")
		assert.NilError(t, os.WriteFile(path, []byte(c.file), 0o600))
		call(t, "test", "--config", path).says(t, ExitUsage, strings.ReplaceAll(c.want, "FILE", path))
	}
}

func TestAnEmptyConfigSetsNothing(t *testing.T) {
	for _, file := range []string{"# nothing\n", "null\n", "{}\n", "---\n"} {
		_, err := settled(t, caller{}, file, "test")
		assert.NilError(t, err, file)
	}
}

func TestErrorsNameWhereTheValueCameFrom(t *testing.T) {
	caller{env: []string{"RTKMOCK_TIMEOUT=5"}}.call(t, "test").
		says(t, ExitUsage, `RTKMOCK_TIMEOUT: found "5", want a duration above zero, such as 3s or 500ms`)
	caller{env: []string{"RTKMOCK_KEY=/none.pem"}}.call(t, "serve").
		says(t, ExitUsage, `RTKMOCK_KEY: /none.pem: no such file or directory`)

	path := filepath.Join(t.TempDir(), "c.yaml")
	assert.NilError(t, os.WriteFile(path, []byte("\n\nkey: /none.pem\n"), 0o600))
	call(t, "serve", "--config", path).
		says(t, ExitUsage, path+`:3: key: /none.pem: no such file or directory`)
}

func TestAVariableThatSetsNothingIsPointedAt(t *testing.T) {
	r := caller{env: []string{"RTKMOCK_EFFECT_URL=x", "RTKMOCK_SOMETHING_ELSE=1", "RTKMOCK_VERSION=2", "PATH=/bin"}}.call(t, "version")
	r.exits(t, ExitOK)
	assert.Equal(t, r.err, "rtkmock: warning: the environment variable RTKMOCK_EFFECT_URL sets nothing; did you mean RTKMOCK_EFFECTS_URL?\n")
}
