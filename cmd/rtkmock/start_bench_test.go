package main_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// BenchmarkStart measures the time from the start of the process to the first
// served key.
func BenchmarkStart(b *testing.B) {
	key, err := rtk.GenerateKey()
	assert.NilError(b, err)
	pem, err := rtk.PrivatePEM(key)
	assert.NilError(b, err)
	keyFile := filepath.Join(b.TempDir(), "key.pem")
	assert.NilError(b, os.WriteFile(keyFile, pem, 0o600))
	benchmarkStart(b, "--key", keyFile)
}

// stored is how many deliveries BenchmarkStartWithState finds in its state.
const stored = 10_000

// BenchmarkStartWithState does the same where key, webhooks and as many
// deliveries as are kept by default come from a state folder.
func BenchmarkStartWithState(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "state")
	disk, err := store.OpenDisk(dir, 0, 0)
	assert.NilError(b, err)
	key, err := rtk.GenerateKey()
	assert.NilError(b, err)
	pem, err := rtk.PrivatePEM(key)
	assert.NilError(b, err)
	assert.NilError(b, disk.PutKey(pem))
	body := []byte(`{"event":"meeting.started","padding":"` + strings.Repeat("x", 500) + `"}`)
	all := make([]store.Delivery, stored)
	for i := range all {
		all[i] = store.Delivery{Info: store.Info{ID: uint64(i + 1), State: store.Delivered, EndedAt: time.Now()}, Body: body}
	}
	assert.NilError(b, disk.Accept(all, nil)())
	assert.NilError(b, disk.Close())
	benchmarkStart(b, "--state", dir)
}

// BenchmarkFirstRun is the README's first command, from the start of the process
// to its end: the whole suite against the built-in receiver.
func BenchmarkFirstRun(b *testing.B) {
	rtkmock := buildStatic(b, b.TempDir(), "rtkmock", ".")
	for b.Loop() {
		out, err := exec.Command(rtkmock, "test", "--progress", "none").CombinedOutput()
		assert.NilError(b, err, "%s", out)
	}
}

// benchmarkStart compares a start with a main that links the same packages and
// does nothing, and with one that links next to nothing. The three take turns,
// so that a busy machine slows them alike; the ratios are of medians.
func benchmarkStart(b *testing.B, flags ...string) {
	dir := b.TempDir()
	build := func(name, pkg string) string { return buildStatic(b, dir, name, pkg) }
	hello := filepath.Join(dir, "hello.go")
	assert.NilError(b, os.WriteFile(hello, []byte("package main\n\nfunc main() { println(\"hello\") }\n"), 0o600))
	binaries := []string{build("rtkmock", "."), build("empty", "./internal/emptymain"), build("hello", hello)}

	took := make([][]time.Duration, len(binaries))
	for b.Loop() {
		took[0] = append(took[0], untilServed(b, binaries[0], flags))
		for i, path := range binaries[1:] {
			began := time.Now()
			assert.NilError(b, exec.Command(path).Run())
			took[i+1] = append(took[i+1], time.Since(began))
		}
	}
	median := func(d []time.Duration) float64 {
		slices.Sort(d)
		return d[len(d)/2].Seconds() * 1000
	}
	served, empty, nothing := median(took[0]), median(took[1]), median(took[2])
	b.ReportMetric(served, "ms-to-key")
	b.ReportMetric(served/empty, "of-empty-main")
	b.ReportMetric(served/nothing, "of-hello-world")
}

// pollEvery is how often the port is tried. Trying all the time would take the
// processor away from what is measured.
const pollEvery = 100 * time.Microsecond

// untilServed starts the server on a free port and returns how long it took to
// get the key.
func untilServed(b *testing.B, path string, flags []string) time.Duration {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(b, err)
	addr := l.Addr().String()
	assert.NilError(b, l.Close())
	cmd := exec.Command(path, append([]string{"serve", "--listen", addr}, flags...)...)
	began := time.Now()
	assert.NilError(b, cmd.Start())
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	for deadline := began.Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(pollEvery) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			continue
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", rtk.KeyDocumentPath, addr)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		assert.NilError(b, err)
		assert.Equal(b, resp.StatusCode, http.StatusOK)
		return time.Since(began)
	}
	b.Fatal("the key was not served within 10 s")
	return 0
}

// buildStatic builds pkg as releases and the image are built, and returns the
// path of the binary, name in dir.
func buildStatic(b testing.TB, dir, name, pkg string) string {
	path := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-o", path, pkg)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	assert.NilError(b, err, "%s", out)
	return path
}

// BenchmarkInterception is what a run takes longer with interception than without,
// from the start of the process to its end: the median of runs that take turns.
func BenchmarkInterception(b *testing.B) {
	rtkmock := buildStatic(b, b.TempDir(), "rtkmock", ".")
	modes := []string{"never", "always"}
	took := make([][]time.Duration, len(modes))
	for b.Loop() {
		for i, mode := range modes {
			began := time.Now()
			out, err := exec.Command(rtkmock, "serve", "--intercept", mode, "--", "true").CombinedOutput()
			assert.NilError(b, err, "%s", out)
			took[i] = append(took[i], time.Since(began))
		}
	}
	for i := range took {
		slices.Sort(took[i])
	}
	never, always := took[0][len(took[0])/2], took[1][len(took[1])/2]
	b.ReportMetric(never.Seconds()*1000, "ms-without")
	b.ReportMetric((always-never).Seconds()*1000, "ms-more")
}
