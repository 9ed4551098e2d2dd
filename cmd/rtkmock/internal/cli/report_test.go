package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/schemas"
)

// run writes the reports of a run of a few checks into a folder: run.FORMAT.
func runReports(t *testing.T, only string, formats ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	args := []string{"test", "--only", only, "--progress", "none"}
	for _, f := range formats {
		args = append(args, "--report", f+"="+filepath.Join(dir, "run."+f))
	}
	call(t, args...).exits(t, exit.OK)
	return dir
}

func content(t *testing.T, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	assert.NilError(t, err)
	return string(data)
}

func TestRenderedReportsAreThoseOfTheRun(t *testing.T) {
	t.Parallel()
	var names []string
	for _, f := range formats.All() {
		names = append(names, f.Name)
	}
	dir := runReports(t, "sig/missing-header,http/*,dlv/response-lost-then-retry", names...)
	args := []string{"report", "render", filepath.Join(dir, "run.json")}
	for _, f := range names {
		args = append(args, f+"="+filepath.Join(dir, "again."+f))
	}
	r := call(t, args...)
	r.exits(t, exit.OK)
	assert.Equal(t, r.out+r.err, "")
	for _, f := range names {
		assert.Equal(t, content(t, dir, "again."+f), content(t, dir, "run."+f), f)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "run.text"},
		{[]string{"markdown=-"}, "run.markdown"},
		{[]string{"--output", "json"}, "run.json"},
	} {
		r := caller{in: strings.NewReader(content(t, dir, "run.json"))}.call(t, append([]string{"report", "render", "-"}, c.args...)...)
		r.exits(t, exit.OK)
		assert.Equal(t, r.out, content(t, dir, c.want), "%v", c.args)
	}
}

func TestDiffReportsVerdictsThatDiffer(t *testing.T) {
	t.Parallel()
	dir := runReports(t, "sig/missing-header,sig/empty-header,rsp/latency", "json")
	old := content(t, dir, "run.json")
	var doc map[string]any
	assert.NilError(t, json.Unmarshal([]byte(old), &doc))
	var kept []any
	for _, c := range doc["checks"].([]any) {
		switch c := c.(map[string]any); c["id"] {
		case "sig/missing-header":
			c["status"], c["reason"] = "fail", "it was \x1b[2J accepted"
		case "rsp/latency":
			continue
		}
		kept = append(kept, c)
	}
	doc["checks"], doc["outcome"] = kept, "nonconformant"
	changed, err := json.Marshal(doc)
	assert.NilError(t, err)
	newer := filepath.Join(dir, "new.json")
	assert.NilError(t, os.WriteFile(newer, changed, 0o600))
	older := filepath.Join(dir, "run.json")

	r := call(t, "report", "diff", older, newer)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "1 newly failing, 1 gone\n"))
	assert.Assert(t, is.Contains(r.out, "  sig/missing-header (MUST): pass → fail\n    it was [2J accepted\n"))
	assert.Assert(t, is.Contains(r.out, "  rsp/latency (SHOULD): was pass\n"))

	r = call(t, "report", "diff", newer, older, "--output", "json")
	r.exits(t, exit.Nonconformant)
	var diff struct {
		Same    bool
		Old     struct{ Outcome string }
		Changes []struct{ ID, Change, Old, New string }
	}
	assert.NilError(t, schemas.Validate("report-diff", schemas.Strict, []byte(r.out)))
	assert.NilError(t, json.Unmarshal([]byte(r.out), &diff))
	assert.Assert(t, !diff.Same)
	assert.Equal(t, diff.Old.Outcome, "nonconformant")
	assert.DeepEqual(t, diff.Changes, []struct{ ID, Change, Old, New string }{
		{"rsp/latency", "added", "", "pass"}, {"sig/missing-header", "mended", "fail", "pass"},
	})

	r = call(t, "report", "diff", older, older)
	r.exits(t, exit.OK)
	assert.Assert(t, strings.HasPrefix(r.out, "no difference\n"), r.out)
	r = call(t, "report", "diff", older, older, "--output", "json")
	assert.NilError(t, schemas.Validate("report-diff", schemas.Strict, []byte(r.out)))
	for member, wrong := range map[string]string{`"kind": "diff"`: `"kind": "run"`, `"same": true`: `"same": "yes"`, `"changes": []`: `"changes": [{}]`} {
		assert.Assert(t, is.Contains(r.out, member))
		err := schemas.Validate("report-diff", schemas.Open, []byte(strings.Replace(r.out, member, wrong, 1)))
		assert.ErrorContains(t, err, "$."+strings.Split(member, `"`)[1])
	}
}
