package diagnose

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// fromQuery undoes an encoding such as encodeURIComponent of the whole body.
func fromQuery(b []byte) ([]byte, bool) {
	text, err := url.QueryUnescape(string(bytes.TrimSpace(b)))
	return []byte(text), err == nil && opens([]byte(text), '{') && !opens(b, '{')
}

// fromField takes the JSON out of payload=…, or out of a field that has it as its
// name.
func fromField(b []byte) ([]byte, bool) {
	if m := regexp.MustCompile(`(?s)^[\w.-]+=(\{.*\})\s*$`).FindSubmatch(b); m != nil {
		return m[1], true
	}
	fields, _ := formFields(b)
	for _, f := range fields {
		for _, text := range []string{f.value, f.name} {
			if strings.HasPrefix(text, "{") && json.Valid([]byte(text)) {
				return []byte(text), true
			}
		}
	}
	return nil, false
}

// formField is a field of a form, decoded.
type formField struct{ name, value string }

// formFields reads a form. It returns false for what is none.
func formFields(b []byte) ([]formField, bool) {
	text := string(bytes.TrimSpace(b))
	if !strings.Contains(text, "=") || strings.ContainsAny(text, " \t\r\n\"{}<>") {
		return nil, false
	}
	var fields []formField
	for part := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil || name == "" {
			return nil, false
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, false
		}
		fields = append(fields, formField{name, value})
	}
	return fields, true
}

// fromFields writes the JSON that became event=…&meeting[id]=…. A form has no types:
// but for true, false and null, all values become strings.
func fromFields(b []byte) ([]byte, bool) {
	fields, ok := formFields(b)
	if !ok {
		return nil, false
	}
	root := &node{kind: '{'}
	for _, f := range fields {
		path := strings.Split(strings.NewReplacer("][", ".", "[", ".", "]", "").Replace(f.name), ".")
		if len(path) > maxDepth || !root.put(path, formValue(f.value)) {
			return nil, false
		}
	}
	w := writer{order: sameOrder, layout: compact()}
	w.value(root, "", 0)
	return w.b, true
}

func formValue(text string) *node {
	if text == "true" || text == "false" || text == "null" {
		return &node{raw: []byte(text)}
	}
	return &node{kind: '"', text: text}
}

// put adds a value at a path of names. It returns false if another is there.
func (n *node) put(path []string, value *node) bool {
	m := n.at(path[0])
	switch {
	case len(path) == 1 && m == nil:
		value.key = path[0]
		n.members = append(n.members, value)
		return true
	case len(path) == 1 || m != nil && m.kind != '{':
		return false
	case m == nil:
		m = &node{kind: '{', key: path[0]}
		n.members = append(n.members, m)
	}
	return m.put(path[1:], value)
}
