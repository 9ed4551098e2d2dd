package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// program is rtkmock for a platform. os and cpu are Node's words for it.
type program struct {
	os, cpu string
	content []byte
}

func (p program) platform() string { return p.os + "-" + p.cpu }

// file is the name of the program.
func (p program) file() string {
	if p.os == "win32" {
		return "rtkmock.exe"
	}
	return "rtkmock"
}

// newProgram translates the words of Go.
func newProgram(goos, goarch string, content []byte) (program, error) {
	names := map[string]string{"linux": "linux", "darwin": "darwin", "windows": "win32", "amd64": "x64", "arm64": "arm64"}
	p := program{names[goos], names[goarch], content}
	if p.os == "" || p.cpu == "" {
		return p, fmt.Errorf("found the platform %s/%s, want linux, darwin or windows on amd64 or arm64", goos, goarch)
	}
	return p, nil
}

// readBinary reads a program for this platform, and asks it for its version.
func readBinary(src *source, name string) (program, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return program{}, fmt.Errorf("--binary: %w", err)
	}
	p, err := newProgram(runtime.GOOS, runtime.GOARCH, content)
	if err != nil {
		return p, err
	}
	version, err := versionOf(name)
	if err != nil {
		return p, fmt.Errorf("--binary: %s: %w", name, err)
	}
	if isRelease(version) {
		src.version = version
	}
	return p, nil
}

// versionOf asks a program of this platform for its version, without the v.
func versionOf(name string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	out, err := exec.Command(abs, "version", "--output", "json").Output()
	var build struct{ Version string }
	if err == nil {
		err = json.Unmarshal(out, &build)
	}
	if err == nil && build.Version == "" {
		err = errors.New("it does not say its version")
	}
	if err != nil {
		return "", fmt.Errorf("it is no rtkmock of this platform: %w", err)
	}
	return strings.TrimPrefix(build.Version, "v"), nil
}

var (
	// versions are those that npm accepts.
	versions = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)
	// pseudo is what Go adds to the version of a program from between two releases.
	pseudo = regexp.MustCompile(`\d{14}-[0-9a-f]{12}`)
)

// isRelease reports whether the version that a program says is that of a release.
func isRelease(version string) bool {
	return versions.MatchString(version) && !pseudo.MatchString(version)
}
