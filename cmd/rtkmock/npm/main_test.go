package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// platforms are those that there are packages for, in the order of their archives.
var platforms = []string{"darwin-x64", "darwin-arm64", "linux-x64", "linux-arm64", "win32-x64", "win32-arm64"}

func TestWhatIsInstalledFromAFileNeedsNoRegistry(t *testing.T) {
	made := makePackages(t, "--archives", release(t, "0.9.0", "v0.9.0"))
	assert.Equal(t, len(made), len(platforms)+1)
	for _, platform := range platforms {
		p := made["rtkmock-0.9.0-"+platform+".tgz"]
		system, cpu, _ := strings.Cut(platform, "-")
		assert.DeepEqual(t, []any{p.manifest["name"], p.manifest["version"], p.manifest["os"], p.manifest["cpu"]},
			[]any{"rtkmock", "0.9.0", []any{system}, []any{cpu}})
		assert.DeepEqual(t, p.programs(), []string{"package/binaries/" + platform + "/" + fileOf(platform)})
	}
	all := made["rtkmock-0.9.0.tgz"]
	assert.Equal(t, len(all.programs()), len(platforms))
	assert.Assert(t, all.manifest["os"] == nil && all.manifest["cpu"] == nil, "it is for all platforms")
	for name, p := range made {
		for _, member := range []string{"dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies", "scripts"} {
			_, ok := p.manifest[member]
			assert.Assert(t, !ok, "%s has %s: npm would ask a registry, or run something", name, member)
		}
		p.hasAllItNames(t, name)
	}
}

func TestARegistryGetsAPackageAPlatform(t *testing.T) {
	made := makePackages(t, "--archives", release(t, "0.9.0", "v0.9.0"), "--registry")
	assert.Equal(t, len(made), len(platforms)+1)
	needed := map[string]any{}
	for _, platform := range platforms {
		needed["@rtkmock/"+platform] = "0.9.0"
		p := made["rtkmock-"+platform+"-0.9.0.tgz"]
		assert.Equal(t, p.manifest["name"], "@rtkmock/"+platform)
		assert.Equal(t, p.manifest["license"], "Apache-2.0")
		assert.DeepEqual(t, p.programs(), []string{"package/bin/" + fileOf(platform)})
		assert.Assert(t, p.files["package/LICENSE"] != nil)
	}
	main := made["rtkmock-0.9.0.tgz"]
	assert.DeepEqual(t, main.manifest["optionalDependencies"], needed)
	assert.DeepEqual(t, main.programs(), []string(nil))
	main.hasAllItNames(t, "rtkmock")
}

func TestTheSameArchivesGiveTheSameBytes(t *testing.T) {
	dir := release(t, "0.9.0", "v0.9.0")
	first, second := makePackages(t, "--archives", dir), makePackages(t, "--archives", dir)
	for name := range first {
		assert.Assert(t, bytes.Equal(first[name].data, second[name].data), name)
		for _, h := range first[name].files {
			assert.Equal(t, h.ModTime.Unix(), packed.Unix(), "no file has the time of this run")
		}
	}
}

func TestThePackageHasTheVersionOfItsProgram(t *testing.T) {
	for _, c := range []struct{ says, want, reason string }{
		{"v1.2.3", "1.2.3", "a release"},
		{"v1.2.3-rc.1", "1.2.3-rc.1", "a release to be tried"},
		{"devel", "0.9.0", "a program without a version has that of package.json"},
		{"v0.0.0-20261130034412-0123456789ab", "0.9.0", "a program of a commit"},
		{"v1.2.4-0.20261130034412-0123456789ab+dirty", "0.9.0", "a program of a commit after a release"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "rtkmock")
			assert.NilError(t, os.WriteFile(program, standIn(t, c.says), 0o700))
			made := makePackages(t, "--binary", program)
			own, err := newProgram(runtime.GOOS, runtime.GOARCH, nil)
			assert.NilError(t, err)
			assert.Equal(t, made["rtkmock-"+c.want+"-"+own.platform()+".tgz"].manifest["version"], c.want)
		})
	}
}

func TestAProgramOfAnotherVersionThanItsArchiveIsRefused(t *testing.T) {
	for _, c := range []struct{ archive, says, want, reason string }{
		{"0.9.0", "v0.9.0", "", "they agree"},
		{"0.9.0", "v0.9.1", "is of version 0.9.0, and the program in it says 0.9.1", "another release"},
		{"0.9.0", "devel", "is of version 0.9.0, and the program in it says devel", "a release has its version"},
		{"0.9.0-rc.1", "v0.9.0-rc.1", "", "a release to be tried"},
		{"0.9.1-SNAPSHOT-0123456", "v0.9.0-20261130034412-0123456789ab", "", "nothing that is released has none"},
		{"0.9.1-SNAPSHOT-0123456", "v0.9.1", "says 0.9.1", "but one that has another is wrong"},
		{"nightly", "v0.9.0", `found the version "nightly", want one such as 0.9.0`, "npm takes no such version"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			refused(t, c.want, "--archives", release(t, c.archive, c.says))
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	change := func(change func(dir string)) string {
		dir := release(t, "0.9.0", "v0.9.0")
		change(dir)
		return dir
	}
	linux := "rtkmock_0.9.0_linux_amd64.tar.gz"
	tampered := change(func(dir string) { write(t, filepath.Join(dir, linux), []byte("x")) })
	unlisted := change(func(dir string) { write(t, filepath.Join(dir, "checksums.txt"), nil) })
	other := change(func(dir string) {
		assert.NilError(t, os.Rename(filepath.Join(dir, linux), filepath.Join(dir, "rtkmock_0.8.0_linux_amd64.tar.gz")))
		sum(t, dir)
	})
	empty := change(func(dir string) {
		write(t, filepath.Join(dir, linux), tarred("README.md", nil))
		sum(t, dir)
	})
	none := t.TempDir()
	sum(t, none)
	notes := filepath.Join(t.TempDir(), "notes")
	write(t, notes, []byte("hello"))
	for want, args := range map[string][]string{
		"want either --binary FILE or --archives DIR":                         {},
		`found "x", want flags alone`:                                         {"--archives", none, "x"},
		"want --registry with it":                                             {"--archives", none, "--publish"},
		"unknown flag: --archive":                                             {"--archive", none},
		"checksums.txt":                                                       {"--archives", t.TempDir()},
		"found no archive such as rtkmock_0.9.0_linux_amd64.tar.gz":           {"--archives", none},
		linux + ": it is not the archive that checksums.txt is about":         {"--archives", tampered},
		"it is not the archive that checksums.txt is about":                   {"--archives", unlisted},
		"found archives of 2 versions, want one":                              {"--archives", other},
		linux + ": no rtkmock in it":                                          {"--archives", empty},
		"--binary: " + notes + ": it is no rtkmock of this platform":          {"--binary", notes},
		"--binary: open " + filepath.Join(none, "rtkmock") + ": no such file": {"--binary", filepath.Join(none, "rtkmock")},
	} {
		t.Run(want, func(t *testing.T) { refused(t, want, args...) })
	}
}

// refused expects an error, or none where want is empty, and no package after an error.
func refused(t *testing.T, want string, args ...string) {
	t.Helper()
	t.Chdir("../../..")
	dir := filepath.Join(t.TempDir(), "out")
	err := run(append(args, "--out", dir), io.Discard)
	if want == "" {
		assert.NilError(t, err)
		return
	}
	assert.Assert(t, is.ErrorContains(err, want))
	assert.Equal(t, strings.Count(err.Error(), "\n"), 0)
	_, err = os.Stat(dir)
	assert.Assert(t, errors.Is(err, fs.ErrNotExist), "something was written")
}

// made is a package that was read again.
type made struct {
	data     []byte
	manifest map[string]any
	files    map[string]*tar.Header
}

// makePackages runs the program, and returns the packages by their file names.
func makePackages(t *testing.T, args ...string) map[string]made {
	t.Helper()
	t.Chdir("../../..")
	dir := filepath.Join(t.TempDir(), "out")
	var out bytes.Buffer
	assert.NilError(t, run(append(args, "--out", dir), &out))
	t.Chdir("cmd/rtkmock/npm")
	all := map[string]made{}
	for path := range strings.Lines(out.String()) {
		path = strings.TrimSpace(path)
		data, err := os.ReadFile(path)
		assert.NilError(t, err)
		all[filepath.Base(path)] = read(t, data)
	}
	return all
}

func read(t *testing.T, data []byte) made {
	t.Helper()
	m := made{data: data, files: map[string]*tar.Header{}}
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	assert.NilError(t, err)
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return m
		}
		assert.NilError(t, err)
		m.files[h.Name] = h
		if h.Name == "package/package.json" {
			assert.NilError(t, json.NewDecoder(r).Decode(&m.manifest))
		}
	}
}

// programs are the names of the programs in it, which have to be executable.
func (m made) programs() (names []string) {
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		if base := filepath.Base(name); (base == "rtkmock" || base == "rtkmock.exe") && m.files[name].Mode == 0o755 {
			names = append(names, name)
		}
	}
	return names
}

// hasAllItNames reports files that package.json names and that are not in the package.
func (m made) hasAllItNames(t *testing.T, name string) {
	t.Helper()
	want := []string{"bin/rtkmock.cjs", "README.md", "LICENSE"}
	var collect func(any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			want = append(want, strings.TrimPrefix(v, "./"))
		case map[string]any:
			for _, inner := range v {
				collect(inner)
			}
		}
	}
	for _, member := range []string{"bin", "exports", "main", "types"} {
		collect(m.manifest[member])
	}
	assert.Assert(t, len(want) > 8, "%v", want)
	for _, file := range want {
		assert.Assert(t, m.files["package/"+file] != nil, "%s lacks %s", name, file)
	}
}

func fileOf(platform string) string {
	if strings.HasPrefix(platform, "win32") {
		return "rtkmock.exe"
	}
	return "rtkmock"
}

// release writes the archives of a release, with programs that say their version, and
// returns their folder.
func release(t *testing.T, version, says string) string {
	t.Helper()
	dir := t.TempDir()
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, cpu := range []string{"amd64", "arm64", "386"} {
			name := fmt.Sprintf("rtkmock_%s_%s_%s", version, system, cpu)
			if system == "windows" {
				write(t, filepath.Join(dir, name+".zip"), zipped("rtkmock.exe", standIn(t, says)))
			} else {
				write(t, filepath.Join(dir, name+".tar.gz"), tarred("rtkmock", standIn(t, says)))
			}
		}
	}
	write(t, filepath.Join(dir, "rtkmock_"+version+"_amd64.deb"), []byte("no archive for npm"))
	sum(t, dir)
	return dir
}

// standIn is a program that only says its version.
func standIn(t *testing.T, version string) []byte {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the program that stands in for rtkmock is a shell script")
	}
	return fmt.Appendf(nil, "#!/bin/sh\necho '{\"version\":\"%s\"}'\n", version)
}

// sum writes the checksums of the archives in a folder.
func sum(t *testing.T, dir string) {
	t.Helper()
	var text strings.Builder
	names, err := filepath.Glob(filepath.Join(dir, "rtkmock_*"))
	assert.NilError(t, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		assert.NilError(t, err)
		fmt.Fprintf(&text, "%x  %s\n", sha256.Sum256(data), filepath.Base(name))
	}
	write(t, filepath.Join(dir, "checksums.txt"), []byte(text.String()))
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	assert.NilError(t, os.WriteFile(name, data, 0o600))
}

func tarred(name string, content []byte) []byte {
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	w := tar.NewWriter(zipped)
	_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: int64(len(content))}) // into memory
	_, _ = w.Write(content)
	_, _ = w.Close(), zipped.Close()
	return b.Bytes()
}

func zipped(name string, content []byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.Create(name) // into memory
	_, _ = f.Write(content)
	_ = w.Close()
	return b.Bytes()
}
