//go:build e2e && linux

package intercept

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// family is what npm start starts: a program that starts two more, one of them a
// daemon, each of which reports to HUB and stays. It shows no interest in
// signals.
const family = `
const { spawn } = require('child_process');
for (const s of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(s, () => {});
const depth = Number(process.argv[2] || 0);
if (depth === 0) for (const detached of [false, true]) spawn(process.execPath, [__filename, '1'], { detached, stdio: 'inherit' });
require('net').connect(process.env.HUB, '127.0.0.1', function () { this.write(String(depth)); }).on('end', () => process.exit(0)).on('error', () => process.exit(0));
setTimeout(() => process.exit(0), 60000);`

// ended waits for something that takes a moment.
func ended(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// carrying returns the processes that have a text in their environment.
func carrying(text string) (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if env, err := os.ReadFile(file); err == nil && bytes.Contains(env, []byte(text)) {
			found = append(found, file)
		}
	}
	return found
}

func TestE2ENothingIsLeftHoweverItEnds(t *testing.T) {
	runner := buildRunner(t)
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip(err)
	}
	app := t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(app, "app.js"), []byte(family), 0o600))
	assert.NilError(t, os.WriteFile(filepath.Join(app, "package.json"), []byte(`{"scripts":{"start":"node app.js"}}`), 0o600))
	noHosts := hostsWay(t.Context(), runner)
	for _, way := range []Way{WayEnvironment, WayHosts} {
		for name, end := range map[string]func(runner *os.Process, app net.Conn){
			// The program that npm starts ends, and what it has started does not.
			"normally":    func(_ *os.Process, app net.Conn) { app.Close() },
			"interrupted": func(p *os.Process, _ net.Conn) { _ = p.Signal(os.Interrupt) }, // as by Ctrl-C
			"killed":      func(p *os.Process, _ net.Conn) { _ = p.Kill() },
		} {
			t.Run(string(way)+"/"+name, func(t *testing.T) {
				if way == WayHosts && noHosts != nil {
					t.Skip(noHosts)
				}
				nothingIsLeft(t, app, []string{runner, "-way", string(way), "--", npm, "start"}, end)
			})
		}
	}
}

// nothingIsLeft runs a command until three programs have reported, ends it, and
// looks for what is left.
func nothingIsLeft(t *testing.T, dir string, args []string, end func(runner *os.Process, app net.Conn)) {
	before, err := os.Stat(hostsPath)
	assert.NilError(t, err)
	hub, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer hub.Close()
	_, port, _ := net.SplitHostPort(hub.Addr().String())
	mark, temp := "RTKMOCK_TEST_MARK="+rand.Text(), t.TempDir()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), mark, "HUB="+port, "TMPDIR="+temp, "npm_config_update_notifier=false", "npm_config_cache="+t.TempDir())
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	cmd.WaitDelay = 30 * time.Second
	assert.NilError(t, cmd.Start())
	var app net.Conn
	var others []net.Conn
	for range 3 {
		assert.NilError(t, hub.(*net.TCPListener).SetDeadline(time.Now().Add(60*time.Second)))
		conn, err := hub.Accept()
		assert.NilError(t, err)
		defer conn.Close()
		depth := make([]byte, 1)
		_, err = io.ReadFull(conn, depth)
		assert.NilError(t, err)
		if string(depth) == "0" {
			app = conn
		} else {
			others = append(others, conn)
		}
	}
	assert.Assert(t, len(carrying(mark)) >= 5, "the runner, two supervisors, npm and node")
	end(cmd.Process, app)
	_ = cmd.Wait()
	for _, conn := range others {
		assert.NilError(t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
		_, err := conn.Read(make([]byte, 1))
		assert.Assert(t, errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET), "a program goes on: %v", err)
	}
	ended(t, "a process is left", func() bool { return len(carrying(mark)) == 0 })
	ended(t, "a file is left in "+temp, func() bool {
		entries, err := os.ReadDir(temp)
		return err == nil && len(entries) == 0
	})
	after, err := os.Stat(hostsPath)
	assert.NilError(t, err)
	assert.Assert(t, os.SameFile(before, after) && before.ModTime().Equal(after.ModTime()) && before.Size() == after.Size())
}

// As behind "| head -3": the first line that finds no reader ends the program.
func TestE2ENothingIsLeftWhenNobodyReads(t *testing.T) {
	runner, temp := buildRunner(t), t.TempDir()
	r, w, err := os.Pipe()
	assert.NilError(t, err)
	assert.NilError(t, r.Close())
	defer w.Close()
	mark := "RTKMOCK_TEST_MARK=" + rand.Text()
	cmd := exec.CommandContext(t.Context(), runner, "-print", "shell", "--", "sleep", "60")
	cmd.Env = append(os.Environ(), mark, "TMPDIR="+temp)
	cmd.Stdout, cmd.Stderr = w, t.Output()
	err = cmd.Run()
	assert.ErrorContains(t, err, "signal: broken pipe")
	ended(t, "a process is left", func() bool { return len(carrying(mark)) == 0 })
	ended(t, "a file is left", func() bool {
		entries, err := os.ReadDir(temp)
		return err == nil && len(entries) == 0
	})
}

// Parts of this package are for Linux alone. The others have to compile.
func TestE2EOtherSystemsBuild(t *testing.T) {
	for _, system := range []string{"windows", "darwin"} {
		t.Run(system, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "go", "vet", "./...")
			cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
			out, err := cmd.CombinedOutput()
			assert.NilError(t, err, "%s", out)
		})
	}
}
