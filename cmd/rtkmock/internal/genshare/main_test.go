package main

import (
	"compress/gzip"
	"io"
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
	dir := t.TempDir()
	stale := filepath.Join(dir, "man", "rtkmock-gone.1.gz")
	assert.NilError(t, os.Mkdir(filepath.Dir(stale), 0o777))
	assert.NilError(t, os.WriteFile(stale, nil, 0o666))
	assert.NilError(t, run([]string{dir}))
	pages := 0
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		pages++
		name := strings.ReplaceAll(c.CommandPath(), " ", "-")
		page := unpacked(t, filepath.Join(dir, "man", name+".1.gz"))
		for _, want := range []string{".SH NAME", ".SH SYNOPSIS", ".SH EXAMPLE", "Jun 2026"} {
			assert.Assert(t, is.Contains(page, want), name)
		}
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				visit(sub)
			}
		}
	}
	visit(cli.Tree())
	entries, err := os.ReadDir(filepath.Join(dir, "man"))
	assert.NilError(t, err)
	assert.Equal(t, len(entries), pages)
}

func unpacked(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	assert.NilError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	assert.NilError(t, err)
	page, err := io.ReadAll(z)
	assert.NilError(t, err)
	return string(page)
}

func TestEveryShellHasACompletion(t *testing.T) {
	dir := t.TempDir()
	assert.NilError(t, run([]string{dir}))
	for shell, want := range map[string]string{
		"bash": "complete -o default -F __start_rtkmock rtkmock",
		"zsh":  "#compdef rtkmock",
		"fish": "complete -c rtkmock",
		"ps1":  "Register-ArgumentCompleter -CommandName 'rtkmock'",
	} {
		script, err := os.ReadFile(filepath.Join(dir, "completions", "rtkmock."+shell))
		assert.NilError(t, err)
		assert.Assert(t, is.Contains(string(script), want), shell)
	}
}

func TestADirectoryIsNeeded(t *testing.T) {
	assert.ErrorContains(t, run(nil), "want one argument")
}
