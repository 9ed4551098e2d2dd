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
	"github.com/rtkmock/rtkmock/scenarios"
)

func TestScenariosAreListed(t *testing.T) {
	t.Parallel()
	r := call(t, "scenarios")
	r.exits(t, exit.OK)
	assert.Equal(t, call(t, "scenarios", "list").out, r.out)
	for _, name := range scenarios.Names() {
		assert.Assert(t, is.Contains(r.out, "\n"+name+" "))
	}
	var entries []struct {
		Name, Title, Note string
		Deliveries        int
	}
	assert.NilError(t, json.Unmarshal([]byte(call(t, "scenarios", "list", "--output", "json").out), &entries))
	assert.Equal(t, len(entries), len(scenarios.Names()))
	for _, e := range entries {
		assert.Assert(t, e.Title != "" && e.Note != "" && e.Deliveries > 0, e.Name)
	}
}

func TestScenariosShowPrintsTheSource(t *testing.T) {
	t.Parallel()
	for _, name := range scenarios.Names() {
		r := call(t, "scenarios", "show", name)
		r.exits(t, exit.OK)
		source, err := scenarios.Source(name)
		assert.NilError(t, err)
		assert.Equal(t, strings.TrimSpace(r.out), strings.TrimSpace(string(source)))
		text := call(t, "scenarios", "show", name, "--output", "text")
		text.exits(t, exit.OK)
		s, err := scenarios.Load(name)
		assert.NilError(t, err)
		assert.Assert(t, strings.HasPrefix(text.out, name+"  "+s.Title+"\n"))
		for _, step := range s.Steps() {
			assert.Assert(t, is.Contains(text.out, "\n"+step.Number+" "))
		}
	}
}

func TestScenariosShowListsFaultsAndTimes(t *testing.T) {
	t.Parallel()
	r := call(t, "scenarios", "show", "receiver-down-then-up", "--output", "text")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "\n3     1m     delivered  emit meeting.participantJoined ana, in the background; faults: respond 503, attempt=1; respond 503, attempt=2; respond 503, attempt=3 (The receiver goes down.)\n"))
	nested := scriptFile(t, `{"emit": "meeting.started"}, {"after": "2m", "steps": [{"after": "3m", "emit": "meeting.ended", "faults": [{"after": "replace 502", "chance": 0.5, "event": "meeting.ended"}]}]}, {"after": "4m"}`)
	r = call(t, "scenarios", "show", nested, "--output", "text")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "\n2.1   3m     delivered  emit meeting.ended; faults: replace 502, event=meeting.ended, chance=0.5\n"))
	assert.Assert(t, is.Contains(r.out, "\n3     4m "))
}

func TestScenariosCheckPrintsEachProblemInALine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		assert.NilError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	good := write("good.json", `{"title": "Fine", "steps": [{"emit": "meeting.started"}]}`)
	bad := write("bad.json", `{"title": "Not", "steps": [{"emit": "meeting.startd"}, {"emit": "meeting.ended", "wo": "x"}]}`)
	r := call(t, "scenarios", "check", good)
	r.exits(t, exit.OK)
	assert.Equal(t, r.out, good+": valid: Fine, 1 delivery\n")

	r = call(t, "scenarios", "check", good, bad)
	r.exits(t, exit.Nonconformant)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	assert.Equal(t, lines[1], bad+": invalid: 2 problems")
	assert.Assert(t, strings.HasPrefix(lines[2], bad+": step 1: emit: "), lines[2])
	assert.Assert(t, is.Contains(lines[2], "did you mean"), lines[2])
	assert.Assert(t, strings.HasPrefix(lines[3], bad+": step 2"), lines[3])

	r = call(t, "scenarios", "check", "--output", "json", bad)
	r.exits(t, exit.Nonconformant)
	var result struct{ Problems []struct{ Step string } }
	assert.NilError(t, json.Unmarshal([]byte(r.out), &result))
	assert.Equal(t, len(result.Problems), 2)
	assert.Equal(t, result.Problems[0].Step, "1")

	missing := filepath.Join(dir, "none.json")
	r = call(t, "scenarios", "check", missing, good)
	r.exits(t, exit.Usage)
	assert.Equal(t, r.err, "rtkmock: "+missing+": no such file or directory\n")
	assert.Assert(t, is.Contains(r.out, "valid"), "the other is checked all the same")

	piped := caller{in: strings.NewReader("{")}.call(t, "scenarios", "check")
	piped.exits(t, exit.Nonconformant)
	assert.Assert(t, strings.HasPrefix(piped.out, "standard input: invalid: 1 problem\n"), piped.out)
}

func TestPlayReportsTheFirstProblemOfAScript(t *testing.T) {
	t.Parallel()
	path := scriptFile(t, `{"emit": "meeting.startd"}, {"emit": "meeting.ended", "wo": "x"}`)
	r := call(t, "play", path)
	r.exits(t, exit.Usage)
	assert.Equal(t, strings.Count(r.err, "\n"), 1)
	assert.Assert(t, strings.HasPrefix(r.err, "rtkmock: play: "+path+": step 1: emit: "), r.err)
	assert.Assert(t, strings.HasSuffix(r.err, ` (and 1 more; "rtkmock scenarios check `+path+`" lists them)`+"\n"), r.err)
}

func TestAFileOfTheNameIsPointedAt(t *testing.T) {
	t.Chdir(t.TempDir())
	assert.NilError(t, os.WriteFile("mine.json", []byte(`{"title": "Fine", "steps": [{"emit": "meeting.started"}]}`), 0o600))
	call(t, "play", "mine").says(t, exit.Usage, `play: unknown scenario "mine"; did you mean the file ./mine.json?`)
	call(t, quick("play", "mine.json")...).exits(t, exit.OK)
}
