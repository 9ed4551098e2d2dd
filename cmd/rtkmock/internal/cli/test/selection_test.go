package test

import (
	"os"
	"path/filepath"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

// picked returns the ids, gates left out, that a selection leaves.
func picked(t *testing.T, s selection) []conformance.ID {
	t.Helper()
	s.minLevel = "may"
	list, err := s.pick(t.Context(), app.New(nil, terminal.Streams{}), checks.All())
	assert.NilError(t, err)
	var ids []conformance.ID
	for _, c := range list {
		if c.Level != conformance.Gate {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func TestSelectionsComeFromPatternsAndFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ids")
	assert.NilError(t, os.WriteFile(path, []byte("\ufeff# to be fixed\r\nsig/empty-header # soon\r\n\r\nrsp/latency\r\n"), 0o600))
	for _, c := range []struct {
		only, skip []string
		want       []conformance.ID
		reason     string
	}{
		{[]string{"sig/empty-header"}, nil, []conformance.ID{"sig/empty-header"}, "an id"},
		{[]string{"@" + path}, nil, []conformance.ID{"sig/empty-header", "rsp/latency"}, "a file, with comments and Windows' line ends"},
		{[]string{"@" + path}, []string{"rsp/*"}, []conformance.ID{"sig/empty-header"}, "a file and a pattern"},
		{[]string{"**header"}, []string{"http/*", "sig/duplicate-header"}, []conformance.ID{"sig/missing-header", "sig/empty-header"}, "across groups"},
	} {
		assert.DeepEqual(t, picked(t, selection{only: c.only, skip: c.skip}), c.want)
	}
}
