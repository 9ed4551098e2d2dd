package cli

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

func TestSelftestPrintsWhatEachReceiverFallsAt(t *testing.T) {
	r := call(t, "selftest", "--only", "refuses-*,always-404", "--seed", "1", "--verbose")
	r.exits(t, ExitOK)
	lines := strings.Split(r.out, "\n")
	assert.Assert(t, is.Regexp(`^RECEIVER +KIND +FALLS AT$`, lines[0]))
	assert.Assert(t, is.Regexp(`^refuses-everything +flawed +ctl/valid-accepted \(`, lines[1]))
	assert.Assert(t, is.Contains(r.out, "\nalways-404 "))
	assert.Assert(t, is.Contains(r.out, "all as it has to be: 2 flawed receivers were caught, 3 good ones passed, 1 degenerate one did not pass; "))
	assert.Assert(t, is.Contains(r.err, "rtkmock: seed 1, 6 receivers\n"))
	assert.Assert(t, is.Contains(r.err, "[6/6]"))
}

func TestSelftestAsJSONHasTheWholeMatrix(t *testing.T) {
	r := call(t, "selftest", "--only", "hmac-instead-of-rsa", "--output", "json", "--progress", "none")
	r.exits(t, ExitOK)
	var m struct {
		Version   int
		OK        bool
		Receivers []matrixRow
		Checks    []struct {
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
	for args, want := range map[string]string{
		"selftest --only reserialize": `rtkmock: --only: no receiver matches "reserialize"; did you mean reserialises?`,
		"selftest --only [":           `rtkmock: --only: found "[", want a name such as reserialises, or a pattern such as always-*`,
		"selftest --only zzzzzzzzzzz": `rtkmock: --only: no receiver matches "zzzzzzzzzzz"; "rtkmock receive --flaw list" lists them`,
		"selftest reserialises":       `rtkmock: selftest: unexpected "reserialises" after "selftest"`,
	} {
		r := call(t, strings.Fields(args)...)
		r.exits(t, ExitUsage)
		assert.Equal(t, r.err, want+"\n")
	}
}

func TestSelftestCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs strings.Builder
	code := Main(ctx, []string{"selftest"}, nil, Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	assert.Equal(t, code, ExitInterrupted)
	assert.Equal(t, out.String(), "")
}

// What the checks are wrong about comes first, with the verdicts in question.
func TestSelftestTellsWhatIsWrongFirst(t *testing.T) {
	check := &conformance.Check{ID: "evt/enums", Level: conformance.Must}
	results := []*selftest.Result{
		{Subject: selftest.Subject{Flaw: receivers.Flaw{Name: "fine"}, Kind: selftest.Twin}},
		{
			Subject: selftest.Subject{Flaw: receivers.Flaw{Name: "sly", Doc: "Hides.", CaughtBy: []string{"evt/enums"}}, Kind: selftest.Flawed},
			Wrong:   []string{"evt/enums did not catch it"},
			Report:  &conformance.Report{Verdicts: []conformance.Verdict{{Check: check, Status: conformance.Pass}}},
		},
	}
	m := newMatrix(results, 1)
	assert.Assert(t, !m.OK)
	assert.Equal(t, m.Receivers[0].Name, "sly")
	var out strings.Builder
	a := &app{out: &sink{w: &out}}
	a.printMatrix(m, false)
	assert.Assert(t, is.Regexp(`^WRONG about sly \(flawed\)\n  what it does: Hides.\n  evt/enums did not catch it\n  pass evt/enums: no reason given\n\nRECEIVER`, out.String()))
	assert.Assert(t, is.Contains(out.String(), "\nthe checks are wrong about 1 of 2 receivers: sly\n"))
}
