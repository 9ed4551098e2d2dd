package formats

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// Whoever reads one report alone has to learn why there is nothing to judge.
func TestEveryReportShowsTheDiagnosis(t *testing.T) {
	v := conformance.Verdict{
		ID: "ctl/valid-accepted", Title: "a genuine delivery is accepted", Level: conformance.Gate, Basis: conformance.Documented,
		Status: conformance.Inconclusive, Reason: "The key is pinned; answered 401", Fix: "make it configurable; or give the key",
		Diagnosis: &conformance.Diagnosis{Cause: "The key is pinned", Seen: []string{"it was never fetched"}, Cure: []string{"make it configurable", "give the key"}, Next: []string{"rtkmock", "test", "--key-env", "KEY_URL"}},
	}
	r := &conformance.Report{Outcome: conformance.Undecided, Stopped: "the control was not accepted", Verdicts: []conformance.Verdict{v}}
	r.Judge()
	for _, f := range All() {
		if f.Name == "badge" {
			continue // it has room for one word
		}
		t.Run(f.Name, func(t *testing.T) {
			text, err := f.run(report.New(r, ""), plaintext.Options{Width: 200})
			assert.NilError(t, err)
			for _, want := range append([]string{v.Diagnosis.Cause}, append(v.Diagnosis.Seen, v.Diagnosis.Cure...)...) {
				assert.Check(t, strings.Contains(text, want), "%q is missing in:\n%s", want, text)
			}
			if f.Name != "json" { // which has the words one by one
				assert.Check(t, strings.Contains(text, "rtkmock test --key-env KEY_URL"), "the command is missing in:\n%s", text)
			}
		})
	}
}
