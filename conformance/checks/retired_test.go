package checks_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

// lost returns those of given that are neither in use nor retired.
func lost(given []conformance.ID, all []*conformance.Check, retired []checks.Retirement) []conformance.ID {
	var out []conformance.ID
	for _, id := range given {
		inUse := slices.ContainsFunc(all, func(c *conformance.Check) bool { return c.ID == id })
		gone := slices.ContainsFunc(retired, func(r checks.Retirement) bool { return r.ID == id })
		if !inUse && !gone {
			out = append(out, id)
		}
	}
	return out
}

// givenIDs reads ids.txt.
func givenIDs(t *testing.T) []conformance.ID {
	t.Helper()
	text, err := os.ReadFile("ids.txt")
	assert.NilError(t, err)
	var out []conformance.ID
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, conformance.ID(line))
		}
	}
	assert.Assert(t, len(out) > 0)
	return out
}

func TestNoIDThatWasGivenIsLost(t *testing.T) {
	given, all := givenIDs(t), checks.All()
	assert.DeepEqual(t, lost(given, all, checks.Retired()), []conformance.ID(nil))
	for _, c := range all {
		assert.Check(t, slices.Contains(given, c.ID), "%s is not in ids.txt: go generate ./...", c.ID)
	}
	for _, r := range checks.Retired() {
		assert.Check(t, slices.Contains(given, r.ID), "%s was never given", r.ID)
		assert.Check(t, !slices.ContainsFunc(all, func(c *conformance.Check) bool { return c.ID == r.ID }), "%s is retired and in use", r.ID)
		assert.Check(t, r.Since != "" && r.Why != "", "%s: when and why?", r.ID)
	}
	assert.Assert(t, slices.IsSorted(given))
}

func TestAnIDThatVanishesIsNoticed(t *testing.T) {
	all := checks.All()
	given := []conformance.ID{all[0].ID, all[1].ID}
	assert.DeepEqual(t, lost(given, all[1:], nil), given[:1])
	assert.Equal(t, len(lost(given, all[1:], []checks.Retirement{{ID: given[0]}})), 0)
}
