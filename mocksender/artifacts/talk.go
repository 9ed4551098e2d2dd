package artifacts

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// subject is all that a content depends on.
type subject struct {
	token   string
	meeting Meeting // zero unless described
	base    string  // of links back to the server, without a slash at the end
}

// talk is what was said in a meeting: one talk for all kinds and formats of a
// token, and for all tokens that are described by the same session.
type talk struct {
	meetingID, sessionID string
	title                string // may be empty
	began                time.Time
	people               []person // in the order in which they joined
	lines                []line
	ids                  *rtk.IDs
}

// person is somebody's stay in the meeting. Times count from its beginning.
type person struct {
	peerID, userID, customID, name string
	joined, left                   time.Duration
}

// forever is when somebody leaves of whom nothing is known.
const forever = time.Duration(math.MaxInt64)

type line struct {
	who        *person
	start, end time.Duration // since the meeting began
	text       string
}

// defaultStart is when talks began by the guide's samples: an artifact does not
// know the meeting that its link came from, unless somebody describes it.
func defaultStart() time.Time { return time.Date(2026, time.June, 3, 10, 0, 0, 0, time.UTC) }

// timestamp writes at as the guide's samples do.
func (t talk) timestamp(at time.Duration) string {
	return t.began.Add(at).UTC().Format("2006-01-02T15:04:05.000Z")
}

func names() []string {
	return []string{
		"Mary Sue", "Amina Diallo", "José Álvarez", "李明", "Siobhán O'Neill",
		"प्रिया शर्मा", "Олена Коваль", "سارة حسن",
	}
}

// sentences holds what trips careless readers of CSV, JSON, SRT and VTT:
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

func newTalk(s subject) talk {
	source := s.token
	if s.meeting.SessionID != "" {
		// The chat, the transcript and the summary of a session have links of
		// their own, and tell of the same talk.
		source = "session " + s.meeting.SessionID
	}
	sum := sha256.Sum256([]byte(source))
	seed := binary.BigEndian.Uint64(sum[:8])
	rng := rand.New(rand.NewPCG(seed, binary.BigEndian.Uint64(sum[8:16])))
	ids := rtk.NewIDs(seed, "artifact")
	t := talk{
		meetingID: cmp.Or(s.meeting.ID, ids.Next()),
		sessionID: cmp.Or(s.meeting.SessionID, ids.Next()),
		title:     s.meeting.Title,
		began:     s.meeting.Start,
		ids:       ids,
	}
	if t.began.IsZero() {
		t.began = defaultStart()
	}
	t.gather(s.meeting, rng)
	t.speak(rng)
	return t
}

// gather lets the people of m take part, or some others if it names none. What
// m leaves open is made up.
func (t *talk) gather(m Meeting, rng *rand.Rand) {
	all := names()
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	stays := make([]Person, 2+rng.IntN(3))
	if len(m.People) > 0 {
		stays = m.People
	}
	users := map[string]string{} // by custom id: who comes again is the same user
	for i, stay := range stays {
		p := person{
			peerID:   cmp.Or(stay.PeerID, t.ids.Next()),
			userID:   cmp.Or(stay.UserID, users[stay.CustomID], t.ids.Next()),
			customID: cmp.Or(stay.CustomID, "user-"+t.ids.Next()[:8]),
			name:     cmp.Or(stay.Name, all[i%len(all)]),
			left:     forever,
		}
		users[p.customID] = p.userID
		if !stay.JoinedAt.IsZero() {
			p.joined = min(max(stay.JoinedAt.Sub(t.began), 0), forever/2)
		}
		if !m.End.IsZero() {
			p.left = m.End.Sub(t.began)
		}
		if !stay.LeftAt.IsZero() {
			p.left = stay.LeftAt.Sub(t.began)
		}
		t.people = append(t.people, p)
	}
	slices.SortStableFunc(t.people, func(a, b person) int { return cmp.Compare(a.joined, b.joined) })
}

// speak fills the lines. People speak one after the other, each once before
// anybody is drawn, and nobody before joining or after leaving; so a line that
// does not fit is not said.
func (t *talk) speak(rng *rand.Rand) {
	texts := sentences()
	rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	at := time.Second
	for i, text := range texts[:6+rng.IntN(len(texts)-5)] {
		length := time.Duration(1200+rng.IntN(3800)) * time.Millisecond
		var who *person
		if i < len(t.people) {
			who = &t.people[i]
			at = max(at, who.joined+time.Second)
		} else if present := t.present(at); len(present) > 0 {
			who = present[rng.IntN(len(present))]
		}
		if who == nil || at+length >= who.left {
			continue
		}
		t.lines = append(t.lines, line{who, at, at + length, text})
		at += length + time.Duration(300+rng.IntN(1200))*time.Millisecond
	}
}

// present returns who has not left at a time when all have joined.
func (t *talk) present(at time.Duration) []*person {
	var out []*person
	for i := range t.people {
		if p := &t.people[i]; at < p.left {
			out = append(out, p)
		}
	}
	return out
}

// leaving returns when p left: a second after the last line, if nobody knows.
func (t talk) leaving(p *person) time.Duration {
	if p.left < forever {
		return p.left
	}
	var over time.Duration
	if len(t.lines) > 0 {
		over = t.lines[len(t.lines)-1].end
	}
	return max(over, p.joined) + time.Second
}
