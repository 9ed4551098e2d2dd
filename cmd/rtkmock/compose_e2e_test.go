//go:build e2e && linux

package main_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// Addresses for documentation: those of this machine and of a container on its bridge.
const (
	hostGateway = "203.0.113.1"
	inContainer = "203.0.113.2"
)

// engine plays "docker compose" for one service: a network and an /etc/hosts of its own, and
// a proxy that publishes its port. As with Docker, the proxy listens before the app does.
const engine = `#!/bin/sh
case "$*" in
"compose up --detach app" | "compose start app")
  nsenter -t %[1]d -n -m env -i PATH="$PATH" %[2]s rtkmock receive --listen 0.0.0.0:3000 >/dev/null 2>&1 &
  echo $! >app.pid
  PUBLISHED=%[3]s %[4]s -test.run '^TestE2EComposeFileOfTheReadme$' >/dev/null 2>&1 &
  echo $! >proxy.pid ;;
"compose kill app")
  kill -9 $(cat app.pid proxy.pid)
  for pid in $(cat app.pid proxy.pid); do
    while grep -qs '^State:.[^Z]' /proc/$pid/status; do sleep 0.01; done
  done ;;
*) echo "no such command: $*"; exit 64 ;;
esac
`

// TestE2EComposeFileOfTheReadme runs the commands for a receiver in a container, with the
// settings of the file that the README shows.
func TestE2EComposeFileOfTheReadme(t *testing.T) {
	if port := os.Getenv("PUBLISHED"); port != "" {
		publish(port)
		return
	}
	needs(t, "ip", "nsenter", "unshare")
	readme, err := os.ReadFile("README.md")
	assert.NilError(t, err)
	block := regexp.MustCompile("(?ms)^```yaml\n(# compose.yaml\n.*?)^```.*?^(```console.*?^```$)").FindSubmatch(readme)
	assert.Assert(t, block != nil)
	var file struct {
		Services map[string]struct {
			Ports       []string
			Hosts       []string `yaml:"extra_hosts"`
			Environment map[string]string
		}
	}
	assert.NilError(t, yaml.Unmarshal(block[1], &file))
	app := file.Services["app"]
	blocks, err := parseConsole(string(block[2]) + "\n")
	assert.NilError(t, err)

	rtkmock := buildRTKMock(t)
	dir, left := t.TempDir(), newLeftovers(t)
	isolate(t)
	hosts := "127.0.0.1 localhost\n"
	for _, line := range app.Hosts {
		name, address, _ := strings.Cut(line, ":")
		hosts += strings.Replace(address, "host-gateway", hostGateway, 1) + " " + name + "\n"
	}
	container := newContainer(t, hosts)
	published, port, _ := strings.Cut(app.Ports[0], ":")
	assert.Equal(t, published, port, "the app of this test listens at 3000")
	var variables []string
	for name, value := range app.Environment {
		variables = append(variables, name+"="+value)
	}
	self, err := os.Executable()
	assert.NilError(t, err)
	script := fmt.Sprintf(engine, container, strings.Join(variables, " "), published, self)
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "docker"), []byte(script), 0o755))
	t.Cleanup(func() {
		cmd := exec.Command("./docker", "compose", "kill", "app")
		cmd.Dir = dir
		assert.Check(t, cmd.Run() == nil)
		left.check(t)
	})
	path := "PATH=" + dir + ":" + filepath.Dir(rtkmock) + ":" + os.Getenv("PATH")
	b := blocks[0]
	// What the commands start goes on, so it is no console that runs them.
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.Join(b.commands, "\n"))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), path, left.mark, "TMPDIR="+left.temp)
	out, err := cmd.CombinedOutput()
	assert.NilError(t, err, "%s", out)
	assert.Equal(t, missing(string(out), b.want), "", "%s", out)
	assert.Assert(t, is.Contains(string(out), "with the target restarted"))
}

// newContainer returns the number of a process in a network of its own, joined to this one,
// with an /etc/hosts of its own.
func newContainer(t *testing.T, hosts string) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hosts")
	assert.NilError(t, os.WriteFile(path, []byte(hosts), 0o644))
	// It says when it is there, and ends with its standard input.
	cmd := exec.Command("unshare", "--net", "--mount", "sh", "-c", `mount --bind "$0" /etc/hosts && echo && exec cat`, path)
	in, err := cmd.StdinPipe()
	assert.NilError(t, err)
	out, err := cmd.StdoutPipe()
	assert.NilError(t, err)
	cmd.Stderr = t.Output()
	assert.NilError(t, cmd.Start())
	t.Cleanup(func() { _, _ = in.Close(), cmd.Wait() })
	_, err = io.ReadFull(out, make([]byte, 1))
	assert.NilError(t, err)
	pid := fmt.Sprint(cmd.Process.Pid)
	run := func(words ...string) { runIn(t, ".", nil, words...) }
	within := func(words ...string) { run(append([]string{"nsenter", "-t", pid, "-n"}, words...)...) }
	run("ip", "link", "add", "host", "type", "veth", "peer", "name", "eth0", "netns", pid)
	run("ip", "address", "add", hostGateway+"/24", "dev", "host")
	run("ip", "link", "set", "host", "up")
	within("ip", "address", "add", inContainer+"/24", "dev", "eth0")
	within("ip", "link", "set", "eth0", "up")
	within("ip", "link", "set", "lo", "up")
	return cmd.Process.Pid
}

// publish leads a port of this machine to the same one of the container, until it is killed.
func publish(port string) {
	ln, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return
	}
	for {
		client, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			app, err := net.Dial("tcp", inContainer+":"+port)
			if err != nil {
				return
			}
			defer app.Close()
			go func() {
				_, _ = io.Copy(app, client)
				_ = app.(*net.TCPConn).CloseWrite()
			}()
			_, _ = io.Copy(client, app)
		}()
	}
}
