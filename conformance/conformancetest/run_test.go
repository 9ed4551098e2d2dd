package conformancetest_test

import (
	"flag"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/conformancetest"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// subject names the receiver that TestSubject judges, in a process of its own:
// what it does to its test is what is tested.
var subject = flag.String("subject", "", "for this package's own use: the receiver that TestSubject judges")

func TestSubject(t *testing.T) {
	if *subject == "" {
		t.Skip("it is run by the tests below")
	}
	closed := false
	report := conformancetest.Run(t, func(keyURL string) conformancetest.Target {
		target, stop := receiver(t, *subject, keyURL)
		t.Cleanup(func() { stop(); closed = true })
		return target
	})
	assert.Assert(t, !closed)
	if report == nil {
		t.Log("nothing is selected")
	} else {
		t.Logf("%d verdicts", len(report.Verdicts))
	}
}

func receiver(t *testing.T, name, keyURL string) (conformancetest.Target, func()) {
	t.Helper()
	c := receivers.Config{KeyURL: keyURL}
	rc := receivers.Reference(c)
	switch name {
	case "reference":
	case "dead":
		return conformancetest.Target{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
		})}, rc.Close
	case "blind":
		return conformancetest.Target{Handler: rc}, rc.Close
	default:
		var err error
		rc, err = receivers.Flawed(name, c)
		assert.NilError(t, err)
	}
	return conformancetest.Target{Handler: rc, Effects: rc.Count}, rc.Close
}

// judged is what go test said of a receiver.
type judged struct {
	out                   string
	ok                    bool
	passed, failed, skips []string
}

// judge runs TestSubject under go test's own selection.
func judge(t *testing.T, name, run string, more ...string) judged {
	t.Helper()
	self, err := os.Executable()
	assert.NilError(t, err)
	cmd := exec.CommandContext(t.Context(), self, append([]string{"-test.v", "-test.run", run, "-subject", name}, more...)...)
	out, err := cmd.CombinedOutput()
	j := judged{out: string(out), ok: err == nil}
	for _, m := range regexp.MustCompile(`(?m)^ *--- (PASS|FAIL|SKIP): TestSubject/(\S+)`).FindAllStringSubmatch(j.out, -1) {
		switch m[1] {
		case "PASS":
			j.passed = append(j.passed, m[2])
		case "FAIL":
			j.failed = append(j.failed, m[2])
		default:
			j.skips = append(j.skips, m[2])
		}
	}
	return j
}

func group(name string) []string {
	var ids []string
	for _, c := range checks.All() {
		if c.ID.Group() == name {
			ids = append(ids, string(c.ID))
		}
	}
	slices.Sort(ids)
	return ids
}

func TestOnlyWhatGoTestSelectsIsRun(t *testing.T) {
	t.Parallel()
	gates := len(slices.DeleteFunc(checks.All(), func(c *conformance.Check) bool { return c.Level != conformance.Gate }))
	for _, c := range []struct {
		run  string
		more []string
		want []string
	}{
		{"^TestSubject$/^sig$/^tampered-byte$", nil, []string{"sig/tampered-byte"}},
		{"^TestSubject$/sig/tampered", []string{"-test.skip", "/sig/tampered"}, nil},
	} {
		j := judge(t, "reference", c.run, c.more...)
		assert.Assert(t, j.ok, j.out)
		assert.DeepEqual(t, j.passed, c.want)
		assert.Equal(t, len(j.failed)+len(j.skips), 0)
		if len(c.want) == 0 {
			assert.Assert(t, is.Contains(j.out, "nothing is selected"))
			continue
		}
		assert.Assert(t, is.Contains(j.out, plural(len(c.want)+gates)))
	}
}

func plural(n int) string { return strings.Replace("N verdicts", "N", string(rune('0'+n)), 1) }

func TestAGoodReceiverPassesAGroup(t *testing.T) {
	t.Parallel()
	j := judge(t, "reference", "TestSubject/evt")
	assert.Assert(t, j.ok, j.out)
	slices.Sort(j.passed)
	assert.DeepEqual(t, j.passed, group("evt"))
	assert.Assert(t, is.Contains(j.out, "conformant"))
}

func TestAFlawFailsItsSubtestAndSaysHowToFixIt(t *testing.T) {
	t.Parallel()
	j := judge(t, "no-verification", "TestSubject/sig/tampered-byte")
	assert.Assert(t, !j.ok)
	assert.DeepEqual(t, j.failed, []string{"sig/tampered-byte"})
	for _, want := range []string{"FAIL sig/tampered-byte (MUST", "sent ", "got ", "why ", "mend ", "guide "} {
		assert.Assert(t, is.Contains(j.out, want))
	}
}

func TestWhatCannotBeSeenIsSkippedWithWhatToAdd(t *testing.T) {
	t.Parallel()
	j := judge(t, "blind", "TestSubject/dlv/same-body-new-uuid")
	assert.DeepEqual(t, j.skips, []string{"dlv/same-body-new-uuid"})
	assert.Assert(t, is.Contains(j.out, "effects"))
}

// A gate that was not selected fails the test all the same: else everything
// would be skipped, and look green.
func TestAReceiverThatRefusesEverythingPassesNothing(t *testing.T) {
	t.Parallel()
	j := judge(t, "dead", "TestSubject/sig/tampered-byte")
	assert.Assert(t, !j.ok)
	assert.DeepEqual(t, j.skips, []string{"sig/tampered-byte"})
	assert.Assert(t, is.Contains(j.out, "the run is not complete: the control was not accepted"))
	assert.Assert(t, is.Contains(j.out, "ctl/valid-accepted"))
}

func TestMistakesInTheOptionsAreErrors(t *testing.T) {
	_, err := conformancetest.Suite{}.Judge(t.Context(), func(string) conformancetest.Target { return conformancetest.Target{} })
	assert.ErrorIs(t, err, conformance.ErrOptions)
}
