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
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// BenchmarkStart measures the time from the start of the process to the first
// served key, against a main that links the same packages and does nothing, and
// against one that links next to nothing. The three take turns, so that a busy
// machine slows them alike; the ratios are of medians.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	build := func(name, pkg string) string {
		path := filepath.Join(dir, name)
		out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput()
		assert.NilError(b, err, "%s", out)
		return path
	}
	hello := filepath.Join(dir, "hello.go")
	assert.NilError(b, os.WriteFile(hello, []byte("package main\n\nfunc main() { println(\"hello\") }\n"), 0o600))
	binaries := []string{build("rtkmock", "."), build("empty", "./internal/emptymain"), build("hello", hello)}

	key, err := rtk.GenerateKey()
	assert.NilError(b, err)
	pem, err := rtk.PrivatePEM(key)
	assert.NilError(b, err)
	keyFile := filepath.Join(dir, "key.pem")
	assert.NilError(b, os.WriteFile(keyFile, pem, 0o600))

	took := make([][]time.Duration, len(binaries))
	for b.Loop() {
		took[0] = append(took[0], untilServed(b, binaries[0], keyFile))
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
func untilServed(b *testing.B, path, keyFile string) time.Duration {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(b, err)
	addr := l.Addr().String()
	assert.NilError(b, l.Close())
	cmd := exec.Command(path, "serve", "--listen", addr, "--key", keyFile)
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
