package selftest

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

// The receivers that the checks are wrong about come first, with the verdicts.
func TestTheMatrixShowsWhatIsWrongFirst(t *testing.T) {
	check := &conformance.Check{ID: "evt/enums", Level: conformance.Must}
	results := []*selftest.Result{
		{Subject: receivers.Spec{Name: "fine", Kind: receivers.KindTwin}},
		{
			Subject: receivers.Spec{Name: "sly", Doc: "Hides.", CaughtBy: []string{"evt/enums"}, Kind: receivers.KindFlawed},
			Wrong:   []string{"evt/enums did not catch it"},
			Report:  &conformance.Report{Verdicts: []conformance.Verdict{check.Verdict(conformance.Pass, "")}},
		},
	}
	m := newMatrix(results, 1)
	assert.Assert(t, !m.OK)
	assert.Equal(t, m.Receivers[0].Name, "sly")
	var out strings.Builder
	m.print(terminal.New(terminal.Streams{Out: &out}, nil), false)
	assert.Assert(t, is.Regexp(`^WRONG about sly \(flawed\)\n  what it does: Hides.\n  evt/enums did not catch it\n  pass evt/enums: no reason given\n\nRECEIVER`, out.String()))
	assert.Assert(t, is.Contains(out.String(), "\nthe checks are wrong about 1 of 2 receivers: sly\n"))
}
