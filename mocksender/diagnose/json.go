package diagnose

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxDepth limits the nesting of what is written again. The events have three
// levels.
const maxDepth = 100

const (
	space = " \t\r\n"      // the white space of JSON
	bom   = "\xef\xbb\xbf" // the byte order mark
)

// node is a JSON value as it was written.
type node struct {
	kind    byte   // '{', '[', '"', or 0 for a number, true, false and null
	raw     []byte // as written, except objects and arrays
	name    []byte // the member's name as written, with its quotes
	text    string // of strings: what raw says
	key     string // of members: what name says
	gap     []byte // white space before the value or, in an object, the name
	colon   []byte // the colon with the white space around it
	end     []byte // white space before the closing bracket
	members []*node
}

// parse reads a JSON text. It returns nil if b is not one, or too deep. It
// ignores white space around it.
func parse(b []byte) *node {
	b = bytes.Trim(bytes.TrimPrefix(b, []byte(bom)), space)
	if !json.Valid(b) {
		return nil
	}
	p := &parser{b: b, dec: json.NewDecoder(bytes.NewReader(b))}
	p.dec.UseNumber()
	root := new(node)
	p.next()
	if !p.value(root, 0) {
		return nil
	}
	return root
}

// parser reads JSON that json.Valid has accepted, so it checks nothing.
type parser struct {
	b   []byte
	dec *json.Decoder

	token  json.Token
	raw    []byte // the token as written
	before []byte // what stands between the last token and this one
}

func (p *parser) next() {
	from := p.dec.InputOffset()
	p.token, _ = p.dec.Token()
	part := p.b[from:p.dec.InputOffset()]
	p.raw = bytes.TrimLeft(part, space+",:")
	p.before = part[:len(part)-len(p.raw)]
}

// value reads the value that begins with the current token. It returns false if
// that is too deep.
func (p *parser) value(n *node, depth int) bool {
	n.raw = p.raw
	switch token := p.token.(type) {
	case string:
		n.kind, n.text = '"', token
	case json.Delim:
		n.kind, n.raw = byte(token), nil
		return p.members(n, depth+1)
	}
	return true
}

func (p *parser) members(n *node, depth int) bool {
	if depth > maxDepth {
		return false
	}
	for {
		p.next()
		if p.token == json.Delim('}') || p.token == json.Delim(']') {
			n.end = p.before
			return true
		}
		m := &node{gap: p.before[bytes.IndexByte(p.before, ',')+1:]}
		if n.kind == '{' {
			m.key, _ = p.token.(string)
			m.name = p.raw
			p.next()
			m.colon = p.before
		}
		if !p.value(m, depth) {
			return false
		}
		n.members = append(n.members, m)
	}
}

// at returns the member at a dotted path, nil if there is none.
func (n *node) at(path string) *node {
	if path == "" {
		return n
	}
	name, rest, _ := strings.Cut(path, ".")
	for _, m := range n.members {
		if m.key == name {
			return m.at(rest)
		}
	}
	return nil
}

// event is the type that the event of this body has.
func (n *node) event() rtk.EventType {
	if m := n.at("event"); m != nil {
		return rtk.EventType(m.text)
	}
	return ""
}

// join returns the dotted path of a member.
func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }
