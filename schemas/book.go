package schemas

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// book looks things up in the schemas that judged one body, to say in words
// what they ask for. A thing that is not there is empty, never an error: the
// words get poorer and the verdict stays.
type book struct {
	lib       *library
	root      string // where validation entered
	documents map[string]any
	lists     map[string][]string // known, by location
}

func newBook(l *library, root string) *book {
	return &book{lib: l, root: root, documents: map[string]any{}, lists: map[string][]string{}}
}

func (b *book) document(address string) any {
	if doc, ok := b.documents[address]; ok {
		return doc
	}
	var doc any
	if data, err := b.lib.document(address); err == nil {
		doc, _ = decode(data)
	}
	b.documents[address] = doc
	return doc
}

// value returns what stands at the location, nil if nothing does.
func (b *book) value(at location) any {
	v := b.document(at.document)
	for _, step := range at.path {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (b *book) object(at location) (map[string]any, bool) {
	object, ok := b.value(at).(map[string]any)
	return object, ok
}

func (b *book) text(at location, keyword string) string {
	s, _ := b.value(at.at(keyword)).(string)
	return s
}

// strings returns the string, or the strings of the array, at the location.
func (b *book) strings(at location) []string {
	switch v := b.value(at).(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// targets returns the schemas that speak of the same value as the one at the
// location: what it refers to, and the parts of its allOf.
func (b *book) targets(at location) []location {
	var all []location
	if ref := b.text(at, "$ref"); ref != "" {
		all = append(all, b.resolve(at, ref))
	}
	if ref := b.text(at, "$dynamicRef"); ref != "" {
		all = append(all, b.resolveDynamic(at, ref))
	}
	parts, _ := b.value(at.at("allOf")).([]any)
	for i := range parts {
		all = append(all, at.at("allOf", strconv.Itoa(i)))
	}
	return all
}

func (b *book) resolve(from location, ref string) location {
	base, err := url.Parse(from.document)
	if err != nil {
		return location{}
	}
	target, err := base.Parse(ref)
	if err != nil {
		return location{}
	}
	fragment := target.Fragment
	target.Fragment, target.RawFragment = "", ""
	if fragment == "" || strings.HasPrefix(fragment, "/") {
		return location{target.String(), pointerPath(fragment)}
	}
	return b.anchor(target.String(), fragment)
}

// resolveDynamic prefers the anchor of the document that validation entered.
func (b *book) resolveDynamic(from location, ref string) location {
	if _, anchor, _ := strings.Cut(ref, "#"); anchor != "" {
		if at := b.anchor(b.root, anchor); at.document != "" {
			return at
		}
	}
	return b.resolve(from, ref)
}

// anchor finds a named definition among a document's $defs.
func (b *book) anchor(document, name string) location {
	defs := location{document: document, path: []string{"$defs"}}
	object, _ := b.object(defs)
	for key := range object {
		if at := defs.at(key); b.text(at, "$dynamicAnchor") == name || b.text(at, "$anchor") == name {
			return at
		}
	}
	return location{}
}

// maxHops bounds how far references are followed.
const maxHops = 16

// members returns where the schema at the location, or one that it takes in,
// speaks of which member.
func (b *book) members(at location) map[string]location {
	all := map[string]location{}
	b.addMembers(all, at, maxHops)
	return all
}

func (b *book) addMembers(all map[string]location, at location, hops int) {
	if hops == 0 || at.document == "" {
		return
	}
	properties, _ := b.object(at.at("properties"))
	for name := range properties {
		if _, ok := all[name]; !ok {
			all[name] = at.at("properties", name)
		}
	}
	for _, target := range b.targets(at) {
		b.addMembers(all, target, hops-1)
	}
}

func (b *book) patternMember(at location, name string) bool {
	patterns, _ := b.object(at.at("patternProperties"))
	for pattern := range patterns {
		if re, err := regexp.Compile(pattern); err == nil && re.MatchString(name) {
			return true
		}
	}
	return false
}

// known lists the members that an object may have, sorted.
func (b *book) known(at location) []string {
	key := at.String()
	if list, ok := b.lists[key]; ok {
		return list
	}
	members := b.members(at)
	maps.DeleteFunc(members, func(_ string, m location) bool { return b.refusesAll(m, maxHops) })
	list := slices.Sorted(maps.Keys(members))
	b.lists[key] = list
	return list
}

func (b *book) refusesAll(at location, hops int) bool {
	if hops == 0 || at.document == "" {
		return false
	}
	if b.value(at) == false {
		return true
	}
	if not, ok := b.object(at.at("not")); ok && len(not) == 0 {
		return true
	}
	return slices.ContainsFunc(b.targets(at), func(t location) bool { return b.refusesAll(t, hops-1) })
}
