package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.json
var files embed.FS

// Names returns the names of the library's scenarios in alphabetical order.
// The caller owns the slice.
func Names() []string {
	paths, _ := fs.Glob(files, "*"+suffix) // the pattern is well formed
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = strings.TrimSuffix(path, suffix)
	}
	slices.Sort(names)
	return names
}

// Source returns the library's file called name, without ".json". The error
// matches ErrUnknown and suggests a name. The caller owns the bytes.
func Source(name string) ([]byte, error) {
	known := Names()
	if !slices.Contains(known, name) {
		if hint := hint(name, known); hint != "" {
			return nil, fmt.Errorf("%w %s; did you mean %s?", ErrUnknown, quote(name), hint)
		}
		return nil, fmt.Errorf("%w %s, want one of %s", ErrUnknown, quote(name), strings.Join(known, ", "))
	}
	data, err := files.ReadFile(name + suffix)
	if err != nil {
		return nil, fmt.Errorf("scenarios: read %s: %w", name, err)
	}
	return data, nil
}

// Load returns the library's scenario called name. The error matches
// ErrUnknown and suggests a name.
func Load(name string) (*Scenario, error) {
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	return Parse(name+suffix, data)
}
