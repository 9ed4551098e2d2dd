package checks_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

func TestEveryCheckIsDescribed(t *testing.T) {
	slug := regexp.MustCompile(`^[a-z]+/[a-zA-Z0-9.-]+$`)
	seen := map[conformance.ID]bool{}
	for _, c := range checks.All() {
		t.Run(string(c.ID), func(t *testing.T) {
			assert.Assert(t, slug.MatchString(string(c.ID)), "id is no slug")
			assert.Assert(t, !seen[c.ID], "id is taken")
			seen[c.ID] = true
			assert.Assert(t, c.Title != "" && c.Doc != "" && c.Fix != "" && c.Run != nil)
			for _, no := range c.From {
				_, ok := conformance.SentenceOf(no)
				assert.Assert(t, ok, "%s is no sentence of the guide", no)
			}
		})
	}
}

func TestOnlyDocumentedDemandsAreMust(t *testing.T) {
	for _, c := range checks.All() {
		if c.Level != conformance.Must {
			continue
		}
		assert.Equal(t, c.Basis, conformance.Documented, "%s", c.ID)
		assert.Assert(t, slices.ContainsFunc(c.From, bindsReceivers), "%s names no sentence that binds receivers", c.ID)
	}
}

func bindsReceivers(no string) bool {
	s, ok := conformance.SentenceOf(no)
	return ok && s.BindsReceiver()
}

func TestEverySentenceOfTheGuideIsCovered(t *testing.T) {
	for _, tr := range conformance.Traces(checks.All()) {
		if gaps := tr.Gaps(); len(gaps) > 0 {
			t.Errorf("%s (%s) %q: %s", tr.Sentence.No, tr.Sentence.Binds, tr.Sentence.Quote, strings.Join(gaps, ", "))
		}
	}
}

func TestAllReturnsNewChecksEachTime(t *testing.T) {
	a, b := checks.All(), checks.All()
	a[0].Title = "changed"
	assert.Assert(t, b[0].Title != "changed")
}
