package cli

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

func TestSelftestPrintsWhatEachReceiverFails(t *testing.T) {
	t.Parallel()
	r := call(t, "selftest", "--only", "refuses-[ew]*,always-404", "--seed", "1", "--verbose")
	r.exits(t, exit.OK)
	lines := strings.Split(r.out, "\n")
	assert.Assert(t, is.Regexp(`^RECEIVER +KIND +FAILS$`, lines[0]))
	assert.Assert(t, is.Regexp(`^refuses-everything +flawed +ctl/valid-accepted \(`, lines[1]))
	assert.Assert(t, is.Contains(r.out, "\nalways-404 "))
	assert.Assert(t, is.Contains(r.out, "all as it has to be: 1 flawed receiver was caught, 1 good one passed, 1 degenerate one did not pass; "))
	assert.Assert(t, is.Contains(r.err, "rtkmock: seed 1, 3 receivers\n"))
	assert.Assert(t, is.Contains(r.err, "[3/3]"))
}

func TestSelftestAsJSONHasTheWholeMatrix(t *testing.T) {
	t.Parallel()
	r := call(t, "selftest", "--only", "hmac-instead-of-rsa", "--output", "json", "--progress", "none")
	r.exits(t, exit.OK)
	var m struct {
		Version   int
		OK        bool
		Receivers []struct {
			OK          bool
			Outcome     conformance.Outcome
			Kills, Fell []string
		}
		Checks []struct {
			ID     string
			Caught []string
		}
	}
	assert.NilError(t, json.Unmarshal([]byte(r.out), &m))
	assert.Assert(t, m.OK && m.Version == 1 && len(m.Receivers) == 1)
	row := m.Receivers[0]
	assert.Assert(t, row.OK && row.Outcome == conformance.Undecided)
	assert.DeepEqual(t, row.Kills, row.Fell)
	assert.Equal(t, len(m.Checks), len(checks.All()))
	assert.DeepEqual(t, m.Checks[0].Caught, []string{"hmac-instead-of-rsa"})
	assert.Assert(t, m.Checks[1].Caught != nil, "a list, if an empty one")
}

func TestSelftestNamesAMistypedReceiver(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"selftest --only reserialize": `rtkmock: --only: no receiver matches "reserialize"; did you mean reserialises?`,
		"selftest --only [":           `rtkmock: --only: found "[", want a name such as reserialises, or a pattern such as always-*`,
		"selftest --only zzzzzzzzzzz": `rtkmock: --only: no receiver matches "zzzzzzzzzzz"; "rtkmock receive --flaw list" lists them`,
		"selftest reserialises":       `rtkmock: selftest: unexpected "reserialises" after "selftest"`,
	} {
		r := call(t, strings.Fields(args)...)
		r.exits(t, exit.Usage)
		assert.Equal(t, r.err, want+"\n")
	}
}

func TestSelftestCanBeInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs strings.Builder
	code := run(ctx, newApp(nil, terminal.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}), []string{"selftest"})
	assert.Equal(t, code, exit.Interrupted)
	assert.Equal(t, out.String(), "")
}
