package initialize

import (
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Bounds of what is read of a folder.
const (
	maxEntries = 20_000
	maxFiles   = 1_000
	maxFile    = 256 << 10
	maxAll     = 16 << 20
	maxDepth   = 8
)

// folder is what was read of a project's folder.
type folder struct {
	fs.FS
	names   map[string]bool // of its files, by path
	sources []source        // the likeliest to take webhooks first
}

// source is one file of the project's own code.
type source struct{ path, text string }

// Folders that hold what others have written, or what is made of the sources.
var skipped = regexp.MustCompile(`^(node_modules|vendor|dist|build|out|coverage|target|venv|env|site-packages|__pycache__|tests?|__tests__|testdata|spec|docs|examples?|\..+)$`)

var (
	sourceFile = regexp.MustCompile(`\.(m|c)?(js|ts)x?$|\.(py|go|php)$`)
	testFile   = regexp.MustCompile(`(_test\.go|\.(test|spec)\.\w+|\.d\.ts|(^|/)(test_\w+|conftest)\.py)$`)
)

// readFolder reads the sources of a project, as far as they are its own and bounded.
// Links are not followed.
func readFolder(root fs.FS) (*folder, error) {
	f := &folder{FS: root, names: map[string]bool{}}
	entries, size := 0, 0
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil:
			return nil // what cannot be read says nothing
		case entries >= maxEntries:
			return fs.SkipAll
		}
		entries++
		if d.IsDir() {
			if name != "." && (skipped.MatchString(d.Name()) || strings.Count(name, "/") >= maxDepth) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		f.names[name] = true
		if sourceFile.MatchString(name) && !testFile.MatchString(name) && len(f.sources) < maxFiles && size < maxAll {
			if text := f.read(name); text != "" {
				size += len(text)
				f.sources = append(f.sources, source{name, text})
			}
		}
		return nil
	})
	slices.SortStableFunc(f.sources, func(a, b source) int { return b.likelihood() - a.likelihood() })
	return f, err
}

// read returns the text of a file; none if it is not there, too large, or no text.
func (f *folder) read(name string) string {
	file, err := f.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil || len(data) > maxFile || strings.ContainsRune(string(data), 0) {
		return ""
	}
	return string(data)
}

// has reports the first of the names that is a file of the folder.
func (f *folder) has(names ...string) (string, bool) {
	for _, name := range names {
		if f.names[name] {
			return name, true
		}
	}
	return "", false
}

// likelihood says how likely a file is to take the webhooks of RealtimeKit.
func (s source) likelihood() int {
	text := strings.ToLower(s.text)
	switch {
	case strings.Contains(text, "rtk-signature"), strings.Contains(text, "http_rtk_signature"):
		return 3
	case strings.Contains(text, "realtimekit") && strings.Contains(text, "webhook"):
		return 2
	case strings.Contains(strings.ToLower(s.path), "webhook"), strings.Contains(text, "webhook"):
		return 1
	}
	return 0
}

// find returns the first match of a pattern in the sources: what its first group
// holds, the file and the line.
func (f *folder) find(pattern *regexp.Regexp, keep func(string) bool) (found, file string, line int) {
	for _, s := range f.sources {
		if found, line := s.find(pattern, keep); line > 0 {
			return found, s.path, line
		}
	}
	return "", "", 0
}

func (s source) find(pattern *regexp.Regexp, keep func(string) bool) (found string, line int) {
	for _, m := range pattern.FindAllStringSubmatchIndex(s.text, -1) {
		for i := 2; i+1 < len(m); i += 2 {
			if m[i] < 0 {
				continue
			}
			if text := s.text[m[i]:m[i+1]]; keep == nil || keep(text) {
				return text, 1 + strings.Count(s.text[:m[i]], "\n")
			}
		}
	}
	return "", 0
}
