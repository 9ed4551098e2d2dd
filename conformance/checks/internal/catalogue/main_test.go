package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		assert.NilError(t, err)
		return string(text)
	}
	assert.Check(t, read(pageFile) == mustPage(t, checks.All(), checks.Retired()), "CHECKS.md is not what the checks say: go generate ./...")
	ids := read(idsFile)
	assert.Check(t, ids == idList(ids, checks.All()), "ids.txt lacks a check: go generate ./...")
}

func mustPage(t *testing.T, all []*conformance.Check, retired []checks.Retirement) string {
	t.Helper()
	got, err := page(all, retired)
	assert.NilError(t, err)
	return got
}

func TestPageTellsOfEveryCheckAndSentence(t *testing.T) {
	all := checks.All()
	got := mustPage(t, all, nil)
	for _, c := range all {
		assert.Assert(t, is.Contains(got, "### "+string(c.ID)+"\n"))
		assert.Assert(t, is.Contains(got, text(c.Title)))
		assert.Assert(t, is.Contains(got, paragraphs(c.Fix)))
		assert.Assert(t, is.Contains(got, link(c.ID)))
	}
	for _, s := range conformance.Guide() {
		assert.Assert(t, is.Contains(got, "| "+s.No+" | "+text(s.Quote)))
	}
	assert.Assert(t, !strings.Contains(got, "*Catches:* .\n"), "a check that catches nothing")
}

func TestRetiredChecksStayListed(t *testing.T) {
	got := mustPage(t, checks.All(), []checks.Retirement{{ID: "sig/old", Since: "1.2.0", Why: "It judged <nothing>.", Instead: "sig/pss"}})
	assert.Assert(t, is.Contains(got, "| sig/old | 1.2.0 | It judged \\<nothing>. | [sig/pss](#sigpss) |"))
}

func TestIDsThatWereGivenAreKept(t *testing.T) {
	got := idList("# an old head\nsig/old\nhttp/x\n", []*conformance.Check{{ID: "sig/new"}, {ID: "http/x"}})
	assert.Equal(t, got, idsHead+"http/x\nsig/new\nsig/old\n")
}
