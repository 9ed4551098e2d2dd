package diagnose

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// suspicions returns what a body itself makes likely, where nothing leads back
// to what was signed.
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
	if _, whole := fromGzip(body); !whole && (bytes.HasPrefix(body, []byte(gzipStart)) || bytes.HasPrefix(body, []byte(gzipAsText))) {
		out = append(out, suspicion(BodyCompressed, "it begins as gzip does, and does not unpack"))
	}
	if fields, ok := formFields(body); ok && slices.ContainsFunc(fields, func(f formField) bool { return f.name == "event" }) {
		out = append(out, suspicion(BodyForm, "it has the field event"))
	}
	if unclosed(body) != "" {
		end := strings.ToValidUTF8(string(body[max(0, len(body)-24):]), "")
		out = append(out, suspicion(BodyTruncated, fmt.Sprintf("it has %d bytes, and ends with …%s", len(body), end)))
	}
	if word := questioned(body); word != "" {
		out = append(out, suspicion(BodyQuestion, "as in "+word))
	}
	if root := parse(body); root != nil {
		if missing := membersMissing(root); len(missing) > 0 {
			out = append(out, finding(BodyMembers, strings.Join(missing, ", ")))
		}
	}
	return out
}

// What gzip has written begins like this (RFC 1952, section 2.3.1).
const (
	gzipStart  = "\x1f\x8b\x08"
	gzipAsText = "\x1f\ufffd\x08" // read as UTF-8
)

// membersMissing returns the paths that the guide's sample has and this body
// has not, of those that every event of its type has.
func membersMissing(root *node) []string {
	event := root.event()
	sample := sampleNames()[event]
	var missing []string
	for _, path := range []string{
		"event", "meeting", "meeting.id", "meeting.sessionId", "meeting.title", "meeting.createdAt",
		"meeting.organizedBy", "meeting.organizedBy.id", "meeting.organizedBy.name",
		"participant", "participant.peerId", "participant.joinedAt",
		"recording", "recording.id", "recording.status", "recording.organizationId", "recording.roomUUID",
		"streamId", "status", "meetingId", "sessionId",
	} {
		if path == "meeting" && event == rtk.LivestreamStatusUpdate {
			continue // in practice some come without
		}
		dot := strings.LastIndexByte(path, '.')
		object, name := path[:max(dot, 0)], path[dot+1:]
		if slices.Contains(sample[object], name) && root.at(object) != nil && root.at(path) == nil {
			missing = append(missing, path)
		}
	}
	return missing
}
