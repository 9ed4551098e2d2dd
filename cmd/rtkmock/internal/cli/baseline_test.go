package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// textFile writes lines to a file and returns its path.
func textFile(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list")
	assert.NilError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600))
	return path
}

// flawed starts a receiver with a flaw, and returns its URL and the flags that
// it verifies with.
func flawed(t *testing.T, flaw string) (url string, flags []string) {
	t.Helper()
	key := keyFile(t)
	_, ready := startServer(t, "receive", "--key", key, "--flaw", flaw)
	return ready.URL, []string{"--key", key, "--progress", "none"}
}

func TestKnownFailuresAreReportedAndDoNotFailTheRun(t *testing.T) {
	t.Parallel()
	url, flags := flawed(t, "accepts-missing-header")
	test := append([]string{"test", url, "--only", "sig/missing-header,sig/empty-header"}, flags...)
	list := textFile(t, "# what we know", "", "sig/missing-header until 9999-12-31: the old gateway, #12")
	r := call(t, append(test, "--known-failing", list)...)
	r.exits(t, exit.OK)
	assert.Assert(t, strings.HasPrefix(r.out, "conformant except for 1 known violation\n"), r.out)
	assert.Assert(t, is.Contains(r.out, "KNOWN FAIL sig/missing-header"))
	assert.Assert(t, is.Contains(r.out, "until 9999-12-31"))

	list = textFile(t, "sig/*  the old gateway", "sig/gone  it was there once")
	r = call(t, append(test, "--known-failing", list)...)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, strings.HasPrefix(r.out, "the list of known violations is stale, 2 stale entries, 1 known violation\n"), r.out)
	assert.Assert(t, is.Contains(r.err, list+`:2: no check matches "sig/gone"`))
}

func TestMistakesInAListOfKnownFailuresNameTheLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, want string }{
		{"sig/pss", "found no reason, want PATTERN [until YYYY-MM-DD] REASON"},
		{"sig/pss until 2026-12-31", "found no reason, want PATTERN [until YYYY-MM-DD] REASON"},
		{"sig/pss until tomorrow we do not know", `found "tomorrow", want a day such as 2026-12-31 after until`},
		{"sig/pss until 2026-02-30 x", `found "2026-02-30", want a day such as 2026-12-31 after until`},
		{"sig/pss 2026-12-31 x", `found "2026-12-31", want until before a day: PATTERN [until YYYY-MM-DD] REASON`},
		{"sig/[ x", `found "sig/[", want a pattern such as sig/* or rsp/latency`},
		{"ctl/alive-after x", "ctl/alive-after is a gate, which all other verdicts rest on: it cannot be known to fail"},
		{"sig/utf8 again", "sig/utf8 is there already: LIST:1"},
	} {
		list := textFile(t, "sig/utf8 x", c.line)
		call(t, "test", "--known-failing", list).
			says(t, exit.Usage, "--known-failing: "+list+":2: "+strings.ReplaceAll(c.want, "LIST", list))
	}
	call(t, "test", "--known-failing", "/nonexistent/list").says(t, exit.Usage, "--known-failing: /nonexistent/list: no such file or directory")
}

func TestShardsMergeIntoTheReportOfTheWholeRun(t *testing.T) {
	t.Parallel()
	url, flags := flawed(t, "accepts-missing-header")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	test := append([]string{"test", url, "--only", "sig/missing-header,sig/empty-header,sig/no-leak,sig/truncated,rsp/latency"}, flags...)
	call(t, append(test, "--report", "json="+at("whole.json"))...).exits(t, exit.Nonconformant)
	merge := []string{"report", "merge"}
	for _, n := range []string{"1", "2", "3"} {
		r := call(t, append(test, "--shard", n+"/3", "--report", "json="+at(n+".json"))...)
		assert.Assert(t, r.code == exit.OK || r.code == exit.Nonconformant, r.err)
		merge = append(merge, at(n+".json"))
	}
	summary := at("summary.md")
	r := caller{env: []string{"GITHUB_STEP_SUMMARY=" + summary}}.call(t, append(merge, "json="+at("all.json"), "junit=-")...)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, strings.HasPrefix(r.out, "<?xml"), r.out)
	assert.Assert(t, is.Contains(content(t, summary), "not conformant, 1 failure"))
	r = call(t, "report", "diff", at("whole.json"), at("all.json"))
	r.exits(t, exit.OK)

	call(t, "report", "merge", at("1.json"), at("2.json")).
		says(t, exit.Usage, "report merge: not the shards of one run: shard 3/3 is missing")
	call(t, "report", "merge", at("1.json"), at("whole.json")).
		says(t, exit.Usage, "report merge: "+at("whole.json")+": it is not the report of one shard, want one of a run with --shard")
	call(t, append(test, "--shard", "9/9")...).
		says(t, exit.Usage, "--shard: no such shard: found 9 parts, want 3 at most")
}

func TestRerunJudgesWhatFailed(t *testing.T) {
	t.Parallel()
	url, flags := flawed(t, "accepts-missing-header")
	dir := t.TempDir()
	first, second := filepath.Join(dir, "1.json"), filepath.Join(dir, "2.json")
	test := append([]string{"test", url, "--rerun-failed", first}, flags...)
	call(t, append([]string{"test", url, "--only", "sig/missing-header,sig/truncated", "--report", "json=" + first}, flags...)...).exits(t, exit.Nonconformant)
	call(t, append(test, "--report", "json="+second)...).exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(content(t, second), `"id": "sig/missing-header"`))
	assert.Assert(t, !strings.Contains(content(t, second), `"id": "sig/truncated"`))
	call(t, append(test, "--skip", "sig/missing-header")...).
		says(t, exit.Nothing, "test: no selected check failed, or stayed open, in "+first)
	call(t, "test", "--rerun-failed", keyFile(t)).exits(t, exit.Usage)
}

func TestTheSummaryOfAJobIsAddedTo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "summary.md")
	assert.NilError(t, os.WriteFile(path, []byte("# Mine"), 0o600))
	test := []string{"test", "--only", "sig/missing-header", "--progress", "none"}
	c := caller{env: []string{"GITHUB_STEP_SUMMARY=" + path}}
	c.call(t, test...).exits(t, exit.OK)
	text := content(t, path)
	assert.Assert(t, strings.HasPrefix(text, "# Mine\n### rtkmock: conformant\n"), text)

	c.call(t, append(test, "--report", "markdown="+path)...).exits(t, exit.OK)
	assert.Equal(t, strings.Count(content(t, path), "### rtkmock"), 1, "what is written there on request is not written twice")

	long := strings.Repeat("x", 1<<20-10) // GitHub shows 1 MiB
	assert.NilError(t, os.WriteFile(path, []byte(long), 0o600))
	r := c.call(t, test...)
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.err, "rtkmock: warning: GITHUB_STEP_SUMMARY: "+path+": with the report it would be longer than the 1048576 bytes that GitHub shows\n"))
	assert.Equal(t, content(t, path), long)

	r = caller{env: []string{"GITHUB_STEP_SUMMARY=" + t.TempDir()}}.call(t, test...)
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.err, "it is a directory"))
}
