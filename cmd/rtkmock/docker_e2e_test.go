//go:build e2e && linux

package main_test

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// TestE2EDockerAloneGivesAVerdictWithinAMinute judges receivers in containers from
// another container, with nothing but an engine and the Dockerfile.
func TestE2EDockerAloneGivesAVerdictWithinAMinute(t *testing.T) {
	if out, err := exec.CommandContext(t.Context(), "docker", "info").CombinedOutput(); err != nil {
		t.Skipf("no engine of Docker: %v: %.200s", err, out)
	}
	t.Setenv("DOCKER_BUILDKIT", "1") // before version 23, an engine has it and does not use it
	name := fmt.Sprintf("rtkmock-e2e-%d", time.Now().UnixNano())
	docker := func(args ...string) (int, string) {
		return ranIn(t, "../..", nil, append([]string{"docker"}, args...)...)
	}
	must := func(args ...string) {
		code, out := docker(args...)
		assert.Equal(t, code, 0, "%q\n%s", args, out)
	}
	must("build", "--tag", name, ".")
	t.Cleanup(func() { _ = exec.Command("docker", "image", "rm", "--force", name).Run() })
	must("network", "create", "--internal", name)
	t.Cleanup(func() { _ = exec.Command("docker", "network", "rm", name).Run() })
	for _, c := range []struct {
		reason   string
		receiver []string // more of its flags
		target   string
		code     int
		says     string
	}{
		{"a good receiver", nil, "http://receiver:3000/webhook", 0, "conformant, "},
		{"a flawed one", []string{"--flaw", "no-verification"}, "http://receiver:3000/webhook", 1, "sig/missing-header"},
		{"a mistake", nil, "receiver", 2, `found "receiver"`},
	} {
		receiver := name + "-receiver"
		run := []string{"run", "--rm", "--detach", "--network", name, "--network-alias", "receiver", "--name", receiver, name,
			"receive", "--listen", "0.0.0.0:3000", "--key-url", "http://judge:9010/.well-known/webhooks.json"}
		must(append(run, c.receiver...)...)
		end := func() { _ = exec.Command("docker", "rm", "--force", receiver).Run() }
		t.Cleanup(end)
		began := time.Now()
		code, out := docker("run", "--rm", "--network", name, "--network-alias", "judge", name,
			"test", c.target, "--listen", "0.0.0.0:9010", "--advertise", "http://judge:9010", "--report", "html=/state/report.html")
		assert.Equal(t, code, c.code, "%s: %s", c.reason, out)
		assert.Assert(t, is.Contains(out, c.says), c.reason)
		assert.Assert(t, time.Since(began) < time.Minute, c.reason)
		end()
	}
}
