package artifacts

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// talk is what was said in the meeting of a token: one talk for all kinds and
// formats.
type talk struct {
	meetingID, sessionID string
	people               []person
	lines                []line
	ids                  *rtk.IDs
}

type person struct {
	peerID, userID, customID, name string
}

type line struct {
	who        *person
	start, end time.Duration // since the meeting began
	text       string
}

// began is when every talk began, by the guide's samples: an artifact does not
// know the meeting that its link came from.
func began() time.Time { return time.Date(2026, time.June, 3, 10, 0, 0, 0, time.UTC) }

// timestamp writes at as the guide's samples do.
func timestamp(at time.Duration) string {
	return began().Add(at).Format("2006-01-02T15:04:05.000Z")
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

func newTalk(token string) talk {
	sum := sha256.Sum256([]byte(token))
	seed := binary.BigEndian.Uint64(sum[:8])
	rng := rand.New(rand.NewPCG(seed, binary.BigEndian.Uint64(sum[8:16])))
	t := talk{ids: rtk.NewIDs(seed, "artifact")}
	t.meetingID, t.sessionID = t.ids.Next(), t.ids.Next()

	all := names()
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, name := range all[:2+rng.IntN(3)] {
		t.people = append(t.people, person{t.ids.Next(), t.ids.Next(), "user-" + t.ids.Next()[:8], name})
	}

	texts := sentences()
	rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	at := time.Second
	for i, text := range texts[:6+rng.IntN(len(texts)-5)] {
		length := time.Duration(1200+rng.IntN(3800)) * time.Millisecond
		// Everybody speaks once before anybody is drawn.
		who := i
		if who >= len(t.people) {
			who = rng.IntN(len(t.people))
		}
		t.lines = append(t.lines, line{&t.people[who], at, at + length, text})
		at += length + time.Duration(300+rng.IntN(1200))*time.Millisecond
	}
	return t
}

// over returns when the last line ends.
func (t talk) over() time.Duration { return t.lines[len(t.lines)-1].end }
