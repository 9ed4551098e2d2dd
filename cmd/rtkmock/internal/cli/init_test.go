package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
)

// enter makes a folder of texts by path the working folder.
func enter(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		assert.NilError(t, os.MkdirAll(filepath.Dir(name), 0o777))
		assert.NilError(t, os.WriteFile(name, []byte(text), 0o666))
	}
}

func readText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	assert.NilError(t, err)
	return string(data)
}

// plainNode is a project as many people have it.
var plainNode = map[string]string{
	"package.json":      `{"scripts":{"start":"node server.js","build":"tsc"},"dependencies":{"express":"5"}}`,
	"package-lock.json": "{}",
	"server.js":         "// rtk-signature\napp.post('/hooks/rtk', f); app.listen(process.env.PORT || 3000)",
	".git/HEAD":         "ref: refs/heads/main",
}

const job = ".github/workflows/rtkmock.yml"

func TestInitWritesWhatItFindsAndNothingTwice(t *testing.T) {
	enter(t, plainNode)
	got := call(t, "init", "--dry-run")
	got.exits(t, exit.OK)
	assert.Assert(t, is.Contains(got.out, "--- rtkmock.yaml\n"))
	_, err := os.Stat("rtkmock.yaml")
	assert.Assert(t, os.IsNotExist(err), "it prints, and writes nothing")
	_, err = os.Stat(".github")
	assert.Assert(t, os.IsNotExist(err), "it prints, and writes nothing")

	got = call(t, "init", "--yes")
	got.exits(t, exit.OK)
	assert.Assert(t, is.Contains(got.err, `found  package.json: Express, started by "npm start"`))
	assert.Equal(t, got.out, "rtkmock.yaml is written\n.github/workflows/rtkmock.yml is written\n\nNext\n  rtkmock test\n")
	assert.Assert(t, is.Contains(readText(t, "rtkmock.yaml"), "\nurl: http://localhost:{port}/hooks/rtk\n"))
	assert.Assert(t, is.Contains(readText(t, job), "\n      - run: npm ci\n"))

	got = call(t, "init", "--yes")
	got.exits(t, exit.OK)
	assert.Assert(t, is.Contains(got.out, "rtkmock.yaml is as it should be\n"))
	assert.NilError(t, os.WriteFile("rtkmock.yaml", []byte("test: {strict: true}\n"), 0o600))
	got = call(t, "init", "--yes")
	got.exits(t, exit.OK)
	assert.Assert(t, is.Contains(got.out, "rtkmock.yaml exists and is left alone; --force replaces it"))
	assert.Equal(t, readText(t, "rtkmock.yaml"), "test: {strict: true}\n")
	call(t, "init", "--yes", "--force").exits(t, exit.OK)
	assert.Assert(t, is.Contains(readText(t, "rtkmock.yaml"), "port-env: PORT"))
}

func TestInitWithinARepositoryPutsTheJobAtItsRoot(t *testing.T) {
	enter(t, map[string]string{".git/HEAD": "", "apps/web/package.json": plainNode["package.json"], "apps/web/server.js": ""})
	assert.NilError(t, os.Chdir("apps/web"))
	got := call(t, "init", "--yes")
	got.exits(t, exit.OK)
	assert.Assert(t, is.Contains(got.out, filepath.Join("..", "..", job)+" is written"))
	assert.Assert(t, is.Contains(readText(t, "../../"+job), "working-directory: apps/web"))
}

func TestInitAsksAtATerminalAlone(t *testing.T) {
	enter(t, plainNode)
	call(t, "init").says(t, exit.Usage, "init: standard input is no terminal to ask at, want --yes, or --dry-run to see what it would write")

	answers := "localhost:4000/rtk\nhttp://localhost:4000/rtk\n\n1X\nMY_KEY_URL\n"
	got := caller{tty: true, in: strings.NewReader(answers)}.call(t, "init")
	got.exits(t, exit.OK)
	for _, want := range []string{"URL of the receiver [http://localhost:{port}/hooks/rtk]: ", "Command that starts it (- for none) [npm start]: ", "[REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL]: "} {
		assert.Assert(t, is.Contains(got.out, want))
	}
	assert.Equal(t, strings.Count(got.out, "URL of the receiver"), 2, "a mistake is asked again")
	settings := readText(t, "rtkmock.yaml")
	for _, want := range []string{"\nurl: http://localhost:4000/rtk\n", "\ncommand: npm start\n", "\nkey-env: MY_KEY_URL\n"} {
		assert.Assert(t, is.Contains(settings, want))
	}
	assert.Assert(t, !strings.Contains(settings, "port-env"), "the URL has a port of its own")

	enter(t, plainNode)
	got = caller{tty: true, in: strings.NewReader("\n")}.call(t, "init")
	got.exits(t, exit.Interrupted)
	_, err := os.Stat("rtkmock.yaml")
	assert.Assert(t, os.IsNotExist(err), "the end of the input writes nothing")
}

func TestInitDoesNotAskForTheVariableOfAHardCodedKey(t *testing.T) {
	enter(t, map[string]string{"package.json": plainNode["package.json"], "server.js": `fetch("https://api.realtime.cloudflare.com/.well-known/webhooks.json"); app.post("/hooks/rtk")`})
	got := caller{tty: true, in: strings.NewReader("\n\n")}.call(t, "init")
	got.exits(t, exit.OK)
	assert.Assert(t, is.Contains(got.err, "server.js:1: the address of the key is hard-coded; rtkmock answers it for the command\n"))
	assert.Assert(t, !strings.Contains(got.out, "Variable in which"), got.out)
}

func TestInitNamesDependenciesThatCIDoesNotFind(t *testing.T) {
	const manifest = `{"scripts":{"start":"node ."},"dependencies":{"near":"file:../lib","express":"5"},"devDependencies":{"rtkmock":"file:../../../rtkmock-0.9.0.tgz","abs":"/opt/abs.tgz"}}`
	enter(t, map[string]string{".git/HEAD": "", "apps/web/package.json": manifest, "apps/web/package-lock.json": "{}"})
	assert.NilError(t, os.Chdir("apps/web"))
	got := call(t, "init", "--yes")
	got.exits(t, exit.OK)
	for _, text := range []string{
		`abs is /opt/abs.tgz, outside of the repository, so "npm ci" fails in CI: put it into the repository`,
		`rtkmock is ../../../rtkmock-0.9.0.tgz, outside of the repository, so "npm ci" fails in CI: put it into the repository`,
	} {
		assert.Assert(t, is.Contains(got.err, "package.json: "+text+"\n"))
		assert.Assert(t, is.Contains(readText(t, "../../"+job), "\n      # "+text+".\n"))
	}
	assert.Assert(t, !strings.Contains(got.err+readText(t, "../../"+job), "near"), "it is in the repository: %s", got.err)
}

func TestInitWritesSettingsThatATestTakes(t *testing.T) {
	for _, c := range []struct {
		reason string
		files  map[string]string
		want   map[string]string
	}{
		{"a project", plainNode, map[string]string{"url": "http://localhost:{port}/hooks/rtk", "command": "[npm start]"}},
		{"a Worker", map[string]string{"wrangler.toml": ""}, map[string]string{"url": "http://localhost:{port}/webhook"}},
		{"a key", map[string]string{"manage.py": "", "a/urls.py": "os.environ['RTK_PUBLIC_KEY']"}, map[string]string{"url": "http://localhost:{port}/webhook"}},
		{"a container", map[string]string{"compose.yaml": "services: {web: {build: ., ports: ['80:80']}}"}, map[string]string{"url": "http://localhost:80/webhook", "listen": "0.0.0.0:9010", "restart-cmd": "docker compose kill web && docker compose start web"}},
		{"a container with a key", map[string]string{"compose.yaml": "services: {web: {build: ., ports: ['80:80']}}", "app/a.js": verifiesWithPEM}, map[string]string{"url": "http://localhost:80/rtk", "listen": "127.0.0.1:0", "key": "rtkmock-key.pem", "restart-cmd": "docker compose kill web && docker compose start web"}},
		{"nothing", nil, map[string]string{"url": "http://localhost:3000/webhook", "listen": "127.0.0.1:9010"}},
	} {
		enter(t, c.files)
		call(t, "init", "--yes").exits(t, exit.OK)
		for _, verb := range []string{"test", "doctor"} {
			got, err := settled(t, caller{}, readText(t, "rtkmock.yaml"), verb)
			assert.NilError(t, err, c.reason)
			for name, want := range c.want {
				if _, has := got[name]; has || verb == "test" {
					assert.Equal(t, got[name], want, "%s: %s %v", c.reason, name, got[name])
				}
			}
		}
		_, err := settled(t, caller{}, readText(t, "rtkmock.yaml"), "send", "meeting.ended")
		assert.NilError(t, err, "other verbs take it, too")
	}
}

const verifiesWithPEM = `// rtk-signature
app.post("/rtk", f, process.env.RTK_PUBLIC_KEY_PEM)`

func TestInitSaysHowAContainerGetsAKey(t *testing.T) {
	enter(t, map[string]string{"compose.yaml": "services: {web: {build: ., ports: ['80:80']}}", "app/a.js": verifiesWithPEM})
	got := call(t, "init", "--yes")
	got.exits(t, exit.OK)
	assert.Assert(t, strings.HasSuffix(got.out, "\nNext\n  rtkmock key new --out rtkmock-key.pem\n  export RTK_PUBLIC_KEY_PEM=\"$(openssl pkey -pubout -in rtkmock-key.pem)\"\n  docker compose up --detach\n  rtkmock test\n"), got.out)
	assert.Assert(t, is.Contains(readText(t, "rtkmock.yaml"), "#   services: { web: { environment: [RTK_PUBLIC_KEY_PEM] } }\nkey: rtkmock-key.pem\n"))
	steps := readText(t, job)
	made, given, up := strings.Index(steps, "openssl genpkey"), strings.Index(steps, `>> "$GITHUB_ENV"`), strings.Index(steps, "docker compose up")
	assert.Assert(t, 0 < made && made < given && given < up, steps)
}

func TestInitSaysHowAHardCodedWorkerIsJudged(t *testing.T) {
	enter(t, map[string]string{"wrangler.toml": "", "src/index.js": `fetch("https://api.realtime.cloudflare.com/.well-known/webhooks.json")`})
	got := call(t, "init", "--yes")
	got.exits(t, exit.OK)
	assert.Assert(t, is.Contains(got.err, "src/index.js:1: the address of the key is hard-coded; workerd obeys neither proxies nor certificates in variables, so rtkmock answers it as root on Linux alone\n"))
	assert.Assert(t, is.Contains(got.err, "in CI and elsewhere: read it from env."+urlVar+", which the command sets\n"))
	settings := readText(t, "rtkmock.yaml")
	assert.Assert(t, is.Contains(settings, "  # effects-url: http://localhost:{port}/effects?uuid={uuid}\n"))
	assert.Assert(t, is.Contains(settings, " --var EFFECTS:1'\n"), "its line is all that is missing")
	assert.Assert(t, !strings.Contains(settings, "effects-file"), "it has no files")
}

func TestSettingsOfTheWorkingFolderAreFoundAndNamed(t *testing.T) {
	enter(t, map[string]string{"rtkmock.yaml": "test:\n  only: [sig/missing-header]\n  seed: 7\n"})
	got := call(t, "test", "--output", "json")
	got.exits(t, exit.OK)
	assert.Assert(t, is.Contains(got.err, "rtkmock: settings from rtkmock.yaml: only, seed (--config none leaves them out)\n"))
	assert.Assert(t, is.Contains(got.out, `"seed": "7"`))
	got = call(t, "checks", "list")
	got.exits(t, exit.OK)
	assert.Equal(t, got.err, "", "what sets nothing is not spoken of")
	values, err := settled(t, caller{}, "", "test", "--config", "none")
	assert.NilError(t, err)
	assert.Equal(t, values["only"], "")
	values, err = settled(t, caller{env: []string{"RTKMOCK_CONFIG=none"}}, "", "test")
	assert.NilError(t, err)
	assert.Equal(t, values["only"], "")

	assert.NilError(t, os.WriteFile("rtkmock.yaml", []byte("test: {olny: [a]}\n"), 0o600))
	call(t, "test").says(t, exit.Usage, "rtkmock.yaml:1: olny: unknown setting; did you mean only?")
	for _, args := range [][]string{{"version"}, {"help", "test"}, {"test", "--help"}, {"init", "--dry-run"}, {"completion", "bash"}} {
		call(t, args...).exits(t, exit.OK)
	}
}

func TestPlayAndSendGoToTheURLOfTheSettings(t *testing.T) {
	var got atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	defer server.Close()
	for _, args := range [][]string{{"send", "meeting.started"}, {"play", "duplicate-one-by-one", "--wait-for-target", "1s"}} {
		enter(t, map[string]string{"rtkmock.yaml": "url: " + server.URL + "\n"})
		got.Store(0)
		r := call(t, args...)
		assert.Assert(t, got.Load() > 0, "%s%s", r.out, r.err)
		assert.Assert(t, is.Contains(r.err, "rtkmock: settings from rtkmock.yaml: url (--config none leaves them out)\n"))

		enter(t, map[string]string{"rtkmock.yaml": "url: http://localhost:1/\nseed: 7\n"})
		r = call(t, append(args, server.URL)...)
		assert.Assert(t, is.Contains(r.err, "rtkmock: settings from rtkmock.yaml: seed (--config none leaves them out)\n"), "the URL that is typed outweighs that of the file")

		got.Store(0)
		call(t, append(args, "--config", "none")...).exits(t, exit.OK)
		assert.Equal(t, got.Load(), int32(0))

		enter(t, map[string]string{"rtkmock.yaml": "url: http://localhost:{port}/\ncommand: npm start\n"})
		r = call(t, args...)
		r.exits(t, exit.OK)
		assert.Assert(t, is.Contains(r.err, `rtkmock: rtkmock.yaml:1: url has {port}, which "rtkmock test" fills; the built-in receiver is used, unless a URL is given`+"\n"))
		call(t, append(args, "--url", "http://localhost:{port}/")...).says(t, exit.Usage, `--url: found {port} in it, which "rtkmock test" fills where it starts a command`)
		call(t, append(args, server.URL, "--url", server.URL)...).says(t, exit.Usage, "--url: the URL "+server.URL+" is given as well, want one of them")
	}
}
