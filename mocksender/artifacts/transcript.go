package artifacts

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// writeTranscriptCSV writes rows without a header: start in milliseconds, peer,
// user, custom id, name and text, each in quotes (practice).
func writeTranscriptCSV(out *bytes.Buffer, s source) {
	for _, l := range newConversation(s).lines {
		p := l.speaker
		row := []string{strconv.FormatInt(l.start.Milliseconds(), 10), p.peerID, p.userID, p.customID, p.name, l.text}
		for i, field := range row {
			row[i] = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
		}
		out.WriteString(strings.Join(row, ",") + "\n")
	}
}

// writeTranscriptJSON writes an array of sentences (practice). Times are in
// milliseconds, as in the CSV form.
func writeTranscriptJSON(out *bytes.Buffer, s source) {
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
	c := newConversation(s)
	sentences := make([]sentence, 0, len(c.lines))
	for _, l := range c.lines {
		p := l.speaker
		sentences = append(sentences, sentence{
			l.start.Milliseconds(), l.end.Milliseconds(), l.text,
			peer{p.peerID, p.userID, p.name, p.customID, c.timestamp(p.joined), c.timestamp(c.leaveTime(p))},
		})
	}
	writeJSON(out, sentences)
}

func writeTranscriptSRT(out *bytes.Buffer, s source) {
	for i, l := range newConversation(s).lines {
		fmt.Fprintf(out, "%d\n%s --> %s\n%s: %s\n\n", i+1, cueTime(l.start, ","), cueTime(l.end, ","), oneLine(l.speaker.name), l.text)
	}
}

func writeTranscriptVTT(out *bytes.Buffer, s source) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	out.WriteString("WEBVTT\n")
	for _, l := range newConversation(s).lines {
		fmt.Fprintf(out, "\n%s --> %s\n<v %s>%s\n", cueTime(l.start, "."), cueTime(l.end, "."), escape.Replace(oneLine(l.speaker.name)), escape.Replace(l.text))
	}
}

// cueTime returns HOURS:MINUTES:SECONDS, the separator and the milliseconds.
func cueTime(at time.Duration, separator string) string {
	ms := at.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, separator, ms%1000)
}
