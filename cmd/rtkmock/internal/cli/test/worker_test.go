package test

import (
	"os"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
)

func TestAWorkerThatDoesNotSeeItsVariableIsToldWhatHidesIt(t *testing.T) {
	const name = "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"
	wrangler := []string{"npx", "wrangler", "dev"}
	for _, c := range []struct {
		command                          []string
		devVars, env, want, next, reason string
	}{
		{wrangler, "", "", "wrangler dev does not show a Worker the variables of its process, such as " + name + ";", `rtkmock test http://localhost/ -- sh -c 'npx wrangler dev --var "` + name + ":$" + name + `"'`, "by default"},
		{wrangler, "", "CLOUDFLARE_INCLUDE_PROCESS_ENV=true", "", "", "it is shown"},
		{wrangler, "A=1\n" + name + "_2=x\n", "CLOUDFLARE_INCLUDE_PROCESS_ENV=true", "because of the file .dev.vars,", "", "the file hides it"},
		{wrangler, "A=1\n " + name + " = https://x\n", "CLOUDFLARE_INCLUDE_PROCESS_ENV=true", ".dev.vars sets " + name, "", "the file has another one"},
		{[]string{"sh", "-c", `npx wrangler dev --var "` + name + ":$" + name + `"`}, "A=1", "", "", "", "it is passed on"},
		{[]string{"node", "server.js"}, "A=1", "", "", "", "no Worker"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if c.devVars != "" {
				assert.NilError(t, os.WriteFile(".dev.vars", []byte(c.devVars), 0o600))
			}
			r := &run{options: &options{App: app.New([]string{c.env}, terminal.Streams{})}}
			r.command.words = c.command
			r.Args = append([]string{"test", "http://localhost/", "--"}, r.command.words...)
			got := r.keyHidden()
			assert.Assert(t, strings.HasPrefix(got, c.want) && (got == "") == (c.want == ""), got)
			if c.next != "" {
				assert.Equal(t, strings.Join(r.showKey(), " "), c.next)
			}
		})
	}
}
