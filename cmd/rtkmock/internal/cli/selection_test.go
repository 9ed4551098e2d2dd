package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
)

// picked returns the ids, gates left out, that a selection leaves.
func picked(t *testing.T, s selection) []conformance.ID {
	t.Helper()
	s.minLevel = "may"
	list, err := (&app{}).pick(checks.All(), s)
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
	assert.NilError(t, os.WriteFile(path, []byte("\ufeff# to be mended\r\nsig/empty-header # soon\r\n\r\nrsp/latency\r\n"), 0o600))
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

func TestProductionProfileSelectsWhatSendsForgeriesAlone(t *testing.T) {
	call(t, "test", "--profile", "production").exits(t, ExitUsage)
	call(t, "test", "--profile", "prod", "http://127.0.0.1:1/").exits(t, ExitUsage)

	_, told := startServer(t, "receive", "--key", keyFile(t), "--flaw", "real-service")
	r := call(t, "test", told.URL, "--profile", "production", "--output", "json")
	r.exits(t, ExitOK)
	var rep struct{ Checks []struct{ ID, Status string } }
	assert.NilError(t, json.Unmarshal([]byte(r.out), &rep))
	judged := map[string]string{}
	for _, c := range rep.Checks {
		judged[c.ID] = c.Status
	}
	assert.Equal(t, judged["key/test-key-refused"], "pass")
	assert.Equal(t, judged["sig/missing-header"], "pass")
	for _, id := range []string{"ctl/valid-accepted", "key/rotation", "evt/lifecycle"} {
		assert.Equal(t, judged[id], "", "%s needs a genuine delivery", id)
	}

	key := keyFile(t)
	_, told = startServer(t, "receive", "--key", key)
	call(t, "test", told.URL, "--profile", "production", "--key", key).exits(t, ExitNonconformant)
}
