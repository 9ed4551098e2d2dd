package cli

import (
	"encoding/json"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance/checks"
)

func TestEveryCheckIsListedAndExplained(t *testing.T) {
	list := call(t, "checks", "list").out
	assert.Equal(t, call(t, "checks").out, list)
	for _, c := range checks.All() {
		assert.Assert(t, is.Contains(list, string(c.ID)+" "))
		r := call(t, "checks", "explain", string(c.ID))
		r.exits(t, ExitOK)
		for _, no := range c.From {
			assert.Assert(t, is.Contains(r.out, "  "+no+": \""), c.ID)
		}
		assert.Assert(t, is.Contains(r.out, "Why it matters"), c.ID)
		assert.Assert(t, is.Contains(r.out, "How to mend a receiver"), c.ID)
	}
	var entries []struct{ ID, Level, Basis, Title string }
	assert.NilError(t, json.Unmarshal([]byte(call(t, "checks", "--output", "json").out), &entries))
	assert.Equal(t, len(entries), len(checks.All()))
	assert.Equal(t, entries[0].ID, "ctl/valid-accepted")
	assert.Equal(t, entries[0].Level, "gate")
}
