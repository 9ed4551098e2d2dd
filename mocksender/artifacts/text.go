package artifacts

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// renderTranscript returns a transcript as JSON (practice). Times are in
// milliseconds, as in the CSV form.
func renderTranscript(s subject) ([]byte, error) {
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
	t := newTalk(s)
	spoken := make([]sentence, 0, len(t.lines))
	for _, l := range t.lines {
		spoken = append(spoken, sentence{
			l.start.Milliseconds(), l.end.Milliseconds(), l.text,
			peer{
				l.who.peerID, l.who.userID, l.who.name, l.who.customID,
				t.timestamp(l.who.joined), t.timestamp(t.leaving(l.who)),
			},
		})
	}
	return marshal(spoken)
}

// renderCSV returns a transcript as CSV without a header: start in
// milliseconds, peer, user, custom id, name and text, each quoted (practice).
func renderCSV(s subject) ([]byte, error) {
	var out bytes.Buffer
	for _, l := range newTalk(s).lines {
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

func renderSRT(s subject) ([]byte, error) {
	var out bytes.Buffer
	for i, l := range newTalk(s).lines {
		fmt.Fprintf(&out, "%d\n%s --> %s\n%s: %s\n\n", i+1, cueTime(l.start, ","), cueTime(l.end, ","), oneLine(l.who.name), l.text)
	}
	return out.Bytes(), nil
}

func renderVTT(s subject) ([]byte, error) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	out := bytes.NewBufferString("WEBVTT\n")
	for _, l := range newTalk(s).lines {
		fmt.Fprintf(out, "\n%s --> %s\n<v %s>%s\n", cueTime(l.start, "."), cueTime(l.end, "."), escape.Replace(oneLine(l.who.name)), escape.Replace(l.text))
	}
	return out.Bytes(), nil
}

// cueTime writes hours:minutes:seconds and milliseconds after separator.
func cueTime(at time.Duration, separator string) string {
	ms := at.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, separator, ms%1000)
}

// oneLine writes a space for what would end a line, or is no text at all: a
// cue and a point are over with their line, and names may hold anything.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

func renderText(s subject) ([]byte, error) { return summarise(s, "", "", "- "), nil }

func renderMarkdown(s subject) ([]byte, error) { return summarise(s, "# ", "## ", "* "), nil }

// summarise writes a summary under a title and headings, and in points, that
// begin as given.
func summarise(s subject, title, heading, point string) []byte {
	t := newTalk(s)
	var out bytes.Buffer
	if t.title != "" {
		fmt.Fprintf(&out, "%s%s\n\n", title, oneLine(t.title))
	}
	fmt.Fprintf(&out, "%sParticipants\n\n", heading)
	people := t.names()
	for _, name := range people {
		fmt.Fprintf(&out, "%s%s\n", point, name)
	}
	fmt.Fprintf(&out, "\n%sDiscussion\n\n", heading)
	for _, l := range t.lines {
		fmt.Fprintf(&out, "%s%s said: %s\n", point, oneLine(l.who.name), l.text)
	}
	fmt.Fprintf(&out, "\n%sNext steps\n\n%s%s sends the notes.\n", heading, point, people[0])
	return out.Bytes()
}

// names returns the names of those who took part, each on one line, and once
// for all the stays of a user.
func (t talk) names() []string {
	var out []string
	seen := map[string]bool{}
	for _, p := range t.people {
		if !seen[p.userID] {
			out = append(out, oneLine(p.name))
		}
		seen[p.userID] = true
	}
	return out
}
