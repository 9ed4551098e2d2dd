//go:build e2e && linux

package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// goreleaser is run at a fixed version, outside of this module, unless the variable
// RTKMOCK_GORELEASER names a program.
const goreleaser = "github.com/goreleaser/goreleaser/v2@v2.15.1"

// TestE2EReleaseIsWhatItSays makes all files of a release, as far as this machine has
// what makes them, and tries those that it can.
func TestE2EReleaseIsWhatItSays(t *testing.T) {
	if os.Getenv("RTKMOCK_E2E_RELEASE") != "1" {
		t.Skip("it takes minutes: RTKMOCK_E2E_RELEASE=1 runs it")
	}
	clone := filepath.Join(t.TempDir(), "clone")
	command(t, "../..", "git", "clone", "--quiet", ".", clone) // what is committed, since the version comes from that
	program := []string{"go", "run", goreleaser}
	if path := os.Getenv("RTKMOCK_GORELEASER"); path != "" {
		program = []string{path}
	}
	release := func(args ...string) string {
		args = append(program[1:len(program):len(program)], args...)
		return command(t, clone, program[0], args...)
	}
	release("check")
	skip := "--skip=publish"
	if exec.Command("docker", "buildx", "inspect").Run() != nil {
		t.Log("skipped: the container image: docker has no engine here")
		skip += ",docker"
	}
	release("release", "--snapshot", "--clean", skip)
	dist := filepath.Join(clone, "dist")
	var about struct{ Version string }
	readJSON(t, filepath.Join(dist, "metadata.json"), &about)

	d := &distribution{dir: dist, version: about.Version}
	t.Run("archives", d.archives)
	t.Run("checksums", d.checksums)
	t.Run("deb", d.deb)
	t.Run("bills of materials", d.bills)
	t.Run("manifests", d.manifests)
	t.Run("npm", d.npm)
}

func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	assert.NilError(t, err, "%s %q:\n%s", name, args, out)
	return string(out)
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.NilError(t, json.Unmarshal(text, into))
}

// distribution is the folder of a release.
type distribution struct{ dir, version string }

// platforms are what there is an archive for.
func platforms() []string {
	return []string{"linux_amd64", "linux_arm64", "linux_386", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64", "windows_386"}
}

func (d *distribution) archive(platform string) string {
	form := ".tar.gz"
	if strings.HasPrefix(platform, "windows") {
		form = ".zip"
	}
	return filepath.Join(d.dir, "rtkmock_"+d.version+"_"+platform+form)
}

func (d *distribution) archives(t *testing.T) {
	for _, platform := range platforms() {
		into := t.TempDir()
		if path := d.archive(platform); strings.HasSuffix(path, ".zip") {
			command(t, into, "python3", "-m", "zipfile", "-e", path, ".")
		} else {
			command(t, into, "tar", "-xzf", path)
		}
		program := filepath.Join(into, "rtkmock")
		if strings.HasPrefix(platform, "windows") {
			program += ".exe"
		}
		info, err := os.Stat(program)
		assert.NilError(t, err)
		assert.Check(t, info.Size() < maxProgram, "%s: the binary has %d bytes", platform, info.Size())
		for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "man/rtkmock-test.1.gz", "completions/rtkmock.zsh", "completions/rtkmock.ps1"} {
			_, err := os.Stat(filepath.Join(into, name))
			assert.NilError(t, err)
		}
		if platform == "linux_"+runtime.GOARCH || platform == "linux_386" && runtime.GOARCH == "amd64" {
			tryProgram(t, program)
			tryPages(t, filepath.Join(into, "man"))
			tryCompletion(t, program, filepath.Join(into, "completions", "rtkmock.bash"))
		}
	}
}

func tryProgram(t *testing.T, program string) {
	t.Helper()
	assert.Assert(t, is.Contains(command(t, ".", program, "version"), "rtkmock v"))
	assert.Assert(t, is.Contains(command(t, ".", program, "test", "--color", "never", "--only", "ctl/*,sig/*"), "conformant"))
}

func tryPages(t *testing.T, dir string) {
	t.Helper()
	if _, err := exec.LookPath("man"); err != nil {
		t.Log("skipped: the pages: man is not installed")
		return
	}
	assert.Assert(t, is.Contains(command(t, dir, "man", "--local-file", "./rtkmock-test.1.gz"), "rtkmock-test"))
}

// tryCompletion has bash complete a verb.
func tryCompletion(t *testing.T, program, script string) {
	t.Helper()
	lines := `_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${COMP_WORDS[COMP_CWORD]}; prev=; }
__ltrim_colon_completions() { :; }
source "$1"; PATH=$2:$PATH COMP_WORDS=(rtkmock doc) COMP_CWORD=1 COMP_LINE="rtkmock doc" COMP_POINT=11 COMP_TYPE=9
__start_rtkmock; printf '%s\n' "${COMPREPLY[@]}"`
	out := command(t, ".", "bash", "-c", lines, "bash", script, filepath.Dir(program))
	assert.Assert(t, is.Contains(out, "doctor"))
}

func (d *distribution) checksums(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(d.dir, "checksums.txt"))
	assert.NilError(t, err)
	for _, platform := range platforms() {
		path := d.archive(platform)
		archive, err := os.ReadFile(path)
		assert.NilError(t, err)
		assert.Assert(t, is.Contains(string(text), fmt.Sprintf("%x  %s\n", sha256.Sum256(archive), filepath.Base(path))))
	}
}

// only returns the one file of a pattern.
func (d *distribution) only(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(d.dir, pattern))
	assert.NilError(t, err)
	assert.Equal(t, len(found), 1, "%s: %v", pattern, found)
	return found[0]
}

func (d *distribution) deb(t *testing.T) {
	for _, form := range []string{"rpm", "apk"} {
		for _, arch := range []string{"x86_64", "aarch64"} {
			d.only(t, "*"+arch+"."+form)
		}
	}
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("dpkg-deb is not installed")
	}
	root, path := t.TempDir(), d.only(t, "*_"+runtime.GOARCH+".deb")
	command(t, root, "dpkg-deb", "--extract", path, ".")
	tryProgram(t, filepath.Join(root, "usr/bin/rtkmock"))
	tryPages(t, filepath.Join(root, "usr/share/man/man1"))
	for _, name := range []string{"bash-completion/completions/rtkmock", "zsh/vendor-completions/_rtkmock", "fish/vendor_completions.d/rtkmock.fish", "doc/rtkmock/copyright"} {
		_, err := os.Stat(filepath.Join(root, "usr/share", name))
		assert.NilError(t, err)
	}
}

func (d *distribution) bills(t *testing.T) {
	for _, platform := range platforms() {
		var bill struct {
			BOMFormat  string `json:"bomFormat"`
			Components []struct{ Name string }
		}
		readJSON(t, filepath.Join(d.dir, "rtkmock_"+d.version+"_"+platform+".cdx.json"), &bill)
		assert.Equal(t, bill.BOMFormat, "CycloneDX")
		found := false
		for _, c := range bill.Components {
			found = found || c.Name == "go.etcd.io/bbolt"
		}
		assert.Assert(t, found, "%v", bill.Components)
	}
}

func (d *distribution) manifests(t *testing.T) {
	var scoop struct {
		Architecture map[string]struct{ URL, Hash string }
	}
	readJSON(t, d.only(t, "scoop/*.json"), &scoop)
	assert.Equal(t, len(scoop.Architecture), 3)
	cask, err := os.ReadFile(d.only(t, "homebrew/Casks/rtkmock.rb"))
	assert.NilError(t, err)
	for _, want := range []string{`binary "rtkmock"`, `manpage "man/rtkmock.1.gz"`, `bash_completion "completions/rtkmock.bash"`} {
		assert.Assert(t, is.Contains(string(cask), want))
	}
	found, err := filepath.Glob(filepath.Join(d.dir, "winget/manifests/*/*/*/*/*.yaml"))
	assert.NilError(t, err)
	assert.Assert(t, len(found) >= 3, "%v", found)
	for _, path := range found {
		text, err := os.ReadFile(path)
		assert.NilError(t, err)
		assert.NilError(t, yaml.NewDecoder(bytes.NewReader(text)).Decode(new(map[string]any)))
	}
}
