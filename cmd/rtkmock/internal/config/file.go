package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/schemas/suggest"
)

// maxFile bounds the size of a configuration file.
const maxFile = 1 << 20

// setting is the value of one flag in the configuration file.
type setting struct {
	origin string // file, line and key
	values []string
	single bool // not a list in the file
}

// readFile returns the settings of a file for cmd, by flag. The whole file is
// checked for names that mean nothing in the tree.
func readFile(a *app.App, name string, cmd, tree *cobra.Command) (map[string]setting, error) {
	data, err := a.ReadFile("config", name, maxFile)
	if err != nil {
		return nil, err
	}
	root, err := parse(data)
	switch {
	case err != nil:
		return nil, exit.Usagef("%s: %w", name, err)
	case root == nil:
		return nil, nil
	case root.Kind != yaml.MappingNode:
		return nil, exit.Usagef("%s:%d: found %s, want flags by name", name, root.Line, kindOf(root))
	}
	target, _, err := tree.Find(strings.Fields(cmd.CommandPath())[1:])
	if err != nil {
		return nil, err
	}
	c := file{name: name, root: tree, target: target, settings: map[string]setting{}}
	return c.settings, c.section(root, tree)
}

// parse reads YAML or JSON. JSON is YAML, except for its surrogate pairs. The
// result is nil for an empty document.
func parse(data []byte) (*yaml.Node, error) {
	if json.Valid(data) {
		data = joinSurrogates(data)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("it is neither YAML nor JSON: %s", exit.Plain(err))
	case !errors.Is(dec.Decode(new(yaml.Node)), io.EOF):
		return nil, errors.New("it holds more than one document, want one")
	}
	if root := follow(doc.Content[0]); !isNull(root) {
		return root, nil
	}
	return nil, nil
}

// joinSurrogates writes the characters of JSON that are two escapes as they are.
func joinSurrogates(data []byte) []byte {
	escape := regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\.`)
	return escape.ReplaceAllFunc(data, func(found []byte) []byte {
		var char string
		if len(found) < 12 || json.Unmarshal([]byte(`"`+string(found)+`"`), &char) != nil {
			return found
		}
		return []byte(char)
	})
}

// file collects settings for one command.
type file struct {
	name     string
	root     *cobra.Command
	target   *cobra.Command
	settings map[string]setting
}

// section reads the mapping of one command: its flags, and the sections of its
// verbs. The mapping at the top holds flags of any command.
func (c *file) section(node *yaml.Node, cmd *cobra.Command) error {
	seen := map[string]bool{}
	var inner []func() error
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, val := node.Content[i], follow(node.Content[i+1])
		origin := fmt.Sprintf("%s:%d: %s", c.name, key.Line, key.Value)
		if seen[key.Value] {
			return exit.Usagef("%s: it stands there twice", origin)
		}
		seen[key.Value] = true
		sub := command.Find(cmd, key.Value)
		if sub != nil && isNull(val) {
			continue // a section of comments
		}
		if sub != nil && val.Kind == yaml.MappingNode {
			inner = append(inner, func() error { return c.section(val, sub) })
			continue
		}
		if known := c.flags(cmd); !slices.Contains(known, key.Value) {
			return c.unknown(origin, key.Value, val, cmd, known)
		}
		if isNull(val) {
			continue // "key:" without a value sets nothing
		}
		values, err := flagValues(key.Value, val)
		if err != nil {
			return exit.Usagef("%s: %w", origin, err)
		}
		if isWithin(c.target, cmd) {
			c.settings[key.Value] = setting{origin, values, val.Kind == yaml.ScalarNode}
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

// flags returns the names that may stand in the section of cmd.
func (c *file) flags(cmd *cobra.Command) []string {
	var names []string
	command.Each(cmd, func(cmd *cobra.Command) {
		for _, name := range flags.Names(cmd.Flags(), cmd.InheritedFlags()) {
			if name != "config" && !flags.IsCommandLineOnly(cmd.Flag(name)) {
				names = append(names, name)
			}
		}
	})
	return names
}

func (c *file) unknown(origin, key string, val *yaml.Node, cmd *cobra.Command, known []string) error {
	verbs := command.Verbs(cmd)
	if command.Find(cmd, key) != nil {
		return exit.Usagef("%s: want the flags of that verb by name", origin)
	}
	names := append(known, verbs...)
	if val.Kind == yaml.MappingNode && suggest.Nearest(key, verbs) != "" {
		names = verbs // only they have mappings of flags
	}
	if hint := wording.DidYouMean(key, names); hint != "" {
		return exit.Usagef("%s: unknown setting%s", origin, hint)
	}
	if slices.Contains(c.flags(c.root), key) {
		return exit.Usagef("%s: not a setting of %q", origin, command.Path(cmd))
	}
	return exit.Usagef("%s: unknown setting, want the name of a flag or of a verb", origin)
}

// isWithin reports whether cmd is ancestor or below it.
func isWithin(cmd, ancestor *cobra.Command) bool {
	for ; cmd != nil; cmd = cmd.Parent() {
		if cmd == ancestor {
			return true
		}
	}
	return false
}

// flagValues returns the values of a flag as the command line has them.
func flagValues(flag string, n *yaml.Node) (values []string, err error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return []string{n.Value}, nil
	case yaml.SequenceNode:
		for _, item := range n.Content {
			item = follow(item)
			if item.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("found %s in the list, want plain values", kindOf(item))
			}
			values = append(values, item.Value)
		}
	default:
		// Some flags may be given as a mapping. This is what joins a name to its
		// value on the command line.
		join, ok := map[string]string{"set": "=", "report": "=", "header": ": "}[flag]
		if !ok {
			return nil, fmt.Errorf("found %s, want a plain value", kindOf(n))
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, val := n.Content[i].Value, follow(n.Content[i+1])
			text := val.Value
			if flag == "set" {
				text, err = toJSON(val)
			} else if val.Kind != yaml.ScalarNode {
				err = fmt.Errorf("%s: found %s, want a plain value", name, kindOf(val))
			}
			if err != nil {
				return nil, err
			}
			values = append(values, name+join+text)
		}
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("found %s that is empty", kindOf(n))
	}
	return values, nil
}

// toJSON writes a node as JSON. A number keeps its digits, and a date is text.
func toJSON(n *yaml.Node) (string, error) {
	var v any = n.Value
	switch {
	case (n.Tag == "!!int" || n.Tag == "!!float") && json.Valid([]byte(n.Value)):
		return n.Value, nil
	case n.Tag == "!!timestamp":
	default:
		if err := n.Decode(&v); err != nil {
			return "", errors.New(exit.Plain(err))
		}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("found %s, which JSON cannot hold", kindOf(n))
	}
	return strings.TrimSpace(out.String()), nil
}

// follow returns the node that an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a mapping"
	default:
		return strconv.Quote(n.Value)
	}
}
