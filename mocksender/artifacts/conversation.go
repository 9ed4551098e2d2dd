package artifacts

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// conversation is what was said in a meeting. All kinds and formats of a token
// show the same conversation, and so do all tokens of a described session.
type conversation struct {
	meetingID, sessionID string
	title                string // may be empty
	start                time.Time
	participants         []participant // in the order in which they joined
	lines                []line
	ids                  *rtk.IDs
}

// participant is one stay of a person in the meeting.
type participant struct {
	peerID, userID, customID, name string
	joined, left                   time.Duration // since the meeting started
}

// unknownLeave is the leave time of a participant if nobody knows it.
const unknownLeave = time.Duration(math.MaxInt64)

type line struct {
	speaker    *participant
	start, end time.Duration // since the meeting started
	text       string
}

func newConversation(s source) conversation {
	seedText := s.token
	if s.meeting.SessionID != "" {
		// The chat, the transcript and the summary of a session have different
		// tokens, but show the same conversation.
		seedText = "session " + s.meeting.SessionID
	}
	sum := sha256.Sum256([]byte(seedText))
	seed := binary.BigEndian.Uint64(sum[:8])
	rng := rand.New(rand.NewPCG(seed, binary.BigEndian.Uint64(sum[8:16])))
	ids := rtk.NewIDs(seed, "artifact")
	c := conversation{
		meetingID: cmp.Or(s.meeting.ID, ids.Next()),
		sessionID: cmp.Or(s.meeting.SessionID, ids.Next()),
		title:     s.meeting.Title,
		start:     s.meeting.Start,
		ids:       ids,
	}
	if c.start.IsZero() {
		c.start = time.Date(2026, time.June, 3, 10, 0, 0, 0, time.UTC) // as in the guide's samples
	}
	c.addParticipants(s.meeting, rng)
	c.addLines(rng)
	return c
}

// addParticipants adds the people of m, or invented ones if m names nobody.
// Missing details are invented too.
func (c *conversation) addParticipants(m Meeting, rng *rand.Rand) {
	names := []string{
		"Mary Sue", "Amina Diallo", "José Álvarez", "李明", "Siobhán O'Neill",
		"प्रिया शर्मा", "Олена Коваль", "سارة حسن",
	}
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	people := make([]Person, 2+rng.IntN(3))
	if len(m.People) > 0 {
		people = m.People
	}
	users := map[string]string{} // by custom id: somebody who comes back is the same user
	for i, person := range people {
		p := participant{
			peerID:   cmp.Or(person.PeerID, c.ids.Next()),
			userID:   cmp.Or(person.UserID, users[person.CustomID], c.ids.Next()),
			customID: cmp.Or(person.CustomID, "user-"+c.ids.Next()[:8]),
			name:     cmp.Or(person.Name, names[i%len(names)]),
			left:     unknownLeave,
		}
		users[p.customID] = p.userID
		if !person.JoinedAt.IsZero() {
			// Half of the maximum leaves room to add to it.
			p.joined = min(max(person.JoinedAt.Sub(c.start), 0), math.MaxInt64/2)
		}
		if !m.End.IsZero() {
			p.left = m.End.Sub(c.start)
		}
		if !person.LeftAt.IsZero() {
			p.left = person.LeftAt.Sub(c.start)
		}
		c.participants = append(c.participants, p)
	}
	slices.SortStableFunc(c.participants, func(a, b participant) int { return cmp.Compare(a.joined, b.joined) })
}

// addLines lets people speak one after the other: first everybody once, then
// speakers drawn at random. Nobody speaks before joining or after leaving; a
// line that does not fit is left out.
func (c *conversation) addLines(rng *rand.Rand) {
	texts := sentences()
	rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	at := time.Second
	for i, text := range texts[:6+rng.IntN(len(texts)-5)] {
		length := time.Duration(1200+rng.IntN(3800)) * time.Millisecond
		var speaker *participant
		if i < len(c.participants) {
			speaker = &c.participants[i]
			at = max(at, speaker.joined+time.Second)
		} else if present := c.present(at); len(present) > 0 {
			speaker = present[rng.IntN(len(present))]
		}
		if speaker == nil || at+length >= speaker.left {
			continue
		}
		c.lines = append(c.lines, line{speaker, at, at + length, text})
		at += length + time.Duration(300+rng.IntN(1200))*time.Millisecond
	}
}

// sentences contains what careless readers of CSV, JSON, SRT and VTT get wrong:
// commas, quotes, angle brackets, backslashes, several scripts, an emoji.
func sentences() []string {
	return []string{
		"Hello everyone, can you hear me?",
		"Yes, loud and clear.",
		`Let us start with "the plan", then the numbers.`,
		"The release moves to Thursday.",
		"Ça marche, je m'en occupe.",
		"我来更新文档。",
		"Is latency < 200 ms & stable?",
		`The share is under C:\reports, I think.`,
		"Great work! 🎉",
		"One question; who reviews the contract?",
		"I will send the notes after the call.",
		"شكرا للجميع",
	}
}

// present returns who has not left at a time when everybody has joined.
func (c *conversation) present(at time.Duration) []*participant {
	var out []*participant
	for i := range c.participants {
		if p := &c.participants[i]; at < p.left {
			out = append(out, p)
		}
	}
	return out
}

// leaveTime returns when p left. If nobody knows, that is a second after the
// last line.
func (c conversation) leaveTime(p *participant) time.Duration {
	if p.left < unknownLeave {
		return p.left
	}
	last := p.joined
	if len(c.lines) > 0 {
		last = max(last, c.lines[len(c.lines)-1].end)
	}
	return last + time.Second
}

// timestamp formats a time since the start as the guide's samples do.
func (c conversation) timestamp(at time.Duration) string {
	return c.start.Add(at).UTC().Format("2006-01-02T15:04:05.000Z")
}

// names returns the names of the participants, on one line each. A user with
// several stays is named once.
func (c conversation) names() []string {
	var out []string
	seen := map[string]bool{}
	for _, p := range c.participants {
		if !seen[p.userID] {
			out = append(out, oneLine(p.name))
		}
		seen[p.userID] = true
	}
	return out
}

// oneLine replaces line breaks and control characters by spaces. Names may hold
// anything, but a cue or a bullet point ends with its line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// source is everything that the content of an artifact depends on.
type source struct {
	token   string
	meeting Meeting // zero unless described
	baseURL string  // of links to the server, without a final slash
}

func writeJSON(out *bytes.Buffer, v any) {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // v holds strings, numbers and booleans, so it always encodes
}
