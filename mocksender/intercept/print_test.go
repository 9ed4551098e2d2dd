package intercept

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func printed(t *testing.T, s Settings, f Format, environ ...string) string {
	t.Helper()
	var b strings.Builder
	assert.NilError(t, s.Print(&b, f, environ))
	return b.String()
}

func TestComposeIsYAMLWithAllThatAServiceNeeds(t *testing.T) {
	for listen, address := range map[string]string{
		"0.0.0.0:443": "host-gateway", "[::]:443": "host-gateway", "192.0.2.7:443": "192.0.2.7",
	} {
		s := settings(WayEnvironment)
		s.Listen, s.Dir = listen, "/it's $here"
		var got struct {
			ExtraHosts  []string `yaml:"extra_hosts"`
			Volumes     []string
			Environment map[string]string
		}
		assert.NilError(t, yaml.Unmarshal([]byte(printed(t, s, FormatCompose)), &got))
		assert.Equal(t, len(got.ExtraHosts), len(Hosts()))
		assert.Assert(t, slices.Contains(got.ExtraHosts, CloudflareHost+":"+address))
		assert.DeepEqual(t, got.Volumes, []string{"/it's $$here:/run/rtkmock-intercept:ro"})
		assert.Equal(t, got.Environment["SSL_CERT_FILE"], "/run/rtkmock-intercept/bundle.pem")
		assert.Equal(t, got.Environment["PYTHONPATH"], "/run/rtkmock-intercept/trust")
		_, proxied := got.Environment["HTTPS_PROXY"]
		assert.Assert(t, !proxied, "the proxy is for this machine alone")
	}
}

func TestContainersNeedAListenerThatTheyReach(t *testing.T) {
	for listen, why := range map[string]string{
		"":               "such as 0.0.0.0:443",
		"127.0.0.1:443":  "which containers do not reach",
		"[::1]:443":      "which containers do not reach",
		"0.0.0.0:8443":   "clients connect to 443",
		"nowhere at all": "missing port",
	} {
		s := settings(WayEnvironment)
		s.Listen = listen
		var b strings.Builder
		err := s.Print(&b, FormatCompose, nil)
		assert.Assert(t, errors.Is(err, ErrFormat))
		assert.Assert(t, is.ErrorContains(err, why))
		assert.Equal(t, b.String(), "", "nothing half printed")
	}
}

func TestDotenvIsForAContainerWhereThereIsAListener(t *testing.T) {
	s := settings(WayEnvironment)
	s.Dir = "/plain"
	assert.Assert(t, is.Contains(printed(t, s, FormatDotenv), "HTTPS_PROXY=http://127.0.0.1:4711\n"))
	assert.Assert(t, is.Contains(printed(t, s, FormatDotenv), "NODE_OPTIONS=--require /plain/node.cjs\n"), "as docker reads it, without quotes")
	s.Listen = "0.0.0.0:443"
	text := printed(t, s, FormatDotenv, "NODE_OPTIONS=--mine")
	assert.Assert(t, is.Contains(text, "# Mount /plain at /run/rtkmock-intercept"))
	assert.Assert(t, is.Contains(text, "SSL_CERT_FILE=/run/rtkmock-intercept/bundle.pem\n"))
	assert.Assert(t, !strings.Contains(text, "PROXY") && !strings.Contains(text, "NODE_OPTIONS"))

	s = settings(WayEnvironment)
	assert.Assert(t, is.Contains(printed(t, s, FormatDotenv, "NODE_OPTIONS=--a $b"), `NODE_OPTIONS='--a $b --require "/tmp/a b/node.cjs"'`+"\n"))
	var b strings.Builder
	assert.Assert(t, is.ErrorContains(s.Print(&b, FormatDotenv, []string{"NODE_OPTIONS=a\nb"}), "NODE_OPTIONS cannot be written to an env file"))
}

func TestGitHubGetsLinesAndWhatTakesThemBack(t *testing.T) {
	s := settings(WayEnvironment)
	text := printed(t, s, FormatGitHub, "NODE_OPTIONS=--one\n--two")
	assert.Assert(t, is.Contains(text, "HTTPS_PROXY=http://127.0.0.1:4711\n"))
	assert.Assert(t, is.Contains(text, "NODE_OPTIONS<<RTKMOCK_END\n--one\n--two --require \"/tmp/a b/node.cjs\"\nRTKMOCK_END\n"))
	var undo strings.Builder
	assert.NilError(t, s.PrintUndo(&undo, FormatGitHub, s.Environ([]string{"NODE_OPTIONS=--mine"})))
	assert.Assert(t, is.Contains(undo.String(), "HTTPS_PROXY=\n"))
	assert.Assert(t, is.Contains(undo.String(), "NODE_OPTIONS=--mine\n"))
	if system := existing(systemBundles()); len(system) > 0 {
		assert.Assert(t, is.Contains(undo.String(), "GIT_SSL_CAINFO="+system[0]+"\n"), "git takes an empty one for a missing file")
	}
	assert.Assert(t, errors.Is(s.PrintUndo(&undo, FormatCompose, nil), ErrFormat))
}

func TestFormatsAreParsed(t *testing.T) {
	for _, f := range Formats() {
		got, err := ParseFormat(string(f))
		assert.NilError(t, err)
		assert.Equal(t, got, f)
	}
	_, err := ParseFormat("fish")
	assert.Error(t, err, `intercept: format: found "fish", want one of shell, dotenv, compose, github`)
}
