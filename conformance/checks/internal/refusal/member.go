package refusal

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// words are runs of letters that may name a member: meeting.id, meetingId,
// meeting_id, meeting[id].
var words = regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*(?:[._\[\]'"-]+[A-Za-z][A-Za-z0-9]*)*`)

// namedMember returns the path of the member of body that an answer names, or "".
// A single word such as "status" counts only in quotes: it may just be a word.
func namedMember(body []byte, answer string) string {
	paths := memberPaths(body)
	plain := func(s string) string {
		return strings.ToLower(strings.Map(func(r rune) rune {
			if strings.ContainsRune(`._[]'"-`, r) {
				return -1
			}
			return r
		}, s))
	}
	named := map[string]string{}
	for _, path := range paths {
		named[plain(path)] = path
	}
	leaves := map[string]string{}
	for _, path := range slices.Backward(paths) { // the first path with a leaf counts
		leaves[plain(path[strings.LastIndexByte(path, '.')+1:])] = path
	}
	for _, at := range words.FindAllStringIndex(answer, -1) {
		word := strings.Trim(answer[at[0]:at[1]], `._[]'"-`)
		path, ok := named[strings.TrimPrefix(plain(word), "body")] // body["meeting"]["title"]
		if ok && (strings.ContainsAny(word, "._[") || strings.ToLower(word) != word || quoted(answer, at)) {
			return path
		}
		if path, ok := leaves[plain(word)]; ok && len(word) > 3 && (strings.ToLower(word[1:]) != word[1:] || quoted(answer, at)) {
			return path
		}
	}
	if strings.Contains(strings.ToLower(answer), "meeting") && slices.Contains(paths, "meeting.id") {
		return "meeting.id" // "unknown meeting"
	}
	return ""
}

// member returns the path of the member that the first answer names, or "". The name of
// the refused event is none, although it begins with the word meeting: an answer that has
// nothing but that means the event itself.
func (o *Observations) member() string {
	name := strings.ReplaceAll(regexp.QuoteMeta(string(o.Event)), `\.`, `[._-]?`)
	events := regexp.MustCompile(`(?i)\b(` + name + `|meeting[._ -]?events?)\b`)
	answer := events.ReplaceAllString(o.Seen[First].Text, "…")
	if path := namedMember(o.Body, answer); path != "" || answer == o.Seen[First].Text {
		return path
	}
	return "event"
}

// quoted reports whether what stands at a place is in quotes.
func quoted(text string, at []int) bool {
	return at[0] > 0 && at[1] < len(text) && strings.ContainsRune(`"'`+"`", rune(text[at[0]-1])) && strings.ContainsRune(`"'`+"`", rune(text[at[1]]))
}

// memberPaths returns the paths of the members of a JSON object that are no objects
// themselves, dotted, those with fewer parts first.
func memberPaths(body []byte) []string {
	var root map[string]json.RawMessage
	if json.Unmarshal(body, &root) != nil {
		return nil
	}
	type level struct {
		prefix  string
		members map[string]json.RawMessage
	}
	var out []string
	for queue := []level{{"", root}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, name := range slices.Sorted(maps.Keys(at.members)) {
			var inner map[string]json.RawMessage
			if raw := at.members[name]; bytes.HasPrefix(raw, []byte("{")) && json.Unmarshal(raw, &inner) == nil {
				queue = append(queue, level{at.prefix + name + ".", inner})
				continue
			}
			out = append(out, at.prefix+name)
		}
	}
	return out
}
