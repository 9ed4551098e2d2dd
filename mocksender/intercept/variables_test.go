package intercept

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	"gotest.tools/v3/assert/cmp"
)

func settings(way Way) Settings {
	s := Settings{Way: way, Hosts: Hosts(), Dir: filepath.FromSlash("/tmp/a b")}
	if way == WayEnvironment {
		s.Proxy = "127.0.0.1:4711"
	}
	return s
}

func TestVariablesOfACommand(t *testing.T) {
	const bundle = "/tmp/a b/bundle.pem"
	java := "'-Djavax.net.ssl.trustStore=/tmp/a b/truststore.p12' -Djavax.net.ssl.trustStoreType=PKCS12"
	certificates := map[string]string{
		"NODE_EXTRA_CA_CERTS": bundle, "SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle, "CURL_CA_BUNDLE": bundle,
		"DENO_CERT": bundle, "AWS_CA_BUNDLE": bundle, "GIT_SSL_CAINFO": bundle,
	}
	for _, c := range []struct {
		name    string
		way     Way
		environ []string
		want    map[string]string
	}{
		{"nothing was set", WayEnvironment, nil, map[string]string{
			"HTTP_PROXY": "http://127.0.0.1:4711", "http_proxy": "http://127.0.0.1:4711",
			"HTTPS_PROXY": "http://127.0.0.1:4711", "https_proxy": "http://127.0.0.1:4711",
			"NO_PROXY": "localhost,127.0.0.1,::1", "no_proxy": "localhost,127.0.0.1,::1",
			"NODE_OPTIONS":     `--require "/tmp/a b/node.cjs"`,
			"PYTHONPATH":       "/tmp/a b/python",
			"PHP_INI_SCAN_DIR": ":/tmp/a b/php",
			"JAVA_TOOL_OPTIONS": java + " -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=4711 -Dhttps.proxyHost=127.0.0.1" +
				" -Dhttps.proxyPort=4711 -Dhttp.nonProxyHosts=localhost|127.*|[::1]",
		}},
		{"all was set", WayEnvironment, []string{
			"NODE_OPTIONS=--max-old-space-size=99", "PYTHONPATH=/theirs:/more", "PHP_INI_SCAN_DIR=/php", "JAVA_TOOL_OPTIONS=-Xmx1g",
			"SSL_CERT_FILE=/theirs.pem", "NIX_SSL_CERT_FILE=/nix.pem", "HTTPS_PROXY=http://theirs:1", "NO_PROXY=.internal, 10.0.0.0/8", "no_proxy=db",
		}, map[string]string{
			"NODE_OPTIONS": `--max-old-space-size=99 --require "/tmp/a b/node.cjs"`, "PYTHONPATH": "/tmp/a b/python:/theirs:/more",
			"PHP_INI_SCAN_DIR": "/php:/tmp/a b/php", "NIX_SSL_CERT_FILE": bundle, "HTTPS_PROXY": "http://127.0.0.1:4711",
			"NO_PROXY": "db,.internal,10.0.0.0/8,localhost,127.0.0.1,::1", "no_proxy": "db,.internal,10.0.0.0/8,localhost,127.0.0.1,::1",
		}},
		{"a list that would keep the names away", WayEnvironment, []string{"no_proxy=*", "NO_PROXY=cloudflare.com,127.0.0.1"}, map[string]string{
			"NO_PROXY": "127.0.0.1,localhost,::1", "no_proxy": "127.0.0.1,localhost,::1",
		}},
		{"hosts", WayHosts, nil, map[string]string{
			"JAVA_TOOL_OPTIONS": java, "PYTHONPATH": "/tmp/a b/trust", "PHP_INI_SCAN_DIR": ":/tmp/a b/php",
			"NODE_OPTIONS": "", "HTTPS_PROXY": "", "NO_PROXY": "",
		}},
		{"hosts, behind a proxy", WayHosts, []string{"https_proxy=http://theirs:1", "no_proxy=*"}, map[string]string{
			"https_proxy": "http://theirs:1", "no_proxy": "*,localhost,127.0.0.1,::1," + strings.Join(Hosts(), ","),
		}},
		{"a container", WayListener, nil, map[string]string{
			"PYTHONPATH": "/tmp/a b/trust", "JAVA_TOOL_OPTIONS": java, "NODE_OPTIONS": "", "HTTPS_PROXY": "",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := parseEnviron(settings(c.way).Environ(append([]string{"KEPT=1"}, c.environ...)))
			assert.Equal(t, got.get("KEPT"), "1")
			for name, want := range certificates {
				assert.Equal(t, got.get(name), want, name)
			}
			for name, want := range c.want {
				assert.Equal(t, got.get(name), want, name)
			}
		})
	}
}

func TestVariablesAreSetOnceHoweverOftenTheyAreAsked(t *testing.T) {
	for _, way := range []Way{WayHosts, WayEnvironment, WayListener} {
		s := settings(way)
		once := s.Environ([]string{"NODE_OPTIONS=--trace-warnings", "PYTHONPATH=/x", "A=b"})
		twice := s.Environ(once)
		slices.Sort(once)
		slices.Sort(twice)
		assert.DeepEqual(t, twice, once)
	}
}

func TestUndoTakesOutWhatWasAdded(t *testing.T) {
	before := []string{"NODE_OPTIONS=--trace-warnings", "PYTHONPATH=/x", "PHP_INI_SCAN_DIR=/php", "JAVA_TOOL_OPTIONS=-Xmx1g", "SSL_CERT_FILE=/theirs.pem"}
	s := settings(WayEnvironment)
	undo := func(environ []string) map[string]string {
		got := map[string]string{}
		for _, v := range s.Undo(environ) {
			got[v.Name] = v.Value
			if v.Unset {
				got[v.Name] = "unset"
			}
		}
		return got
	}
	for name, environ := range map[string][]string{"before": before, "after": s.Environ(before)} {
		got := undo(environ)
		assert.Equal(t, got["NODE_OPTIONS"], "--trace-warnings", name)
		assert.Equal(t, got["PYTHONPATH"], "/x", name)
		assert.Equal(t, got["PHP_INI_SCAN_DIR"], "/php", name)
		assert.Equal(t, got["JAVA_TOOL_OPTIONS"], "-Xmx1g", name)
		assert.Equal(t, got["HTTPS_PROXY"], "unset", name)
		assert.Equal(t, got["SSL_CERT_FILE"], map[string]string{"before": "/theirs.pem", "after": "unset"}[name])
	}
	for name, value := range undo(s.Environ(nil)) {
		assert.Equal(t, value, "unset", name)
	}
}

func TestEntriesOfNoProxyCoverWhatClientsThink(t *testing.T) {
	for entry, want := range map[string]bool{
		"*": true, "api.dyte.io": true, "API.DYTE.IO": true, "dyte.io": true, ".dyte.io": true, "*.dyte.io": true, "io": true,
		"api.dyte.io:443": true, "yte.io": false, "other.dyte.io": false, "10.0.0.0/8": false, "": false, ".": false, "::1": false,
	} {
		assert.Equal(t, covers(entry, DyteHost), want, entry)
	}
}

// What a shell makes of the lines is what they are for.
func TestShellLinesGiveTheShellWhatWasMeant(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	environ := []string{"PATH=" + os.Getenv("PATH"), `NODE_OPTIONS=--title='a $b' "c"`, "PYTHONPATH=/with\nline"}
	s := settings(WayEnvironment)
	var lines strings.Builder
	assert.NilError(t, s.Print(&lines, FormatShell, environ))
	run := func(script string) map[string]string {
		cmd := exec.CommandContext(t.Context(), sh, "-c", script+"\nenv -0")
		cmd.Env = environ
		out, err := cmd.CombinedOutput()
		assert.NilError(t, err, "%s", out)
		return map[string]string(parseEnviron(strings.Split(string(out), "\x00")))
	}
	got := run(lines.String())
	for _, v := range s.Variables(environ) {
		assert.Equal(t, got[v.Name], v.Value, v.Name)
	}
	var undo strings.Builder
	assert.NilError(t, s.PrintUndo(&undo, FormatShell, s.Environ(environ)))
	got = run(lines.String() + undo.String())
	assert.Equal(t, got["NODE_OPTIONS"], `--title='a $b' "c"`)
	assert.Equal(t, got["PYTHONPATH"], "/with\nline")
	_, set := got["HTTPS_PROXY"]
	assert.Assert(t, !set)
	assert.Assert(t, cmp.Contains(lines.String(), "\n# To undo:\n# unset NODE_EXTRA_CA_CERTS\n"))
}
