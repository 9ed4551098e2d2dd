//go:build e2e && linux

package main_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// Programs that run rtkmock: as it is, so that root has the way hosts, and
// without the capability for it.
var interceptWays = map[string][]string{
	"hosts":       nil,
	"environment": {"setpriv", "--bounding-set", "-sys_admin"},
}

// needs skips a test where a program is not installed, or the user is not root: a
// network of its own keeps a hard-coded URL from leading to the real service.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a network of its own needs root")
	}
	for _, program := range append(programs, "ip", "setpriv") {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
}

// buildRTKMock builds the program.
func buildRTKMock(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rtkmock")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput()
	assert.NilError(t, err, "%s", out)
	return path
}

// npmApp copies folders to a new one, and installs what its lock file names. It
// goes to a registry, so it comes before isolate.
func npmApp(t *testing.T, folders ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.*"))
		assert.NilError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			assert.NilError(t, err)
			assert.NilError(t, os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o600))
		}
	}
	cmd := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("npm ci: %v: %.300s", err, out)
	}
	return dir
}

// judgement is what is read of a JSON report.
type judgement struct {
	Outcome      string
	Checks       []struct{ ID, Status, Reason string }
	Interception struct {
		Way       string
		HardCoded bool `json:"key_url_hard_coded"`
	}
}

// judged runs rtkmock test in dir, and returns its report and what it printed.
func judged(t *testing.T, dir string, words ...string) (j judgement, out string) {
	t.Helper()
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "NO_COLOR=1",
		"WRANGLER_SEND_METRICS=false", "CLOUDFLARE_CF_FETCH_ENABLED=false", "CI=true")
	var text, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &errs
	_ = cmd.Run()
	report, err := os.ReadFile(filepath.Join(dir, "report.json"))
	assert.NilError(t, err, "%s%s", &text, &errs)
	assert.NilError(t, json.Unmarshal(report, &j))
	assert.NilError(t, os.Remove(filepath.Join(dir, "report.json")))
	t.Logf("%s", &errs)
	return j, text.String()
}

func testWords(rtkmock string, more ...string) []string {
	return append([]string{rtkmock, "test", "http://127.0.0.1:{port}/webhook", "--port-env", "PORT", "--seed", "7", "--report", "json=report.json"}, more...)
}

// same asserts that two runs have the same verdicts, check by check. What differs is
// judged again, alone, by judge: on a busy machine a time-out may have passed.
func same(t *testing.T, hard, twin judgement, judge func(hardCoded bool, flags ...string) judgement) {
	t.Helper()
	assert.Assert(t, len(hard.Checks) > 50)
	differing := differences(t, hard, twin)
	for try := 0; try < 2 && len(differing) > 0; try++ {
		only := strings.Join(differing, ",")
		t.Logf("again: %s", only)
		differing = differences(t, judge(true, "--only", only), judge(false, "--only", only))
	}
	assert.Equal(t, len(differing), 0, "%v", differing)
}

func differences(t *testing.T, a, b judgement) (ids []string) {
	t.Helper()
	assert.Equal(t, len(a.Checks), len(b.Checks))
	for i, c := range a.Checks {
		assert.Equal(t, c.ID, b.Checks[i].ID)
		if c.Status != b.Checks[i].Status {
			t.Logf("%s: %s and %s: %s\n%s", c.ID, c.Status, b.Checks[i].Status, c.Reason, b.Checks[i].Reason)
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func TestE2EHardCodedExpressIsJudgedAsItsConfigurableTwin(t *testing.T) {
	t.Parallel()
	needs(t, "node", "npm")
	rtkmock := buildRTKMock(t)
	dir := npmApp(t, "../../fixtures/recipes/express", "testdata/hardcoded")
	isolate(t)
	plain := func(flags ...string) (judgement, string) {
		return judged(t, dir, testWords(rtkmock, append(flags, "--", "node", "express.mjs")...)...)
	}
	twin, out := plain()
	assert.Assert(t, !twin.Interception.HardCoded)
	assert.Assert(t, !strings.Contains(out, "hard-coded"))
	for way, prefix := range interceptWays {
		judge := func(flags ...string) (judgement, string) {
			return judged(t, dir, append(prefix, testWords(rtkmock, append(flags, "--", "node", "express.mjs", "hard")...)...)...)
		}
		hard, out := judge()
		same(t, hard, twin, func(hardCoded bool, flags ...string) judgement {
			j, _ := map[bool]func(...string) (judgement, string){true: judge, false: plain}[hardCoded](flags...)
			return j
		})
		assert.Equal(t, hard.Interception.Way, way)
		assert.Assert(t, hard.Interception.HardCoded)
		assert.Assert(t, is.Contains(strings.Join(strings.Fields(out), " "),
			"its key URL is hard-coded; requests to api.realtime.cloudflare.com were answered by rtkmock ("+way+"); to make it configurable, read it from REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"))
	}
}

func TestE2EHardCodedWorkerIsJudgedAsItsConfigurableTwin(t *testing.T) {
	t.Parallel()
	needs(t, "node", "npm")
	rtkmock := buildRTKMock(t)
	dir := npmApp(t, "../../mocksender/intercept/testdata/clients/workers")
	sample, err := os.ReadFile("../../conformance/checks/testdata/guide/verifying.mjs")
	assert.NilError(t, err)
	const read = "env.REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"
	assert.Equal(t, strings.Count(string(sample), read), 1)
	for name, text := range map[string]string{
		"twin": string(sample),
		"hard": strings.Replace(string(sample), read, `"https://api.realtime.cloudflare.com/.well-known/webhooks.json"`, 1),
	} {
		assert.NilError(t, os.WriteFile(filepath.Join(dir, name+".mjs"), []byte(text), 0o600))
		config := fmt.Sprintf(`{"name": %q, "main": "%s.mjs", "compatibility_date": "2026-04-01"}`, name, name)
		assert.NilError(t, os.WriteFile(filepath.Join(dir, name+".json"), []byte(config), 0o600))
	}
	isolate(t)
	const dev = "exec node_modules/.bin/wrangler dev --ip 127.0.0.1 --port $PORT --inspector-port 0 -c "
	judge := func(hardCoded bool, flags ...string) judgement {
		line := dev + `twin.json --var "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL:$REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"`
		if hardCoded {
			line = dev + "hard.json"
		}
		j, _ := judged(t, dir, testWords(rtkmock, append(flags, "--", "sh", "-c", line)...)...)
		assert.Equal(t, j.Interception.Way, "hosts")
		assert.Equal(t, j.Interception.HardCoded, hardCoded)
		return j
	}
	same(t, judge(true), judge(false), judge)
}

func TestE2EAClientThatCannotBeLedHereIsTold(t *testing.T) {
	needs(t, "python3")
	rtkmock := buildRTKMock(t)
	dir := t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "app.py"), []byte(`
import http.client, http.server, os, ssl, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        if sys.argv[1] == "distrusts":
            none = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            try: http.client.HTTPSConnection("api.realtime.cloudflare.com", context=none).connect()
            except ssl.SSLError: pass
        self.send_response(401); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), H).serve_forever()
`), 0o600))
	isolate(t)
	for way, want := range map[string]string{
		"hosts":       "nothing asked for it",
		"environment": "The receiver asked DNS, or connected past the proxy",
	} {
		for how, want := range map[string]string{"ignores": want, "distrusts": "its client has certificates of its own"} {
			j, out := judged(t, dir, append(interceptWays[way], testWords(rtkmock, "--", "python3", "app.py", how)...)...)
			assert.Equal(t, j.Outcome, "inconclusive")
			assert.Equal(t, j.Interception.Way, way)
			assert.Assert(t, is.Contains(strings.Join(strings.Fields(out), " "), want))
		}
	}
}

// Downloads are seen by https links as well as by http links.
func TestE2EDownloadsAreSeenThroughInterception(t *testing.T) {
	needs(t)
	rtkmock := buildRTKMock(t)
	isolate(t)
	for way, prefix := range interceptWays {
		for flaw, check := range map[string]string{"downloads-before-answering": "rsp/inline-work", "downloads-before-verifying": "sig/effect-before-verify"} {
			words := append(prefix, testWords(rtkmock, "--intercept", "always", "--only", check, "--", "sh", "-c",
				rtkmock+` receive --listen 127.0.0.1:$PORT --key-url https://api.realtime.cloudflare.com/.well-known/webhooks.json --flaw `+flaw)...)
			j, _ := judged(t, t.TempDir(), words...)
			assert.Equal(t, j.Interception.Way, way)
			for _, c := range j.Checks {
				if c.ID == check {
					assert.Assert(t, c.Status == "warn" || c.Status == "fail", "%s: %s: %s", check, c.Status, c.Reason)
				}
			}
		}
	}
}

// A warm-up that is longer than the test shows that it is not waited for.
func TestE2EWhatFailsWithoutItsKeyIsStartedAgainSoon(t *testing.T) {
	needs(t, "node")
	rtkmock := buildRTKMock(t)
	dir := t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "app.mjs"), []byte(`
import http from "node:http"; import crypto from "node:crypto";
const key = async () => (await (await fetch("https://api.realtime.cloudflare.com/.well-known/webhooks.json")).json()).data.publicKey;
http.createServer((req, res) => {
  const chunks = [];
  req.on("data", (c) => chunks.push(c));
  req.on("end", async () => {
    const handle = async () => {
      const sig = Buffer.from(req.headers["rtk-signature"] ?? "", "base64");
      res.writeHead(crypto.verify("sha256", Buffer.concat(chunks), await key(), sig) ? 200 : 401).end();
    };
    await (process.argv[2] === "ends" ? handle() : handle().catch(() => res.writeHead(503).end()));
  });
}).listen(process.env.PORT, "127.0.0.1");`), 0o600))
	isolate(t)
	for how, want := range map[string]string{
		"answers": "the control was refused, and the key never fetched from here",
		"ends":    "the command ended at the control, and never fetched the key from here",
	} {
		words := testWords(rtkmock, "--warm-up", "10m", "--only", "sig/missing-header", "--", "node", "app.mjs", how)
		words = append(interceptWays["environment"], append([]string{"sh", "-c", `exec "$@" 2>&1`, "sh"}, words...)...)
		j, out := judged(t, dir, words...)
		assert.Equal(t, j.Outcome, "conformant", how)
		assert.Assert(t, j.Interception.HardCoded)
		assert.Assert(t, is.Contains(out, want))
	}
}

func TestE2ETheGuidesOwnCommandsWorkAsTheyStand(t *testing.T) {
	needs(t, "curl", "sh")
	rtkmock := buildRTKMock(t)
	isolate(t)
	for way, prefix := range interceptWays {
		words := append(prefix, rtkmock, "serve", "--intercept-offline", "--", "sh", "testdata/guide.sh")
		cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
		cmd.Env = append(os.Environ(), "ACCOUNT_ID=acc", "APP_ID=app", "CLOUDFLARE_API_TOKEN=token")
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		assert.NilError(t, cmd.Run(), "%s: %s", way, &errs)
		answers := json.NewDecoder(&out)
		var hook struct {
			Success bool
			Data    struct {
				Name, URL string
				Events    []string
				Enabled   bool
			}
		}
		assert.NilError(t, answers.Decode(&hook))
		assert.Assert(t, hook.Success && hook.Data.Enabled && hook.Data.Name == "Production webhook" && len(hook.Data.Events) == 5, "%+v", hook)
		var events struct{ Data []string }
		assert.NilError(t, answers.Decode(&events))
		assert.Equal(t, len(events.Data), 9)
		var key struct{ Data struct{ PublicKey string } }
		assert.NilError(t, answers.Decode(&key))
		assert.Assert(t, is.Contains(key.Data.PublicKey, "BEGIN PUBLIC KEY"))
	}
}

// Apps of the predecessor's time have one of three bases. What one writes, the
// others show, and so does the base of today, where the organization is the app.
func TestE2EThePredecessorsBasesAnswerTheSameResources(t *testing.T) {
	needs(t, "curl", "sh")
	rtkmock := buildRTKMock(t)
	isolate(t)
	const script = `
bases="https://api.dyte.io/v2 https://api.realtime.cloudflare.com/v2 https://rtk.realtime.cloudflare.com/v2"
for base in $bases; do
  curl -sSf -u org:key "$base/meetings" -H 'Content-Type: application/json' -d "{\"title\":\"by $base\"}" >/dev/null || exit 1
done
for base in $bases; do
  curl -sSf -u org:key "$base/meetings" || exit 1
done
curl -sSf -H 'Authorization: Bearer any' https://api.cloudflare.com/client/v4/accounts/org/realtime/kit/org/meetings || exit 1
curl -sS -o /dev/null -w '%{http_code}\n' -H 'Authorization: Bearer any' https://api.dyte.io/v2/meetings
curl -sS -o /dev/null -w '%{http_code}\n' -u org:key https://api.dyte.io/v2/rooms
curl -sS -o /dev/null -w '%{http_code}\n' https://api.cloudflare.com/client/v4/user
`
	for way, prefix := range interceptWays {
		words := append(prefix, rtkmock, "serve", "--intercept-offline", "--", "sh", "-c", script)
		cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		assert.NilError(t, cmd.Run(), "%s: %s", way, &errs)
		lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(out.String(), "\n\n", "\n")), "\n")
		assert.Equal(t, len(lines), 7, "%s", &out)
		for _, base := range []string{"api.dyte.io", "api.realtime.cloudflare.com", "rtk.realtime.cloudflare.com"} {
			assert.Assert(t, is.Contains(lines[0], "by https://"+base+"/v2"))
		}
		for _, same := range lines[1:4] {
			assert.Equal(t, same, lines[0])
		}
		assert.DeepEqual(t, lines[4:], []string{"401", "404", "502"})
	}
}

// The codes are those of curl for a handshake that failed, a certificate that it does
// not trust, and a stream of HTTP/2 that is cut.
func TestE2EFaultsOfTheKeyEndpointsConnection(t *testing.T) {
	needs(t, "curl")
	rtkmock := buildRTKMock(t)
	isolate(t)
	for way, prefix := range interceptWays {
		for fault, code := range map[string]int{"none": 0, "tls-refused": 35, "certificate-expired": 60, "certificate-other-name": 60, "down": 92} {
			words := append(prefix, rtkmock, "serve")
			if fault != "none" {
				words = append(words, "--key-fault", fault)
			}
			words = append(words, "--", "curl", "-sS", "--max-time", "20", "https://api.realtime.cloudflare.com/.well-known/webhooks.json")
			cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
			out, _ := cmd.CombinedOutput()
			assert.Equal(t, cmd.ProcessState.ExitCode(), code, "%s, %s: %s", way, fault, out)
		}
	}
}

// Each of these clients has its own way to a name.
func TestE2EANameThatDoesNotResolve(t *testing.T) {
	needs(t, "node", "python3")
	rtkmock := buildRTKMock(t)
	dir := t.TempDir()
	const key = "https://api.realtime.cloudflare.com/.well-known/webhooks.json"
	for name, text := range map[string]string{
		"app.mjs": `
const control = process.env.RTKMOCK_CONTROL_URL + "/key";
const set = (fault) => fetch(control, { method: "PUT", body: JSON.stringify({ fault }) });
const look = () => fetch("` + key + `", { headers: { connection: "close" } }).then((r) => r.status, (err) => err.cause.code);
const seen = [await look()];
await set("name-unknown");
seen.push(await look());
await set("none");
seen.push(await look());
console.log(...seen);`,
		"app.py": `
import json, os, urllib.request, http.client, socket
def set(fault):
    urllib.request.urlopen(urllib.request.Request(os.environ["RTKMOCK_CONTROL_URL"] + "/key", json.dumps({"fault": fault}).encode(), method="PUT"))
def look():
    try:
        c = http.client.HTTPSConnection("api.realtime.cloudflare.com"); c.request("GET", "/.well-known/webhooks.json")
        return str(c.getresponse().status)
    except socket.gaierror as err:
        return type(err).__name__
seen = [look()]
set("name-unknown"); seen.append(look())
set("none"); seen.append(look())
print(*seen)`,
	} {
		assert.NilError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	isolate(t)
	for way, prefix := range interceptWays {
		for name, want := range map[string]string{
			"node app.mjs": "200 ENOTFOUND 200\n", "python3 app.py": "200 gaierror 200\n",
			"curl -sS -o /dev/null -w %{http_code}\\n " + key: "",
		} {
			words := append(prefix, rtkmock, "serve")
			if want == "" {
				words = append(words, "--key-fault", "name-unknown")
			}
			words = append(append(words, "--"), strings.Fields(name)...)
			cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
			cmd.Dir = dir
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			err := cmd.Run()
			if want == "" {
				// curl's codes for a name without an address, and for a proxy that says so.
				assert.Equal(t, cmd.ProcessState.ExitCode(), map[string]int{"hosts": 6, "environment": 56}[way], "%s", &errs)
				continue
			}
			assert.NilError(t, err, "%s: %s", way, &errs)
			assert.Equal(t, out.String(), want, "%s: %s: %s", way, name, &errs)
		}
	}
}

// leftovers are where a run could leave something.
type leftovers struct {
	mark, temp string
	hosts      os.FileInfo
}

func newLeftovers(t *testing.T) leftovers {
	hosts, err := os.Stat("/etc/hosts")
	assert.NilError(t, err)
	return leftovers{"RTKMOCK_TEST_MARK=" + rand.Text(), t.TempDir(), hosts}
}

func (l leftovers) processes() (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if env, err := os.ReadFile(file); err == nil && bytes.Contains(env, []byte(l.mark)) {
			found = append(found, file)
		}
	}
	return found
}

// check waits until nothing is left.
func (l leftovers) check(t *testing.T) {
	t.Helper()
	left := func() string {
		entries, err := os.ReadDir(l.temp)
		return fmt.Sprint(l.processes(), entries, err)
	}
	for end := time.Now().Add(30 * time.Second); left() != "[] [] <nil>"; <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("left: %s", left())
		}
	}
	now, err := os.Stat("/etc/hosts")
	assert.NilError(t, err)
	assert.Assert(t, os.SameFile(l.hosts, now) && l.hosts.ModTime().Equal(now.ModTime()) && l.hosts.Size() == now.Size())
}

func TestE2ENothingIsLeftOfACommand(t *testing.T) {
	needs(t, "node", "npm")
	rtkmock := buildRTKMock(t)
	dir := t.TempDir()
	family, err := os.ReadFile("testdata/hardcoded/family.mjs")
	assert.NilError(t, err)
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "family.mjs"), family, 0o600))
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"scripts":{"start":"node family.mjs"}}`), 0o600))
	for _, end := range []struct {
		name  string
		stop  func(*exec.Cmd)
		lines string // what the shell pipes the output to
	}{
		{"normally", func(*exec.Cmd) {}, "cat"},
		{"interrupted", func(c *exec.Cmd) { _ = c.Process.Signal(os.Interrupt) }, ""},
		{"killed", func(c *exec.Cmd) { _ = c.Process.Kill() }, ""},
		{"killed with its group", func(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }, ""},
		{"unread", func(*exec.Cmd) {}, "head -3"},
	} {
		for way, prefix := range interceptWays {
			t.Run(end.name+"/"+way, func(t *testing.T) {
				isolate(t)
				l := newLeftovers(t)
				hub, err := net.Listen("tcp", "127.0.0.1:0")
				assert.NilError(t, err)
				defer hub.Close()
				_, port, _ := net.SplitHostPort(hub.Addr().String())
				words := append(prefix, rtkmock, "test", "http://127.0.0.1:{port}/webhook", "--port-env", "PORT", "--intercept", "always", "--verbose")
				if end.lines != "" {
					words = append(words, "--only", "sig/missing-header")
				}
				words = append(words, "--", "npm", "start")
				if end.lines != "" {
					words = append([]string{"sh", "-c", `"$@" 2>&1 | ` + end.lines, "sh"}, words...)
				}
				cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), l.mark, "HUB="+port, "TMPDIR="+l.temp, "npm_config_update_notifier=false", "npm_config_cache="+t.TempDir())
				cmd.WaitDelay = 30 * time.Second
				cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
				assert.NilError(t, cmd.Start())
				if end.lines != "head -3" {
					for range 2 {
						conn, err := hub.Accept()
						assert.NilError(t, err)
						defer conn.Close()
					}
				}
				end.stop(cmd)
				_ = cmd.Wait()
				l.check(t)
			})
		}
	}
}
