//go:build e2e && linux

package intercept

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// client is a program that fetches a URL and prints the answer.
type client struct {
	name   string
	folder string // below testdata/clients
	args   []string
	always bool // it has to be there in CI
}

// clients are those of the table in README.md, in its order. BIN is the folder
// of node_modules' programs, PYTHON a Python that has the module.
func clients() []client {
	var all []client
	add := func(always bool, label, folder string, names []string, args ...string) {
		for _, name := range names {
			with := append([]string(nil), args...)
			if name != "" {
				with = append(with, name)
			}
			all = append(all, client{strings.TrimSpace(label + " " + name), folder, with, always})
		}
	}
	add(true, "Node", "node", []string{"fetch", "https", "http2", "worker", "axios", "got", "undici", "node-fetch"}, "node", "client.mjs")
	add(true, "Python", ".", []string{"urllib", "http.client"}, "python3", "client.py")
	for _, module := range [][]string{{"requests", "requests-no-env"}, {"httpx", "httpx-no-env"}, {"aiohttp"}} {
		add(false, "Python", ".", module, "PYTHON "+module[0], "client.py")
	}
	add(true, "Go", ".", []string{"default", "own-transport"}, "GO")
	add(true, "curl", ".", []string{""}, "curl", "-sS")
	add(false, "Ruby", ".", []string{"net-http", "net-http-start", "open-uri"}, "ruby", "client.rb")
	add(false, "PHP", ".", []string{"curl", "streams"}, "php", "client.php")
	add(false, "Java", ".", []string{"HttpClient", "URL"}, "java", "Client.java")
	add(false, "Bun", "runtimes", []string{""}, "BIN/bun", "client.mjs")
	add(false, "Deno", "runtimes", []string{""}, "BIN/deno", "run", "-A", "client.mjs")
	add(true, "workerd: miniflare", "workers", []string{""}, "node", "miniflare.mjs")
	add(true, "workerd: wrangler dev", "workers", []string{""}, "node", "wrangler.mjs")
	return all
}

// alone is the beginning of a command that runs in a network of its own, where
// only this machine can be reached: a client that passes rtkmock by gets nowhere.
func alone(t *testing.T) []string {
	t.Helper()
	if err := exec.CommandContext(t.Context(), "unshare", "-n", "ip", "link", "set", "lo", "up").Run(); err != nil {
		t.Skipf("a network of its own: unshare, ip and root are needed: %v", err)
	}
	return []string{"unshare", "-n", "sh", "-c", `ip link set lo up && exec "$@"`, "sh"}
}

// lab is where the clients run.
type lab struct {
	dir     string
	goBin   string
	missing map[string]string // by folder: why its packages are not there
}

func newLab(t *testing.T) *lab {
	l := &lab{dir: t.TempDir(), missing: map[string]string{}}
	assert.NilError(t, os.CopyFS(l.dir, os.DirFS("testdata/clients")))
	l.goBin = build(t, "./testdata/clients/go")
	for _, folder := range []string{"node", "workers", "runtimes"} {
		cmd := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
		cmd.Dir = filepath.Join(l.dir, folder)
		if out, err := cmd.CombinedOutput(); err != nil {
			l.missing[folder] = fmt.Sprintf("npm ci: %v: %.300s", err, out)
		}
	}
	return l
}

// command returns the command of a client, or why there is none.
func (l *lab) command(ctx context.Context, c client) ([]string, error) {
	if why := l.missing[c.folder]; why != "" {
		return nil, errors.New(why)
	}
	args := append([]string(nil), c.args...)
	program, module, _ := strings.Cut(args[0], " ")
	switch {
	case program == "GO":
		args[0] = l.goBin
	case program == "PYTHON":
		for _, python := range []string{"python3", "/usr/bin/python3"} {
			if exec.CommandContext(ctx, python, "-c", "import "+module).Run() == nil {
				args[0] = python
			}
		}
		if args[0] == c.args[0] {
			return nil, fmt.Errorf("no Python has the module %s", module)
		}
	case strings.HasPrefix(program, "BIN/"):
		args[0] = filepath.Join(l.dir, c.folder, "node_modules", ".bin", strings.TrimPrefix(program, "BIN/"))
		if err := exec.CommandContext(ctx, args[0], "--version").Run(); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	if _, err := exec.LookPath(args[0]); err != nil {
		return nil, err
	}
	if c.name == "PHP curl" && exec.CommandContext(ctx, "php", "-r", `exit(extension_loaded("curl") ? 0 : 1);`).Run() != nil {
		return nil, errors.New("PHP has no extension curl")
	}
	return args, nil
}

const hardCoded = "https://" + RealtimeHost + "/.well-known/webhooks.json"

// obeys runs a client with interception, and reports whether it was answered
// here. What it said otherwise is in why.
func (l *lab) obeys(t *testing.T, runner string, way Way, c client, args []string) (yes bool, why string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	token := "answered-" + strings.ReplaceAll(t.Name(), "/", "-")
	all := append(alone(t), runner, "-way", string(way), "-say", token, "--")
	all = append(append(all, args...), hardCoded)
	cmd := exec.CommandContext(ctx, all[0], all[1:]...)
	cmd.Dir = filepath.Join(l.dir, c.folder)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "DENO_DIR="+home, "npm_config_update_notifier=false")
	cmd.WaitDelay = 5 * time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	return strings.Contains(out.String(), token+" "+RealtimeHost), out.String() + errs.String()
}

// The table says which client obeys which way. Each of its cells is measured,
// and one that is not as README.md has it fails.
func TestE2EClientsObeyAsTheTableSays(t *testing.T) {
	runner, l := buildRunner(t), newLab(t)
	text, err := os.ReadFile("README.md")
	assert.NilError(t, err)
	noHosts := hostsWay(t.Context(), runner)
	var table strings.Builder
	table.WriteString("| client | hosts | environment |\n| --- | --- | --- |\n")
	for _, c := range clients() {
		args, missing := l.command(t.Context(), c)
		cells := []string{}
		for _, way := range []Way{WayHosts, WayEnvironment} {
			cell := "?"
			t.Run(strings.ReplaceAll(c.name, " ", "-")+"/"+string(way), func(t *testing.T) {
				switch {
				case missing != nil && c.always && os.Getenv("CI") != "":
					t.Fatal(missing)
				case missing != nil:
					t.Skip(missing)
				case way == WayHosts && noHosts != nil:
					t.Skip(noHosts)
				}
				yes, why := l.obeys(t, runner, way, c, args)
				if cell = "no"; yes {
					cell = "yes"
				}
				want := documented(string(text), c.name)[way]
				if want != cell {
					t.Errorf("found %q, and README.md has %q: %.2000s", cell, want, why)
				}
			})
			cells = append(cells, cell)
		}
		fmt.Fprintf(&table, "| %s | %s |\n", c.name, strings.Join(cells, " | "))
	}
	t.Logf("measured:\n%s", table.String())
}

// documented returns what a table of Markdown says about a client.
func documented(text, name string) map[Way]string {
	row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(name) + ` +\| (\S+) +\| (\S+) +\|$`).FindStringSubmatch(text)
	if row == nil {
		return nil
	}
	return map[Way]string{WayHosts: row[1], WayEnvironment: row[2]}
}

// A folder may have any name. Each variable has its own rules for quoting.
func TestE2EAFolderWithAnOddNameIsFound(t *testing.T) {
	runner := buildRunner(t)
	dir := filepath.Join(t.TempDir(), `a "b' $c\`)
	for name, args := range map[string][]string{
		"node": {"node/client.mjs", "fetch"}, "python3": {"client.py", "urllib"}, "php": {"client.php", "curl"},
		"java": {"Client.java", "HttpClient"}, "curl": {"-sS"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				t.Skip(err)
			}
			all := append(append(alone(t), runner, "-dir", dir, "--", name), args...)
			cmd := exec.CommandContext(t.Context(), all[0], append(all[1:], hardCoded)...)
			cmd.Dir = "testdata/clients"
			out, err := cmd.CombinedOutput()
			assert.NilError(t, err, "%s", out)
			assert.Assert(t, strings.Contains(string(out), "answered "+RealtimeHost), "%s", out)
		})
	}
}

// What a program loads first already is loaded all the same.
func TestE2EPreloadsOfTheUserRunAsWell(t *testing.T) {
	runner, dir := buildRunner(t), t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "sitecustomize.py"), []byte("print('theirs')\n"), 0o600))
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "theirs.cjs"), []byte("console.log('theirs')\n"), 0o600))
	for _, args := range [][]string{
		{"python3", "-c", "import sitecustomize, socket; print(socket.getaddrinfo.__module__)"},
		{"node", "-e", "console.log(require('net').Socket.prototype.connect.length)"},
	} {
		if _, err := exec.LookPath(args[0]); err != nil {
			t.Logf("skipped: %v", err)
			continue
		}
		cmd := exec.CommandContext(t.Context(), runner, append([]string{"--"}, args...)...)
		cmd.Env = append(os.Environ(), "PYTHONPATH="+dir, "NODE_OPTIONS=--require "+filepath.Join(dir, "theirs.cjs"))
		out, err := cmd.Output()
		assert.NilError(t, err)
		assert.Equal(t, string(out), map[string]string{"python3": "theirs\nsitecustomize\n", "node": "theirs\n0\n"}[args[0]])
	}
}
