package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
)

// maxProgram bounds what is unpacked, in bytes.
const maxProgram = 256 << 20

// archives are the names that a release gives them.
var archives = regexp.MustCompile(`^rtkmock_(.+)_(linux|darwin|windows)_(amd64|arm64)(\.tar\.gz|\.zip)$`)

// readArchives reads the programs of a release, of those platforms that there are
// packages for, and gives src its version. Each archive has to be the one that
// checksums.txt says.
func readArchives(src *source, dir string) ([]program, error) {
	sums, err := readChecksums(filepath.Join(dir, "checksums.txt"))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var programs []program
	found := map[string]bool{}
	for _, entry := range entries {
		name := archives.FindStringSubmatch(entry.Name())
		if name == nil {
			continue
		}
		data, err := files.Read(filepath.Join(dir, entry.Name()), maxProgram)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(data); sums[entry.Name()] != hex.EncodeToString(sum[:]) {
			return nil, fmt.Errorf("%s: it is not the archive that checksums.txt is about", entry.Name())
		}
		content, err := unpack(name[4], data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		p, err := newProgram(name[2], name[3], content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		programs = append(programs, p)
		src.version = name[1]
		found[name[1]] = true
	}
	switch {
	case len(programs) == 0:
		return nil, fmt.Errorf("%s: found no archive such as rtkmock_0.9.0_linux_amd64.tar.gz", dir)
	case len(found) > 1:
		return nil, fmt.Errorf("%s: found archives of %d versions, want one", dir, len(found))
	case !versions.MatchString(src.version):
		return nil, fmt.Errorf("%s: found the version %q, want one such as 0.9.0", dir, src.version)
	}
	return programs, agree(src.version, programs)
}

// agree asks the program of this platform, if there is one, for its version. It has to
// be that of its archive. Only what is not released, such as 0.9.0-SNAPSHOT-1a2b3c4, may
// have programs without one.
func agree(version string, programs []program) error {
	own, err := newProgram(runtime.GOOS, runtime.GOARCH, nil)
	i := slices.IndexFunc(programs, func(p program) bool { return p.platform() == own.platform() })
	if err != nil || i < 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "rtkmock-npm-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, own.file())
	if err := os.WriteFile(name, programs[i].content, 0o700); err != nil {
		return err
	}
	found, err := versionOf(name)
	if err != nil {
		return fmt.Errorf("the program in the archive for %s: %w", own.platform(), err)
	}
	if found != version && (isRelease(found) || !strings.Contains(version, "-")) {
		return fmt.Errorf("the archive for %s is of version %s, and the program in it says %s", own.platform(), version, found)
	}
	return nil
}

// readChecksums reads lines of a sum and a name, as sha256sum writes them.
func readChecksums(name string) (map[string]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if sum, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			sums[strings.TrimLeft(name, " *")] = sum
		}
	}
	return sums, nil
}

// unpack returns the program in an archive.
func unpack(form string, data []byte) ([]byte, error) {
	if form == ".zip" {
		r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return nil, err
		}
		for _, f := range r.File {
			if path.Base(f.Name) == "rtkmock.exe" {
				content, err := f.Open()
				if err != nil {
					return nil, err
				}
				defer content.Close()
				return files.ReadAll(content, maxProgram)
			}
		}
		return nil, errors.New("no rtkmock.exe in it")
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("no rtkmock in it")
		case err != nil:
			return nil, err
		case path.Base(h.Name) == "rtkmock" && h.Typeflag == tar.TypeReg:
			return files.ReadAll(r, maxProgram)
		}
	}
}
