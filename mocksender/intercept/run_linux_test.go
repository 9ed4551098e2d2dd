package intercept

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// buildRunner builds the program that runs a command with interception.
func buildRunner(tb testing.TB) string {
	tb.Helper()
	return build(tb, "./testdata/runner")
}

// build builds a static program, as rtkmock is.
func build(tb testing.TB, pkg string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), filepath.Base(pkg))
	cmd := exec.CommandContext(tb.Context(), "go", "build", "-o", file, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	assert.NilError(tb, err, "%s", out)
	return file
}

// hostsWay returns why this machine cannot have the way WayHosts, or nil.
func hostsWay(ctx context.Context, runner string) error {
	out, err := exec.CommandContext(ctx, runner, "-way", "check").CombinedOutput()
	if err != nil {
		return &exec.Error{Name: string(bytes.TrimSpace(out)), Err: err}
	}
	return nil
}

// BenchmarkRun is what interception adds to a run of a command, from the start
// of the program to its end. The ways take turns, so that a busy machine slows
// them alike.
func BenchmarkRun(b *testing.B) {
	runner := buildRunner(b)
	ways := []string{"none", string(WayEnvironment), string(WayHosts)}
	if err := hostsWay(b.Context(), runner); err != nil {
		b.Log(err)
		ways = ways[:2]
	}
	took := make([][]time.Duration, len(ways))
	for b.Loop() {
		for i, way := range ways {
			began := time.Now()
			out, err := exec.CommandContext(b.Context(), runner, "-way", way, "--", "true").CombinedOutput()
			assert.NilError(b, err, "%s", out)
			took[i] = append(took[i], time.Since(began))
		}
	}
	median := func(d []time.Duration) float64 {
		slices.Sort(d)
		return d[len(d)/2].Seconds() * 1000
	}
	none := median(took[0])
	b.ReportMetric(none, "ms-without")
	for i, way := range ways[1:] {
		b.ReportMetric(median(took[i+1])-none, "ms-more-with-"+way)
	}
}

func TestTheHostsWayKeepsItsFilesInMemory(t *testing.T) {
	runner := buildRunner(t)
	if err := hostsWay(t.Context(), runner); err != nil {
		t.Skip(err)
	}
	system := existing(systemBundles())
	if len(system) == 0 {
		t.Skip("this system has no certificates")
	}
	temp := t.TempDir()
	hosts, err := os.ReadFile(hostsPath)
	assert.NilError(t, err)
	// The command looks at the files itself; this test looks at the disk meanwhile.
	cmd := exec.CommandContext(t.Context(), runner, "-way", string(WayHosts), "--", "sh", "-c",
		`set -e; grep -q api.dyte.io /etc/hosts; [ -s "$SSL_CERT_FILE" ]; ! grep -r "PRIVATE KEY" "$(dirname "$SSL_CERT_FILE")"; cmp "$SSL_CERT_FILE" "$0"; echo ready; sleep 60`,
		system[0])
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	out, err := cmd.StdoutPipe()
	assert.NilError(t, err)
	cmd.Stderr = t.Output()
	assert.NilError(t, cmd.Start())
	ready := make([]byte, 6)
	_, err = out.Read(ready)
	assert.NilError(t, err)
	assert.Equal(t, string(ready), "ready\n")
	entries, err := os.ReadDir(temp)
	assert.NilError(t, err)
	assert.Equal(t, len(entries), 1)
	inside, err := os.ReadDir(filepath.Join(temp, entries[0].Name()))
	assert.NilError(t, err)
	assert.Equal(t, len(inside), 0)
	now, err := os.ReadFile(hostsPath)
	assert.NilError(t, err)
	assert.Equal(t, string(now), string(hosts))
	assert.NilError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	entries, err = os.ReadDir(temp)
	assert.NilError(t, err)
	assert.Equal(t, len(entries), 0)
}

func TestThePlanOfTheHostsWayHasNoKey(t *testing.T) {
	i := &Interception{front: &front{authority: testAuthority(t)}, settings: Settings{Way: WayHosts, Hosts: Hosts()}, dir: "/x", address: "127.82.1.2"}
	certs, _ := trusted(nil)
	var err error
	i.files, err = certs.trustFiles(i.front.authority)
	assert.NilError(t, err)
	plan := i.Plan([]string{"true"})
	over := map[string]bool{}
	for _, b := range plan.Private.Binds {
		over[b.Over] = true
	}
	assert.Assert(t, over[hostsPath])
	for _, path := range existing(systemBundles()) {
		assert.Assert(t, over[path], path)
	}
	for _, f := range plan.Private.Files {
		for _, form := range keyForms(t, i.front.authority.key) {
			assert.Assert(t, !bytes.Contains(f.Content, form), f.Path)
		}
	}
	assert.DeepEqual(t, i.Plan([]string{"true"}).Args, []string{"true"})
	assert.Equal(t, len(i.Cleaner().Remove), 0)
}
