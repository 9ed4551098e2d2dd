package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// folder is where this program and the files of the package are.
const folder = "cmd/rtkmock/npm"

// source is what the packages are made of, apart from programs.
type source struct {
	manifest map[string]any // package.json
	version  string         // of the manifest, until a program says otherwise
	files    []file
	licence  file
}

// readSource reads the clone at root.
func readSource(root string) (*source, error) {
	clone := os.DirFS(root)
	text, err := fs.ReadFile(clone, folder+"/package.json")
	if err != nil {
		return nil, fmt.Errorf("%s/package.json is not below this folder: run it at the root of a clone of rtkmock", folder)
	}
	var s source
	if err := json.Unmarshal(text, &s.manifest); err != nil {
		return nil, fmt.Errorf("%s/package.json: %w", folder, err)
	}
	s.version, _ = s.manifest["version"].(string)
	text, err = fs.ReadFile(clone, "LICENSE")
	if err != nil {
		return nil, err
	}
	s.licence = file{"LICENSE", 0o644, text}
	s.files = []file{s.licence}
	for _, pattern := range []string{"README.md", "bin/*.cjs", "lib/*.?js", "lib/*.d.?ts"} {
		if err := s.add(clone, pattern); err != nil {
			return nil, err
		}
	}
	return &s, nil
}

func (s *source) add(clone fs.FS, pattern string) error {
	names, err := fs.Glob(clone, folder+"/"+pattern)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("found no %s in %s", pattern, folder)
	}
	for _, name := range names {
		text, err := fs.ReadFile(clone, name)
		if err != nil {
			return err
		}
		name = name[len(folder)+1:]
		mode := fs.FileMode(0o644)
		if path.Dir(name) == "bin" {
			mode = 0o755
		}
		s.files = append(s.files, file{name, mode, text})
	}
	return nil
}
