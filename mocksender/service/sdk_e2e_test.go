//go:build e2e

package service_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
)

// bases starts the two servers that the programs of testdata work with, and
// returns their base URLs.
func bases(t *testing.T) []string {
	t.Helper()
	lax := newStand(t, nil)
	strict := newStand(t, func(o *service.Options) { o.Token, o.ConflictOnURL, o.NoneIs404 = "right", true, true })
	return []string{lax.url + "/client/v4", strict.url + "/client/v4"}
}

// kitBases starts a server for meetings, and returns the base URLs of its REST API
// and of its control API.
func kitBases(t *testing.T) []string {
	t.Helper()
	s := newStand(t, func(o *service.Options) { o.Processing = -1 })
	return []string{s.url + "/client/v4", s.url + "/_rtkmock"}
}

func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skip(tool + " is not installed")
	}
}

// command runs a command in dir and returns what it printed.
func command(t *testing.T, dir string, env []string, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The module has a go.mod of its own, so that nobody who uses rtkmock gets the
// SDK, which is large.
func TestE2ETheOfficialGoSDKFindsTheServiceItKnows(t *testing.T) {
	env := []string{"GOFLAGS=-mod=readonly", "GOWORK=off"}
	dir := filepath.Join("testdata", "sdk-go")
	if out, err := command(t, dir, env, "go", "mod", "download"); err != nil {
		t.Skip("the SDK could not be downloaded: " + out)
	}
	program := filepath.Join(t.TempDir(), "sdk-go")
	out, err := command(t, dir, env, "go", "build", "-o", program, ".")
	assert.NilError(t, err, out)
	out, err = command(t, "", nil, program, append(bases(t), kitBases(t)...)...)
	assert.NilError(t, err, out)
	assert.Equal(t, out, "ok\n")
}

func TestE2ETheOfficialNodeSDKFindsTheServiceItKnows(t *testing.T) {
	need(t, "node")
	need(t, "npm")
	dir := t.TempDir()
	assert.NilError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "sdk-npm"))))
	if out, err := command(t, dir, nil, "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"); err != nil {
		t.Skip("the SDK could not be installed: " + out)
	}
	out, err := command(t, dir, nil, "node", append([]string{"run.mjs"}, bases(t)...)...)
	assert.NilError(t, err, out)
	assert.Equal(t, out, "ok\n")
	out, err = command(t, dir, nil, "node", append([]string{"kit.mjs"}, kitBases(t)...)...)
	assert.NilError(t, err, out)
	assert.Equal(t, out, "ok\n")
}

// guideRegister, guideEvents and guideKey are the guide's own command lines.
const (
	guideRegister = `curl --request POST "https://api.cloudflare.com/client/v4/accounts/$ACCOUNT_ID/realtime/kit/$APP_ID/webhooks" \
--header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" \
--header "Content-Type: application/json" \
--data '{
"name": "Production webhook",
"url": "https://example.com/webhook",
"events": [
"meeting.started",
"meeting.ended",
"meeting.participantJoined",
"meeting.participantLeft",
"recording.statusUpdate"
],
"enabled": true
}'`
	guideEvents = `curl "https://api.cloudflare.com/client/v4/accounts/$ACCOUNT_ID/realtime/kit/$APP_ID/webhooks/all" \
--header "Authorization: Bearer $CLOUDFLARE_API_TOKEN"`
	guideKey = `curl "https://api.realtime.cloudflare.com/.well-known/webhooks.json"`
)

func TestE2ETheGuidesOwnCommandsWorkWithTheHostReplaced(t *testing.T) {
	need(t, "curl")
	need(t, "sh")
	s := newStand(t, nil)
	run := func(line string, v any) {
		t.Helper()
		for _, host := range []string{"https://api.cloudflare.com", "https://api.realtime.cloudflare.com"} {
			line = strings.ReplaceAll(line, host, s.url)
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line+" --silent --show-error --fail-with-body")
		cmd.Env = append(os.Environ(), "ACCOUNT_ID=acc", "APP_ID=app", "CLOUDFLARE_API_TOKEN=token", "NO_PROXY=127.0.0.1")
		out, err := cmd.Output()
		assert.NilError(t, err, "%s", out)
		assert.NilError(t, json.Unmarshal(out, v))
	}
	var created hookAnswer
	run(guideRegister, &created)
	assert.Assert(t, created.Success)
	assert.Equal(t, created.Data.Name, "Production webhook")
	assert.Equal(t, len(created.Data.Events), 5)
	var list struct{ Data []rtk.EventType }
	run(guideEvents, &list)
	assert.DeepEqual(t, list.Data, rtk.EventTypes())
	var document struct{ Data struct{ PublicKey string } }
	run(guideKey, &document)
	_, err := rtk.ParsePublicKey([]byte(document.Data.PublicKey))
	assert.NilError(t, err)
}
