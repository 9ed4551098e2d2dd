package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/cli"
)

func TestEveryVerbHasAPage(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1780480800")
	dir := filepath.Join(t.TempDir(), "man")
	assert.NilError(t, run([]string{dir}))
	pages := 0
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		pages++
		name := strings.ReplaceAll(c.CommandPath(), " ", "-")
		page, err := os.ReadFile(filepath.Join(dir, name+".1"))
		assert.NilError(t, err)
		for _, want := range []string{".SH NAME", ".SH SYNOPSIS", ".SH EXAMPLE", "Jun 2026"} {
			assert.Assert(t, is.Contains(string(page), want), name)
		}
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				visit(sub)
			}
		}
	}
	visit(cli.Tree())
	entries, err := os.ReadDir(dir)
	assert.NilError(t, err)
	assert.Equal(t, len(entries), pages)
}

func TestADirectoryIsNeeded(t *testing.T) {
	assert.ErrorContains(t, run(nil), "want one argument")
}
