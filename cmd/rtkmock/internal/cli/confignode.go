package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"
)

// follow returns the node that an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a mapping"
	default:
		return fmt.Sprintf("%q", n.Value)
	}
}

// mappings are the flags that may be given as a mapping, with what joins a
// name to its value on the command line.
func mappingJoin(flag string) (string, bool) {
	switch flag {
	case "set", "report":
		return "=", true
	case "header":
		return ": ", true
	}
	return "", false
}

// flagValues returns the values of a flag in the form of the command line.
// single says that the file has no list.
func flagValues(flag string, n *yaml.Node) (values []string, single bool, err error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return []string{n.Value}, true, nil
	case yaml.SequenceNode:
		for _, item := range n.Content {
			item = follow(item)
			if item.Kind != yaml.ScalarNode {
				return nil, false, fmt.Errorf("found %s in the list, want plain values", kindName(item))
			}
			values = append(values, item.Value)
		}
		if len(values) == 0 {
			return nil, false, errors.New("the list is empty")
		}
		return values, false, nil
	}
	join, ok := mappingJoin(flag)
	if !ok {
		return nil, false, fmt.Errorf("found %s, want a plain value", kindName(n))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, val := n.Content[i].Value, follow(n.Content[i+1])
		text := val.Value
		if flag == "set" {
			if text, err = nodeJSON(val); err != nil {
				return nil, false, err
			}
		} else if val.Kind != yaml.ScalarNode {
			return nil, false, fmt.Errorf("%s: found %s, want a plain value", name, kindName(val))
		}
		values = append(values, name+join+text)
	}
	if len(values) == 0 {
		return nil, false, errors.New("the mapping is empty")
	}
	return values, false, nil
}

// nodeJSON writes a node as JSON. A number keeps its digits.
func nodeJSON(n *yaml.Node) (string, error) {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") && json.Valid([]byte(n.Value)) {
		return n.Value, nil
	}
	var v any
	if n.Kind == yaml.ScalarNode && n.Tag == "!!timestamp" {
		v = n.Value // a date is text here
	} else if err := n.Decode(&v); err != nil {
		return "", errors.New(yamlProblem(err))
	}
	if f, ok := v.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return "", fmt.Errorf("found %s, which JSON cannot hold", n.Value)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("found what JSON cannot hold: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return strings.TrimSpace(out.String()), nil
}

// jsonNode reads JSON into the form that YAML is read into.
func jsonNode(data []byte) (*yaml.Node, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	line := func() int { return 1 + bytes.Count(data[:dec.InputOffset()], []byte("\n")) }
	var read func() (*yaml.Node, error)
	read = func() (*yaml.Node, error) {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		n := &yaml.Node{Kind: yaml.ScalarNode, Line: line()}
		switch t := token.(type) {
		case json.Delim:
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
			if t == '[' {
				n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
			}
			for dec.More() {
				item, err := read()
				if err != nil {
					return nil, err
				}
				n.Content = append(n.Content, item)
			}
			_, err = dec.Token()
		case string:
			n.Tag, n.Value = "!!str", t
		case json.Number:
			n.Tag, n.Value = "!!float", t.String()
		case bool:
			n.Tag, n.Value = "!!bool", fmt.Sprint(t)
		case nil:
			n.Tag, n.Value = "!!null", "null"
		}
		return n, err
	}
	return read()
}
