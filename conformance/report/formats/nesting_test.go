package formats

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// family is a report of four failed checks: two follow from the first.
func family() *report.Document {
	d := crowd(6, "body")
	for i, id := range []conformance.ID{"sig/home", "sig/near", "evt/far", "evt/alone", "sig/stranger", "sig/loop"} {
		c := &d.Checks[i]
		c.ID, c.Reason, c.Fix = id, "reason of "+string(id), "fix of "+string(id)
	}
	d.Checks[1].FollowsFrom = []conformance.Cause{{Check: "sig/home", Because: "bodies with `/`"}}
	d.Checks[2].FollowsFrom = []conformance.Cause{{Check: "sig/home", Because: "bodies with `/`"}, {Check: "evt/alone", Because: "it is refused"}}
	d.Checks[4].FollowsFrom = []conformance.Cause{{Check: "sig/absent", Because: "of a check that is not there"}}
	d.Checks[5].FollowsFrom = []conformance.Cause{{Check: "sig/loop", Because: "of itself"}}
	return d
}

func TestWhatFollowsFromACheckIsShownUnderIt(t *testing.T) {
	for format, want := range map[string][]string{
		"text":     {"causes FAIL sig/near: bodies with `/`", "causes FAIL evt/far: bodies with `/`; from evt/alone: it is refused", "FAIL evt/far (MUST): caused by sig/home\n"},
		"markdown": {"- **fail** `sig/near`: bodies with \\`/\\`", "- **fail** `evt/far`: bodies with \\`/\\`; from evt/alone: it is refused"},
		"github":   {"From this follows: fail sig/near (bodies with `/`)%0A"},
		"html":     {`<summary>What follows from it: 2 checks</summary>`, `<p class="because">bodies with`, `<b>Cause:</b> <a href="#sig/home"><code>sig/home</code></a>`},
		"tap":      {"not ok 1 - sig/home: it holds", "not ok 2 - sig/near: it holds", "not ok 3 - evt/far: it holds", "cause: 'follows from sig/home: bodies with `/`'"},
	} {
		t.Run(format, func(t *testing.T) {
			text := render(t, format, family())
			for _, w := range want {
				assert.Assert(t, is.Contains(text, w))
			}
			for _, id := range []string{"sig/home", "evt/alone", "sig/stranger", "sig/loop"} {
				assert.Assert(t, is.Contains(text, "fix of "+id), "%s stands by itself", id)
			}
			if format != "html" { // there it is folded away
				for _, id := range []string{"sig/near", "evt/far"} {
					assert.Assert(t, !strings.Contains(text, "fix of "+id), "%s has a place of its own", id)
				}
			}
		})
	}
}

func TestJUnitKeepsACaseACheckWithItsCause(t *testing.T) {
	text := render(t, "junit", family())
	assert.Equal(t, strings.Count(text, "<testcase "), 6)
	assert.Equal(t, strings.Count(text, "<failure "), 6)
	assert.Assert(t, is.Contains(text, "cause  follows from sig/home: bodies with `/`"))
}

func TestWhatIsKnownHidesNothingThatIsNot(t *testing.T) {
	d := family()
	d.Checks[0].Known = &conformance.KnownFailing{Pattern: "sig/home", Reason: "later", Where: "known.txt:1"}
	for _, format := range []string{"text", "markdown", "github", "tap", "html"} {
		text := render(t, format, d)
		assert.Assert(t, is.Contains(text, "reason of sig/near"), format)
	}
}

func TestFollowersComeAfterWhatStandsByItself(t *testing.T) {
	d := family()
	d.Checks[0], d.Checks[1] = d.Checks[1], d.Checks[0]
	var order []string
	for _, c := range d.WorstFirst() {
		order = append(order, string(c.ID))
	}
	assert.DeepEqual(t, order, []string{"sig/home", "evt/alone", "sig/near", "evt/far", "sig/stranger", "sig/loop"})
}

func TestWhatLosesEventsOrLetsForgeriesInComesFirst(t *testing.T) {
	d := crowd(4, "body")
	answer := func(i, status int, genuine bool) {
		e := &d.Checks[i].Evidence[0]
		e.Attempts[0].Response.Status = status
		if genuine {
			e.Mutations = nil
		}
	}
	d.Checks[0].ID, d.Checks[0].Status = "key/recovers", conformance.Warn
	answer(0, 401, true)
	d.Checks[1].ID, d.Checks[1].Status = "rsp/slow", conformance.Warn
	answer(1, 200, true)
	d.Checks[2].ID, d.Checks[2].Status = "evt/lost", conformance.Warn
	answer(2, 401, true)
	d.Checks[3].ID, d.Checks[3].Status = "sig/let-in", conformance.Warn
	answer(3, 200, false)
	var order []string
	for _, c := range d.WorstFirst() {
		order = append(order, string(c.ID))
	}
	assert.DeepEqual(t, order, []string{"evt/lost", "sig/let-in", "rsp/slow", "key/recovers"})
}
