package cli

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/schemas"
)

func TestSchemasAreListedAndShownAsTheyStand(t *testing.T) {
	t.Parallel()
	list := call(t, "schemas").out
	for _, name := range schemas.Names() {
		assert.Assert(t, is.Contains(list, name+" "))
		source, err := schemas.Source(name)
		assert.NilError(t, err)
		r := call(t, "schemas", "show", name)
		r.exits(t, exit.OK)
		assert.Equal(t, strings.TrimRight(r.out, "\n"), strings.TrimRight(string(source), "\n"))
	}
	assert.Assert(t, json.Valid([]byte(call(t, "schemas", "--output", "json").out)))
}

const startedBody = `{"event":"meeting.started","meeting":{"id":"bbb8940e-1b97-402a-97d6-2708b7feca41","title":"Weekly sync","status":"LIVE","createdAt":"2026-06-03T10:00:00.000Z","sessionId":"05e57591-d89e-45c9-ae44-08dc1eaad0e0","startedAt":"2026-06-03T10:00:00.000Z","organizedBy":{"id":"c94c437b-592a-4a39-b9e2-47ef1451e43b","name":"Example organization"}}}`

func TestSchemasCheckIsOneLineAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, body string) string {
		path := filepath.Join(dir, name)
		assert.NilError(t, os.WriteFile(path, []byte(body), 0o600))
		return path
	}
	good := file("good.json", startedBody)
	extra := file("extra.json", strings.Replace(startedBody, `"event"`, `"extra":1,"event"`, 1))
	late := file("late.json", strings.Replace(startedBody, `"startedAt":"2026`, `"startedAt":"2025`, 1))
	bad := file("bad.json", strings.Replace(startedBody, `"title":"Weekly sync"`, `"title":7`, 1))

	r := call(t, "schemas", "check", good, extra)
	r.exits(t, exit.OK)
	assert.Equal(t, r.out, good+": valid: meeting.started\n"+extra+": valid: meeting.started\n")
	r = call(t, "schemas", "check", "--strict", good, extra)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, extra+": invalid meeting.started: $.extra: found "))
	r = call(t, "schemas", "check", late)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, late+": invalid meeting.started: $.meeting.startedAt: found "))
	r = call(t, "schemas", "check", bad, good)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, bad+": invalid meeting.started: $.meeting.title: found 7, want "))
	assert.Assert(t, is.Contains(r.out, good+": valid"), "the others are checked all the same")

	r = call(t, "schemas", "check", filepath.Join(dir, "none.json"), bad, good)
	r.exits(t, exit.Usage)
	assert.Equal(t, strings.Count(r.out, "\n"), 2)
	assert.Equal(t, r.err, "rtkmock: "+filepath.Join(dir, "none.json")+": no such file or directory\n")
}

func TestSchemasCheckReadsStandardInput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-"}, {}, {"--schema", "meeting.started", "-"}} {
		r := caller{in: strings.NewReader(startedBody)}.call(t, append([]string{"schemas", "check"}, args...)...)
		r.exits(t, exit.OK)
		assert.Equal(t, r.out, "standard input: valid: meeting.started\n")
	}
	caller{tty: true}.call(t, "schemas", "check").
		says(t, exit.Usage, "schemas check: found no file, want FILE…, or - for standard input")
}

func TestSchemasCheckInJSONHoldsAllProblems(t *testing.T) {
	t.Parallel()
	body := strings.Replace(strings.Replace(startedBody, `"Weekly sync"`, `7`, 1), `"LIVE"`, `8`, 1)
	r := caller{in: strings.NewReader(body)}.call(t, "schemas", "check", "--output", "json")
	r.exits(t, exit.Nonconformant)
	var got struct {
		Valid    bool
		Problems []struct{ Path string }
	}
	assert.NilError(t, json.Unmarshal([]byte(r.out), &got))
	assert.Equal(t, len(got.Problems), 2)
	assert.Assert(t, !got.Valid)
}

// endless is an input that somebody forgot.

type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, io.EOF
}

func TestWaitingForInputCanBeInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	caller{ctx: ctx, in: endless{t.Context()}}.call(t, "schemas", "check", "-").
		says(t, exit.Interrupted, "interrupted")
}
