package cli

import (
	"encoding/json"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

func TestEveryCheckIsListedAndExplained(t *testing.T) {
	t.Parallel()
	list := call(t, "checks", "list").out
	assert.Equal(t, call(t, "checks").out, list)
	for _, c := range checks.All() {
		assert.Assert(t, is.Contains(list, string(c.ID)+" "))
		r := call(t, "checks", "explain", string(c.ID))
		r.exits(t, exit.OK)
		for _, no := range c.From {
			assert.Assert(t, is.Contains(r.out, "  "+no+": \""), c.ID)
		}
		assert.Assert(t, is.Contains(r.out, "Why it matters"), c.ID)
		assert.Assert(t, is.Contains(r.out, "How to fix a receiver"), c.ID)
	}
	var entries []struct {
		ID, Level, Basis, Title string
		From, Needs, Catches    []string
	}
	assert.NilError(t, json.Unmarshal([]byte(call(t, "checks", "--output", "json").out), &entries))
	assert.Equal(t, len(entries), len(checks.All()))
	assert.Equal(t, entries[0].ID, "ctl/valid-accepted")
	assert.Equal(t, entries[0].Level, "gate")
	for _, e := range entries {
		assert.Assert(t, len(e.Catches) > 0 && e.From != nil && e.Needs != nil, e.ID)
		assert.Assert(t, is.Contains(call(t, "checks", "explain", e.ID).out, e.Catches[0]))
	}
}

func TestEverySentenceIsTraced(t *testing.T) {
	t.Parallel()
	text := call(t, "checks", "trace")
	text.exits(t, exit.OK)
	var entries []struct {
		No, Quote, Binds string
		Checks           []struct{ ID, Level string }
		Tests            []struct{ Package, Test string }
		Gaps             []string
	}
	assert.NilError(t, json.Unmarshal([]byte(call(t, "checks", "trace", "--output", "json").out), &entries))
	assert.Equal(t, len(entries), len(conformance.Guide()))
	for _, e := range entries {
		assert.Assert(t, is.Contains(text.out, e.No+"  binds "))
		for _, c := range e.Checks {
			assert.Assert(t, is.Contains(text.out, c.ID))
		}
		for _, p := range e.Tests {
			assert.Assert(t, is.Contains(text.out, p.Package+"."+p.Test))
		}
	}
	assert.Equal(t, entries[8].No+" "+entries[8].Binds, "S9 receiver")
	assert.Equal(t, entries[8].Checks[2].ID+" "+entries[8].Checks[2].Level, "sig/missing-header MUST")
	call(t, "checks", "trace", "S9").says(t, exit.Usage, `checks trace: unexpected "S9" after "checks trace"`)
}
