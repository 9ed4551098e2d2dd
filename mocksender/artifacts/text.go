package artifacts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// renderChat returns a chat export: the guide's URL ends in .json, and the
// members are the columns that older documents give for a CSV export
// (practice).
func renderChat(token string) ([]byte, error) {
	type message struct {
		ID            string `json:"id"`
		ParticipantID string `json:"participantId"`
		SessionID     string `json:"sessionId"`
		MeetingID     string `json:"meetingId"`
		DisplayName   string `json:"displayName"`
		Pinned        bool   `json:"pinned"`
		IsEdited      bool   `json:"isEdited"`
		PayloadType   string `json:"payloadType"`
		Payload       string `json:"payload"`
		CreatedAt     string `json:"createdAt"`
	}
	t := newTalk(token)
	messages := make([]message, 0, len(t.lines))
	for i, l := range t.lines {
		messages = append(messages, message{
			ID:            t.ids.Next(),
			ParticipantID: l.who.peerID,
			SessionID:     t.sessionID,
			MeetingID:     t.meetingID,
			DisplayName:   l.who.name,
			Pinned:        i == 0,
			PayloadType:   "TEXT_MESSAGE",
			Payload:       l.text,
			CreatedAt:     timestamp(l.start),
		})
	}
	return marshal(messages)
}

// renderTranscript returns a transcript as JSON (practice). Times are in
// milliseconds, as in the CSV form.
func renderTranscript(token string) ([]byte, error) {
	type peer struct {
		ID          string `json:"id"`
		UserID      string `json:"userId"`
		DisplayName string `json:"displayName"`
		CPI         string `json:"cpi"`
		JoinedAt    string `json:"joinedAt"`
		LeftAt      string `json:"leftAt"`
	}
	type sentence struct {
		StartTime int64  `json:"startTime"`
		EndTime   int64  `json:"endTime"`
		Sentence  string `json:"sentence"`
		PeerData  peer   `json:"peerData"`
	}
	t := newTalk(token)
	spoken := make([]sentence, 0, len(t.lines))
	for _, l := range t.lines {
		spoken = append(spoken, sentence{
			l.start.Milliseconds(), l.end.Milliseconds(), l.text,
			peer{l.who.peerID, l.who.userID, l.who.name, l.who.customID, timestamp(0), timestamp(t.over() + time.Second)},
		})
	}
	return marshal(spoken)
}

func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("artifacts: %w", err)
	}
	return out.Bytes(), nil
}

// renderCSV returns a transcript as CSV without a header: start in
// milliseconds, peer, user, custom id, name and text, each quoted (practice).
func renderCSV(token string) ([]byte, error) {
	var out bytes.Buffer
	for _, l := range newTalk(token).lines {
		start := strconv.FormatInt(l.start.Milliseconds(), 10)
		for i, field := range []string{start, l.who.peerID, l.who.userID, l.who.customID, l.who.name, l.text} {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(`"` + strings.ReplaceAll(field, `"`, `""`) + `"`)
		}
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

func renderSRT(token string) ([]byte, error) {
	var out bytes.Buffer
	for i, l := range newTalk(token).lines {
		fmt.Fprintf(&out, "%d\n%s --> %s\n%s: %s\n\n", i+1, cueTime(l.start, ","), cueTime(l.end, ","), l.who.name, l.text)
	}
	return out.Bytes(), nil
}

func renderVTT(token string) ([]byte, error) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	out := bytes.NewBufferString("WEBVTT\n")
	for _, l := range newTalk(token).lines {
		fmt.Fprintf(out, "\n%s --> %s\n<v %s>%s\n", cueTime(l.start, "."), cueTime(l.end, "."), escape.Replace(l.who.name), escape.Replace(l.text))
	}
	return out.Bytes(), nil
}

// cueTime writes hours:minutes:seconds and milliseconds after separator.
func cueTime(at time.Duration, separator string) string {
	ms := at.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, separator, ms%1000)
}

func renderText(token string) ([]byte, error) { return summarise(token, "", "- "), nil }

func renderMarkdown(token string) ([]byte, error) { return summarise(token, "## ", "* "), nil }

// summarise writes a summary under headings and in points that begin as given.
func summarise(token, heading, point string) []byte {
	t := newTalk(token)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%sParticipants\n\n", heading)
	for _, p := range t.people {
		fmt.Fprintf(&out, "%s%s\n", point, p.name)
	}
	fmt.Fprintf(&out, "\n%sDiscussion\n\n", heading)
	for _, l := range t.lines {
		fmt.Fprintf(&out, "%s%s said: %s\n", point, l.who.name, l.text)
	}
	fmt.Fprintf(&out, "\n%sNext steps\n\n%s%s sends the notes.\n", heading, point, t.people[0].name)
	return out.Bytes()
}
