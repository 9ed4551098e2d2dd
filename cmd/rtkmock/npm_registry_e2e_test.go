//go:build e2e && linux

package main_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// nodeAlone is an empty folder of somebody who has Node, npm and a shell, and whose
// registry is one of this test.
type nodeAlone struct {
	t    *testing.T
	dir  string
	env  []string
	left leftovers

	registry string // its URL
	mu       sync.Mutex
	requests []string                  // what the registry was asked for
	packages map[string]map[string]any // that it has: their documents by name
	tarballs map[string][]byte
}

func newNodeAlone(t *testing.T) *nodeAlone {
	t.Helper()
	n := &nodeAlone{t: t, dir: t.TempDir(), left: newLeftovers(t), packages: map[string]map[string]any{}, tarballs: map[string][]byte{}}
	registry := httptest.NewServer(n)
	t.Cleanup(registry.Close)
	n.registry = registry.URL
	bin := t.TempDir()
	for _, program := range []string{"node", "npm", "npx", "sh", "sleep", "cat"} {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Skip(err)
		}
		assert.NilError(t, os.Symlink(path, filepath.Join(bin, program)))
	}
	home := t.TempDir()
	n.env = []string{"PATH=" + bin, "HOME=" + home, n.left.mark, "TMPDIR=" + n.left.temp,
		"npm_config_registry=" + registry.URL, "npm_config_cache=" + filepath.Join(home, "cache"), "npm_config_update_notifier=false"}
	_, err := n.command("sh", "-c", "command -v go").Output()
	assert.Assert(t, err != nil, "Go is in the PATH")
	return n
}

func (n *nodeAlone) command(name string, args ...string) *exec.Cmd {
	if !filepath.IsAbs(name) {
		name = filepath.Join(strings.TrimPrefix(n.env[0], "PATH="), name)
	}
	ctx, cancel := context.WithTimeout(n.t.Context(), 3*time.Minute)
	n.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = n.dir, n.env, 10*time.Second
	return cmd
}

// run runs a program that has to exit with code, and returns what it printed.
func (n *nodeAlone) run(code int, name string, args ...string) string {
	n.t.Helper()
	out, err := n.command(name, args...).CombinedOutput()
	assert.Equal(n.t, exitCode(err), code, "%s %s: %v\n%s", name, args, err, out)
	return string(out)
}

func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// copy copies files into the folder.
func (n *nodeAlone) copy(names ...string) {
	n.t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(name)
		assert.NilError(n.t, err)
		assert.NilError(n.t, os.WriteFile(filepath.Join(n.dir, filepath.Base(name)), text, 0o600))
	}
}

var example = regexp.MustCompile("(?s)```[jt]s\n// (\\S+)\n(.*?)```")

// examples writes the examples of the README into the folder, for an app that listens
// at port.
func (n *nodeAlone) examples(port string) {
	n.t.Helper()
	readme, err := os.ReadFile("npm/README.md")
	assert.NilError(n.t, err)
	found := example.FindAllSubmatch(readme, -1)
	assert.Equal(n.t, len(found), 3)
	for _, f := range found {
		text := strings.ReplaceAll(string(f[2]), "3000", port)
		assert.NilError(n.t, os.WriteFile(filepath.Join(n.dir, string(f[1])), []byte(text), 0o600))
	}
}

// pack makes packages, and returns the path of the last one.
func (n *nodeAlone) pack(flags ...string) string {
	n.t.Helper()
	paths := n.packs(flags...)
	return paths[len(paths)-1]
}

func (n *nodeAlone) packs(flags ...string) (paths []string) {
	n.t.Helper()
	out := n.t.TempDir()
	cmd := exec.CommandContext(n.t.Context(), "go", append([]string{"run", "./cmd/rtkmock/npm", "--out", out}, flags...)...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "npm_config_registry="+n.registry, "npm_config_cache="+n.t.TempDir(), "npm_config_update_notifier=false")
	text, err := cmd.CombinedOutput()
	assert.NilError(n.t, err, "%s", text)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, out) {
			paths = append(paths, strings.TrimSpace(line))
		}
	}
	return paths
}

// release writes the archives of a release, with a stand-in in place of rtkmock, and
// returns their folder.
func (n *nodeAlone) release(version string) string {
	n.t.Helper()
	dir := n.t.TempDir()
	program := strings.ReplaceAll(standIn, "0.9.0", version)
	var sums strings.Builder
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			name, content := fmt.Sprintf("rtkmock_%s_%s_%s.tar.gz", version, goos, arch), tarred("rtkmock", program)
			if goos == "windows" {
				name, content = strings.Replace(name, ".tar.gz", ".zip", 1), zipped("rtkmock.exe", program)
			}
			assert.NilError(n.t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
		}
	}
	assert.NilError(n.t, os.WriteFile(filepath.Join(dir, "checksums.txt"), []byte(sums.String()), 0o600))
	return dir
}

func tarred(name, content string) []byte {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: int64(len(content))}) // into memory
	_, _ = w.Write([]byte(content))
	_, _ = w.Close(), zip.Close()
	return b.Bytes()
}

func zipped(name, content string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.Create(name) // into memory
	_, _ = f.Write([]byte(content))
	_ = w.Close()
	return b.Bytes()
}

// publish gives the registry packages.
func (n *nodeAlone) publish(paths []string) {
	n.t.Helper()
	for _, path := range paths {
		data, err := os.ReadFile(path)
		assert.NilError(n.t, err)
		var about map[string]any
		assert.NilError(n.t, json.Unmarshal(manifestOf(n.t, data), &about))
		name, version := about["name"].(string), about["version"].(string)
		sum := sha512.Sum512(data)
		about["dist"] = map[string]any{
			"tarball": n.registry + "/files/" + filepath.Base(path), "integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
		}
		n.packages[name] = map[string]any{
			"name": name, "dist-tags": map[string]any{"latest": version}, "versions": map[string]any{version: about},
		}
		n.tarballs["/files/"+filepath.Base(path)] = data
	}
}

// manifestOf returns the package.json of a package.
func manifestOf(t *testing.T, data []byte) []byte {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	assert.NilError(t, err)
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		assert.NilError(t, err)
		if h.Name == "package/package.json" {
			text, err := io.ReadAll(r)
			assert.NilError(t, err)
			return text
		}
	}
}

// ServeHTTP is the registry.
func (n *nodeAlone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if data, ok := n.tarballs[r.URL.Path]; ok {
		_, _ = w.Write(data)
		return
	}
	// npm asks whether anything known is wrong with what is installed.
	if r.URL.Path == "/-/npm/v1/security/advisories/bulk" {
		_, _ = io.WriteString(w, "{}")
		return
	}
	n.requests = append(n.requests, r.Method+" "+r.URL.Path)
	if about, ok := n.packages[strings.TrimPrefix(r.URL.Path, "/")]; ok {
		_ = json.NewEncoder(w).Encode(about)
		return
	}
	http.NotFound(w, r)
}

// asked returns what the registry was asked for.
func (n *nodeAlone) asked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.requests
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// awaitListening waits until something listens at a port of this machine.
func awaitListening(t *testing.T, port string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; <-time.After(20 * time.Millisecond) {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
			return
		}
		assert.Assert(t, time.Now().Before(end), err)
	}
}

// ownPlatform is this machine in the words of Node.
func ownPlatform() string {
	return "linux-" + map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
}
