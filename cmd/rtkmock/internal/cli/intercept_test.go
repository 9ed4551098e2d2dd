package cli

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
)

// A program of these tests that has a real address in its source gets a proxy or
// hosts before it starts: nothing goes out.
func TestAHardCodedReceiverIsJudged(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	file := filepath.Join(t.TempDir(), "report.json")
	r := started(t, h, "hard-coded", []string{"--intercept", "always", "--only", "sig/*,key/*", "--report", "json=" + file, "--verbose"})
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(unwrapped(r.out), "its key URL is hard-coded; requests to api.realtime.cloudflare.com"))
	assert.Assert(t, is.Contains(unwrapped(r.out), "to make it configurable, read it from "+urlVar))
	assert.Assert(t, is.Contains(r.err, "because: "), "--verbose says why")
	assert.Assert(t, is.Contains(r.err, "certificate-other-name"), "a fault of the connection is among the outages")
	data, err := os.ReadFile(file)
	assert.NilError(t, err)
	var report struct {
		Interception struct {
			Way       string
			HardCoded bool `json:"key_url_hard_coded"`
			Contacts  []struct {
				Host     string
				Answered int
			}
		}
	}
	assert.NilError(t, json.Unmarshal(data, &report))
	assert.Assert(t, report.Interception.HardCoded)
	assert.Assert(t, report.Interception.Way == "hosts" || report.Interception.Way == "environment")
	assert.Equal(t, report.Interception.Contacts[0].Host, "api.realtime.cloudflare.com")
	assert.Assert(t, report.Interception.Contacts[0].Answered > 0)
}

func TestInterceptionLeavesAConfigurableReceiverAlone(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := started(t, h, "receives", []string{"--intercept", "always"})
	r.exits(t, exit.OK)
	assert.Assert(t, !strings.Contains(r.out, "hard-coded"), r.out)
	h.Meet().Gone()
	r = started(t, h, "receives", []string{"--intercept", "never", "--verbose"})
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.err, "not answered here: --intercept never"))
	h.Meet().Gone()
}

// A receiver that is configured for the real service would get rtkmock's key.
func TestNothingIsInterceptedWithTheProfileProduction(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := started(t, h, "receives", []string{"--profile", "production", "--key-env", "NONE"})
	h.Meet().Gone()
	assert.Assert(t, !strings.Contains(r.err, "rtkmock: names "), r.err)
	assert.Assert(t, is.Contains(r.err, "with the key URL as NONE"))
}

func TestServeRunsACommandAndExitsWithItsCode(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := caller{env: h.As("tests")}.call(t, "serve", "--", os.Args[0])
	r.exits(t, 42)
	assert.Equal(t, r.out, "\x1b[32mstarted\x1b[0m as tests\n"+
		"200 https://api.realtime.cloudflare.com/.well-known/webhooks.json\n"+
		"200 https://api.cloudflare.com/client/v4/accounts/a/realtime/kit/b/webhooks\n"+
		"401 https://api.dyte.io/v2/meetings\n"+
		"200 "+controlURL(r.err)+"/health\n", "standard output is the command's alone")
	assert.Assert(t, !strings.Contains(r.err, "hunter5"), r.err)
	assert.Assert(t, is.Contains(r.err, "rtkmock: names "))

	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	met := h.Once(interrupt)
	caller{ctx: ctx, env: h.As("idles")}.call(t, "serve", "--intercept", "never", "--", os.Args[0]).exits(t, exit.Interrupted)
	(<-met).Gone()
}

// controlURL is what serve says of the control API.
func controlURL(text string) string {
	_, rest, _ := strings.Cut(text, "control API   ")
	url, _, _ := strings.Cut(rest, "\n")
	return url
}

func TestInterceptEnvPrintsWhatARunningServerSays(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dir")
	_, ready := startServer(t, "serve", "--intercept", "always", "--intercept-dir", dir, "--intercept-host", "hooks.example.com")
	r := call(t, "intercept", "env", "--from", ready.URL)
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "export SSL_CERT_FILE='"+dir+"/bundle.pem'\n"))
	r = caller{env: []string{"NODE_OPTIONS=--inspect"}}.call(t, "intercept", "env", "--from", ready.URL+"/", "--format", "github")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "NODE_OPTIONS=--inspect --require "+dir+"/node.cjs\n"))
	call(t, "intercept", "env", "--from", ready.URL, "--format", "github", "--undo").exits(t, exit.OK)
	call(t, "intercept", "env", "--from", ready.URL, "--format", "dotenv", "--undo").
		says(t, exit.Usage, `--format: format: "dotenv" cannot be undone: it is a file; want shell or github`)
	r = call(t, "intercept", "env", "--from", ready.URL, "--format", "compose")
	r.exits(t, exit.Usage)
	assert.Assert(t, is.Contains(r.err, "containers need a listener on an address that they reach, such as 0.0.0.0:443"))

	_, ready = startServer(t, "serve")
	call(t, "intercept", "env", "--from", ready.URL).
		says(t, exit.Inconclusive, "--from: "+ready.URL+": it intercepts nothing; start it with --intercept always")

	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	call(t, "intercept", "env", "--from", other.URL).
		says(t, exit.Inconclusive, "--from: what answers at "+other.URL+" is no rtkmock that intercepts, or another version")
	other.Close()
	r = call(t, "intercept", "env", "--from", other.URL)
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.err, "nothing answers at "+other.URL+"; start one with"))
}

func TestMistakesWithInterceptionNameTheFlag(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer ln.Close()
	for line, want := range map[string]string{
		"serve --intercept sometimes":                                      `--intercept: found "sometimes", want auto, always or never`,
		"serve --intercept never --intercept-host a.b":                     "--intercept-host: it goes with --intercept auto or always, found never",
		"serve --intercept-host 127.0.0.1":                                 `--intercept-host: found "127.0.0.1", want a host name such as api.example.com`,
		"serve --intercept-listen 443":                                     `--intercept-listen: found "443", want HOST:PORT such as 0.0.0.0:443`,
		"serve --intercept-listen " + ln.Addr().String():                   "--intercept-listen: " + ln.Addr().String() + ": the address is in use, want another port, or 0 for a free one",
		"serve --intercept always --intercept-dir /dev/null":               "--intercept-dir: /dev/null: not a directory",
		"test --intercept always":                                          "--intercept: the built-in receiver has nothing hard-coded; it goes with a URL to test",
		"test --intercept-listen 127.0.0.1:0":                              "--intercept-listen: the built-in receiver has nothing hard-coded; it goes with a URL to test",
		"test http://127.0.0.1:1/ --profile production --intercept always": "--intercept: the receiver has to have the key of the real service, and would get another one; leave it out with --profile production",
		"serve --key-env X":                                                "--key-env: it goes with a command to start: serve --key-env X -- COMMAND",
		"serve x":                                                          `serve: unexpected "x" after "serve"; a command to start goes after "--"`,
		"serve --":                                                         `serve: found no command after "--", want one such as npm test`,
		"serve -- rtkmock-no-such-program":                                 `serve: the command: found no program "rtkmock-no-such-program" in PATH`,
		"intercept env --from x":                                           `--from: found "x", want the address of a running rtkmock, such as http://127.0.0.1:9010`,
		"intercept env --format yaml":                                      `--format: found "yaml", want shell, dotenv, compose or github`,
	} {
		t.Run(line, func(t *testing.T) {
			r := call(t, strings.Fields(line)...)
			r.exits(t, exit.Usage)
			assert.Assert(t, strings.HasSuffix(r.err, "rtkmock: "+want+"\n"), r.err)
		})
	}
}
