package app

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestCommandsToTypeNextBeginAsTheUserBegan(t *testing.T) {
	for _, c := range []struct{ npm, executable, want, reason string }{
		{"", "/usr/bin/rtkmock", "rtkmock", "a binary"},
		{"exec", "/app/node_modules/rtkmock/binaries/linux-x64/rtkmock", "npx --no rtkmock", "npx"},
		{"run", "/app/node_modules/@rtkmock/linux-x64/bin/rtkmock", "npx --no rtkmock", "a script of package.json"},
		{"run", "/usr/bin/rtkmock", "rtkmock", "a script that calls a binary of the machine"},
		{"", "/usr/lib/node_modules/rtkmock/binaries/linux-x64/rtkmock", "rtkmock", "npm i -g puts it into PATH"},
	} {
		assert.Equal(t, strings.Join(program(map[string]string{"npm_command": c.npm}, c.executable), " "), c.want, c.reason)
	}
}
