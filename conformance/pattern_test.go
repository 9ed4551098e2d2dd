package conformance_test

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

func TestPatternsSelectIDs(t *testing.T) {
	for _, c := range []struct {
		pattern string
		id      conformance.ID
		want    bool
		reason  string
	}{
		{"sig/other-key", "sig/other-key", true, "an id stands for itself"},
		{"sig/other", "sig/other-key", false, "the whole id has to match"},
		{"sig/*", "sig/other-key", true, "a group"},
		{"sig/*", "dlv/gap", false, "and no other"},
		{"*/gap", "dlv/gap", true, "any group"},
		{"*gap", "dlv/gap", false, "a star stops at the slash"},
		{"*", "dlv/gap", true, "but alone it is everything"},
		{"**", "dlv/gap", true, "as are two"},
		{"**gap", "dlv/gap", true, "two go beyond the slash"},
		{"**/gap", "dlv/gap", true, "as in other tools"},
		{"d**p", "dlv/gap", true, "and stand in the middle"},
		{"d**a**", "dlv/gap", true, "more than once"},
		{"d**x**", "dlv/gap", false, "but not for what is not there"},
		{"***", "dlv/gap", true, "three are no more than two"},
		{"sig/**", "sig/other-key", true, "and at the end"},
		{"dlv/ga?", "dlv/gap", true, "one character"},
		{"[de]lv/*", "dlv/gap", true, "one of a set"},
		{"[^d]lv/*", "dlv/gap", false, "one of none of a set"},
	} {
		p, err := conformance.ParsePattern(c.pattern)
		assert.NilError(t, err)
		assert.Equal(t, p.Matches(c.id), c.want, "%s, %s: %s", c.pattern, c.id, c.reason)
	}
}

func TestMalformedPatternsAreRefused(t *testing.T) {
	for _, s := range []string{"", "sig/[", "**[a", `sig/\`, "[**]"} {
		_, err := conformance.ParsePattern(s)
		assert.ErrorIs(t, err, conformance.ErrPattern, s)
		assert.Assert(t, !conformance.Pattern(s).Matches("sig/x"), s)
	}
}
