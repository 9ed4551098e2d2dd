package diagnose

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// suspicions returns what a body itself gives reason to think, where nothing
// leads back to what was signed.
func suspicions(body []byte) []Finding {
	var out []Finding
	trimmed := bytes.TrimSpace(body)
	for _, p := range []string{"[object ", "{'", "map[", "b'", `b"`, "&{", "<Buffer "} {
		if bytes.HasPrefix(trimmed, []byte(p)) {
			out = append(out, finding(BodyPrinted, fmt.Sprintf("it begins %.40q", trimmed)))
			break
		}
	}
	if n := bytes.Count(body, []byte("\ufffd")); n > 0 {
		out = append(out, finding(BodyLossy, fmt.Sprintf("it is there %d times", n)))
	}
	if root := parse(body); root != nil {
		if missing := membersMissing(root); len(missing) > 0 {
			out = append(out, finding(BodyMembers, strings.Join(missing, ", ")))
		}
	}
	return out
}

// membersMissing returns the paths that every event of the body's type has, as
// far as the guide's sample tells, and this body has not.
func membersMissing(root *node) []string {
	event := rtk.EventType(eventOf(root))
	sample := sampleOrders()[event]
	var missing []string
	for _, path := range []string{
		"/event", "/meeting", "/meeting/id", "/meeting/sessionId", "/meeting/title", "/meeting/createdAt",
		"/meeting/organizedBy", "/meeting/organizedBy/id", "/meeting/organizedBy/name",
		"/participant", "/participant/peerId", "/participant/joinedAt",
		"/recording", "/recording/id", "/recording/status", "/recording/organizationId", "/recording/roomUUID",
		"/streamId", "/status", "/meetingId", "/sessionId",
	} {
		at := strings.LastIndexByte(path, '/')
		if path == "/meeting" && event == rtk.LivestreamStatusUpdate {
			continue // in practice some come without
		}
		if _, ok := sample[path[:at]][path[at+1:]]; ok && root.has(path[:at]) && !root.has(path) {
			missing = append(missing, strings.ReplaceAll(path[1:], "/", "."))
		}
	}
	return missing
}

func (n *node) has(path string) bool {
	if path == "" {
		return true
	}
	name, rest, _ := strings.Cut(path[1:], "/")
	for _, m := range n.members {
		if m.key == name {
			return rest == "" || m.has("/"+rest)
		}
	}
	return false
}
