package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// maxConfig bounds the size of a configuration file.
const maxConfig = 1 << 20

// readConfig reads the file of --config and returns the settings for cmd, by
// flag. The whole file is checked for names that mean nothing.
func (a *app) readConfig(cmd *cobra.Command) (map[string]setting, error) {
	data, err := readFile(a.config, maxConfig)
	if err != nil {
		return nil, a.bad("config", "%s: %s", a.config, fileProblem(err))
	}
	root, err := parseConfig(data)
	if err != nil {
		return nil, usagef("%s: %s", a.config, err)
	}
	if root == nil {
		return nil, nil
	}
	tree := Tree()
	target, _, err := tree.Find(strings.Fields(cmd.CommandPath())[1:])
	if err != nil {
		return nil, err
	}
	c := configFile{name: a.config, root: tree, target: target, settings: map[string]setting{}}
	if root.Kind != yaml.MappingNode {
		return nil, usagef("%s:%d: found %s, want flags by name", a.config, root.Line, kindName(root))
	}
	return c.settings, c.section(root, tree, true)
}

// parseConfig reads YAML, or JSON, which is told apart by its first brace:
// JSON has escapes that YAML lacks. It returns nil for an empty document.
func parseConfig(data []byte) (*yaml.Node, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(trimmed) {
		return jsonNode(data)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("it is neither YAML nor JSON: %s", yamlProblem(err))
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one document, want one")
	}
	node := follow(doc.Content[0])
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil, nil
	}
	return node, nil
}

func yamlProblem(err error) string {
	return string(bytes.TrimPrefix([]byte(err.Error()), []byte("yaml: ")))
}

// configFile collects settings for one command out of the tree of a file.
type configFile struct {
	name     string
	root     *cobra.Command
	target   *cobra.Command
	settings map[string]setting
}

// section reads the mapping of one command: its flags, and sections of its
// subcommands. The mapping at the top holds flags of any command.
func (c *configFile) section(node *yaml.Node, cmd *cobra.Command, top bool) error {
	seen := map[string]bool{}
	var inner []func() error
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, val := node.Content[i], follow(node.Content[i+1])
		origin := place(c.name, key.Line, key.Value)
		if seen[key.Value] {
			return usagef("%s: it stands there twice", origin)
		}
		seen[key.Value] = true
		if sub := subcommand(cmd, key.Value); sub != nil && val.Kind == yaml.MappingNode {
			inner = append(inner, func() error { return c.section(val, sub, false) })
			continue
		}
		if !c.isFlag(key.Value, cmd, top) {
			return c.unknown(key, val, cmd, top)
		}
		if err := c.flag(origin, key.Value, val, cmd); err != nil {
			return err
		}
	}
	// Sections outweigh what stands beside them, wherever they stand.
	for _, f := range inner {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// flag takes a value down if it is meant for the command that runs.
func (c *configFile) flag(origin, name string, val *yaml.Node, cmd *cobra.Command) error {
	if val.Kind == yaml.ScalarNode && val.Tag == "!!null" {
		return nil // "key:" without a value sets nothing
	}
	values, single, err := flagValues(name, val)
	if err != nil {
		return usagef("%s: %s", origin, err)
	}
	if isWithin(c.target, cmd) {
		c.settings[name] = setting{origin, values, single}
	}
	return nil
}

func (c *configFile) isFlag(name string, cmd *cobra.Command, top bool) bool {
	return slices.Contains(c.flags(cmd, top), name)
}

// flags returns the names that may stand in the section of cmd.
func (c *configFile) flags(cmd *cobra.Command, top bool) []string {
	var names []string
	add := func(cmd *cobra.Command) {
		for _, name := range flagNames(cmd) {
			f := cmd.Flag(name)
			if name != "config" && f != nil && f.Annotations[annotationNoLayer] == nil && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if top {
		eachCommand(c.root, add)
	} else {
		eachCommand(cmd, add)
	}
	return names
}

func (c *configFile) unknown(key, val *yaml.Node, cmd *cobra.Command, top bool) error {
	origin := place(c.name, key.Line, key.Value)
	names := append(c.flags(cmd, top), verbs(cmd)...)
	if val.Kind == yaml.MappingNode && nearest(key.Value, verbs(cmd)) != "" {
		names = verbs(cmd) // only they have mappings of flags
	}
	if subcommand(cmd, key.Value) != nil {
		return usagef("%s: want the flags of that verb by name", origin)
	}
	if hint := didYouMean(key.Value, names); hint != "" {
		return usagef("%s: unknown setting%s", origin, hint)
	}
	if owner := ownerOf(c.root, key.Value); owner != "" && !top {
		return usagef("%s: not a setting of %q", origin, verbPath(cmd))
	}
	return usagef("%s: unknown setting, want the name of a flag or of a verb", origin)
}

func subcommand(cmd *cobra.Command, name string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Name() == name && sub.IsAvailableCommand() {
			return sub
		}
	}
	return nil
}

// isWithin reports whether cmd is ancestor or below it.
func isWithin(cmd, ancestor *cobra.Command) bool {
	for c := cmd; c != nil; c = c.Parent() {
		if c == ancestor {
			return true
		}
	}
	return false
}

func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return data, err
}
