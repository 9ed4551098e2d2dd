package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
)

// pkg is a package: its file name, what differs from the manifest, and its files.
type pkg struct {
	name     string
	manifest map[string]any
	files    []file
}

type file struct {
	name    string
	mode    fs.FileMode
	content []byte
}

// filePackages are the packages to install from a file: one a platform and, if there are several, one for all.
// They have no dependency, so npm looks no name up.
func filePackages(src *source, programs []program) []pkg {
	var packages []pkg
	var all []file
	for _, p := range programs {
		inside := file{"binaries/" + p.platform() + "/" + p.file(), 0o755, p.content}
		all = append(all, inside)
		packages = append(packages, src.pkg("rtkmock-"+src.version+"-"+p.platform(), []file{inside}, only(p)))
	}
	if len(programs) > 1 {
		packages = append(packages, src.pkg("rtkmock-"+src.version, all, nil))
	}
	return packages
}

// only is what keeps npm from installing a package on another platform.
func only(p program) map[string]any {
	return map[string]any{"os": []string{p.os}, "cpu": []string{p.cpu}}
}

// registryPackages are the packages for a registry: one a platform first, then the
// one that needs them.
func registryPackages(src *source, programs []program) []pkg {
	var packages []pkg
	needed := map[string]any{}
	for _, p := range programs {
		name := "@rtkmock/" + p.platform()
		needed[name] = src.version
		about := only(p)
		about["name"] = name
		about["version"] = src.version
		about["description"] = "rtkmock for " + p.platform()
		for _, member := range []string{"license", "homepage", "repository"} {
			about[member] = src.manifest[member]
		}
		about["preferUnplugged"] = true // Yarn must not keep a program in a zip file
		packages = append(packages, pkg{
			name:     "rtkmock-" + p.platform() + "-" + src.version + ".tgz",
			manifest: about,
			files:    []file{src.licence, {"bin/" + p.file(), 0o755, p.content}},
		})
	}
	return append(packages, src.pkg("rtkmock-"+src.version, nil, map[string]any{"optionalDependencies": needed}))
}

// pkg is the main package with more files and members.
func (s *source) pkg(name string, more []file, members map[string]any) pkg {
	manifest := maps.Clone(s.manifest)
	manifest["version"] = s.version
	maps.Copy(manifest, members)
	return pkg{name + ".tgz", manifest, slices.Concat(s.files, more)}
}

// packed is the time of all files in a package, so that the same content gives the same bytes.
var packed = time.Date(1985, 10, 26, 8, 15, 0, 0, time.UTC)

// write writes the package as npm has it: everything is in the folder package.
func (p pkg) write(path string) error {
	var manifest bytes.Buffer
	enc := json.NewEncoder(&manifest)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p.manifest); err != nil {
		return err
	}
	var out bytes.Buffer
	zipped, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(zipped)
	for _, f := range append([]file{{"package.json", 0o644, manifest.Bytes()}}, p.files...) {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: "package/" + f.name, Mode: int64(f.mode), Size: int64(len(f.content)), ModTime: packed}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(f.content); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return err
	}
	return files.Write(path, files.Options{Mode: 0o644, Replace: true}, files.Content(out.Bytes()))
}
