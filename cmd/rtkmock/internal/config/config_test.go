package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
)

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
		var f delivery.Flags
		a := app.New(c.env, terminal.Streams{})
		root, test, send := &cobra.Command{Use: "rtkmock"}, &cobra.Command{Use: "test"}, &cobra.Command{Use: "send"}
		root.AddCommand(test, send)
		f.AddSent(test)
		f.AddHeader(test)
		new(delivery.Flags).AddSent(send)
		file := ""
		if c.file != "" {
			file = filepath.Join(t.TempDir(), "c")
			assert.NilError(t, os.WriteFile(file, []byte(c.file), 0o600))
		}
		for _, cmd := range root.Commands() {
			cmd.RunE = func(*cobra.Command, []string) error { return nil }
		}
		assert.NilError(t, Apply(a, test, &file, func() *cobra.Command { return root }), c.reason)
		var got []string
		for _, change := range f.Set {
			got = append(got, change.Path+"="+string(change.Value))
		}
		assert.DeepEqual(t, got, c.want)
	}
}
