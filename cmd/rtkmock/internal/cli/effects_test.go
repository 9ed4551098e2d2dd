package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
	"github.com/rtkmock/rtkmock/fixtures"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestEffectsAreCountedInAFile(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	path := filepath.Join(t.TempDir(), "effects.jsonl")
	started(t, h, "receives", []string{"--effects-file", path, "--require", "effects", "--idempotent"}).exits(t, exit.OK)
	// What the user sets stays.
	started(t, h, "receives", []string{"--effects-file", path, "--require", "effects", "--effects-timeout", "300ms"}, effectsVar+"="+path+".other").exits(t, exit.Inconclusive)
}

func TestARunWithoutEffectsEndsWithTheLinesThatReportThem(t *testing.T) {
	h := processtest.NewHub(t)
	t.Chdir(t.TempDir())
	assert.NilError(t, os.WriteFile("requirements.txt", []byte("flask==3.0\n"), 0o600))
	indented := strings.ReplaceAll("\n"+strings.TrimSpace(fixtures.EffectsHook("flask")), "\n", "\n    ")
	indented = strings.ReplaceAll(indented, "\n    \n", "\n\n")
	const heading = "what came of the deliveries was not seen"
	for _, c := range []struct {
		flags  []string
		shown  bool
		reason string
	}{
		{[]string{"--only", "dlv/dup-sequential"}, true, "its retry is accepted, whatever that does"},
		{[]string{"--only", "sig/missing-header"}, false, "a status says it all"},
		{[]string{"--only", "dlv/dup-sequential", "--effects-file", "effects.jsonl"}, false, "effects are counted"},
		{[]string{"--only", "dlv/dup-sequential", "--output", "json"}, false, "it is no text"},
		{[]string{"--only", "dlv/dup-sequential", "--key-env", "WRONG_URL", "--warm-up", "1s"}, false, "nothing was judged"},
	} {
		r := started(t, h, "receives", append(c.flags, "--report", "json=report.json"))
		assert.Check(t, strings.Contains(r.out, heading) == c.shown, "%s:\n%s", c.reason, r.out)
		if c.shown {
			assert.Check(t, strings.Contains(r.out, indented), "%s:\n%s", c.reason, r.out)
			r = call(t, "report", "render", "report.json", "text=-")
			assert.Check(t, strings.Contains(r.out, heading), "a report that is rendered later says the same")
		}
	}
}

func TestTheLinesForEffectsAreThoseOfTheModulesOfTheProject(t *testing.T) {
	h := processtest.NewHub(t)
	for manifest, first := range map[string]string{
		`{"dependencies":{"express":"5"}}`:                 `const { appendFileSync } = require("node:fs");`,
		`{"dependencies":{"express":"5"},"type":"module"}`: `import { appendFileSync } from "node:fs";`,
	} {
		enter(t, map[string]string{"package.json": manifest})
		r := started(t, h, "receives", []string{"--only", "dlv/dup-sequential"})
		assert.Check(t, is.Contains(r.out, "\n    "+first+"\n"), manifest)
	}
}

func TestEffectsAreCountedByACommand(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	path := filepath.Join(t.TempDir(), "effects.jsonl")
	assert.NilError(t, os.WriteFile(path, nil, 0o600))
	started(t, h, "receives", []string{"--effects-cmd", "grep -c {uuid} '" + path + "'", "--require", "effects"}, effectsVar+"="+path).exits(t, exit.OK)
}

func TestAWrongAddressOfEffectsIsNamedBeforeTheRun(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	nothing := httptest.NewServer(http.NotFoundHandler())
	defer nothing.Close()
	r := started(t, h, "receives", []string{"--effects-url", nothing.URL + "/efects?uuid={uuid}", "--effects-timeout", "300ms", "--require", "effects"})
	r.exits(t, exit.Inconclusive)
	doubt := "GET " + nothing.URL + "/efects was answered 404, which counts as none; if nothing is served there, want"
	early, _, _ := strings.Cut(r.err, "rtkmock: sending")
	assert.Assert(t, strings.Contains(early, "rtkmock: the count of effects: "+doubt), r.err)
	assert.Assert(t, strings.Contains(unwrapped(r.out), "no genuine delivery had an effect within 300ms: "+doubt), r.out)
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }))
	defer busy.Close()
	r = started(t, h, "receives", []string{"--effects-url", busy.URL + "/{uuid}"})
	assert.Assert(t, strings.Contains(r.err, `rtkmock: warning: the count of effects: effects URL answered 405, want 200 and {"count":N}`), r.err)
}

func TestEffectsCommandsThatCannotCountAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ command, want string }{
		{"rtkmock-no-such-program {uuid}", `found no program "rtkmock-no-such-program" in PATH`},
		{"true", "it names no delivery, want {uuid} where its id belongs"},
		{"true {uid}", "it names no delivery, want {uuid} where its id belongs; did you mean {uuid}?"},
		{"sh -c 'grep -c {uuid} effects.log'", `{uuid} stands in what a shell reads, want "$RTKMOCK_UUID" there`},
		{"/bin/bash -ec 'count {meeting_id}'", `{meeting_id} stands in what a shell reads, want "$RTKMOCK_MEETING_ID" there`},
		{"true '{uuid}", "a quotation mark (') is not closed"},
		{`true {uuid}\`, "nothing follows the backslash at its end"},
		{" ", "found no command in it"},
	} {
		r := call(t, "test", "http://localhost:1/", "--effects-cmd", c.command)
		r.says(t, exit.Usage, "--effects-cmd: "+c.want)
	}
}
