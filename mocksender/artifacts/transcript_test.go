package artifacts_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

// spoken is one line of a transcript, as far as every format has it.
type spoken struct {
	Start, End int64 // milliseconds; the CSV form has no end
	Name, Text string
}

type sentence struct {
	StartTime, EndTime int64
	Sentence           string
	PeerData           struct{ ID, UserID, DisplayName, CPI, JoinedAt, LeftAt string }
}

func jsonTranscript(t testing.TB, s http.Handler, token string) []sentence {
	t.Helper()
	var out []sentence
	strictly(t, get(t, s, artifacts.Transcript.Path(token, "t.json")), &out)
	return out
}

func TestTranscriptIsCoherentForEveryToken(t *testing.T) {
	for n := range 200 {
		lines := jsonTranscript(t, artifacts.New(), fmt.Sprint("token-", n))
		assert.Assert(t, len(lines) >= 6)
		last := int64(0)
		peers := map[string]string{}
		for _, l := range lines {
			assert.Assert(t, l.StartTime > last && l.EndTime > l.StartTime, "people speak one after the other")
			last = l.EndTime
			peer := l.PeerData
			assert.Assert(t, l.Sentence != "" && peer.DisplayName != "" && peer.CPI != "" && peer.UserID != "" && peer.ID != peer.UserID)
			if known, ok := peers[peer.ID]; ok {
				assert.Equal(t, peer.DisplayName, known)
			}
			peers[peer.ID] = peer.DisplayName
			joined, err := time.Parse(time.RFC3339, peer.JoinedAt)
			assert.NilError(t, err)
			left, err := time.Parse(time.RFC3339, peer.LeftAt)
			assert.NilError(t, err)
			assert.Equal(t, left.Sub(joined).Milliseconds(), lines[len(lines)-1].EndTime+1000, "all stay until the end")
		}
		assert.Assert(t, len(peers) >= 2, "a conversation")
	}
}

func TestTranscriptFormatsAgree(t *testing.T) {
	readers := map[string]func(testing.TB, string) []spoken{"t.csv": readCSV, "t.srt": readSRT, "t.vtt": readVTT}
	for n := range 50 {
		token := fmt.Sprint("token-", n)
		for file, reader := range readers {
			body := get(t, artifacts.New(), artifacts.Transcript.Path(token, file))
			var want []spoken
			for _, l := range jsonTranscript(t, artifacts.New(), token) {
				s := spoken{l.StartTime, l.EndTime, l.PeerData.DisplayName, l.Sentence}
				if file == "t.csv" {
					s.End = 0
				}
				want = append(want, s)
			}
			assert.DeepEqual(t, reader(t, body), want)
		}
	}
}

func readCSV(t testing.TB, body string) []spoken {
	t.Helper()
	assert.Assert(t, strings.HasPrefix(body, `"1000","`), "no header, every field quoted: %.40s", body)
	records, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	assert.NilError(t, err)
	var out []spoken
	for _, r := range records {
		assert.Equal(t, len(r), 6)
		out = append(out, spoken{Start: number(t, r[0]), Name: r[4], Text: r[5]})
	}
	return out
}

func readSRT(t testing.TB, body string) []spoken {
	t.Helper()
	var out []spoken
	for i, cue := range strings.Split(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		lines := strings.Split(cue, "\n")
		assert.Equal(t, len(lines), 3, cue)
		assert.Equal(t, lines[0], strconv.Itoa(i+1))
		start, end := cueTimes(t, lines[1], ",")
		name, text, _ := strings.Cut(lines[2], ": ")
		out = append(out, spoken{start, end, name, text})
	}
	return out
}

func readVTT(t testing.TB, body string) []spoken {
	t.Helper()
	cues := strings.Split(strings.TrimSuffix(body, "\n"), "\n\n")
	assert.Equal(t, cues[0], "WEBVTT")
	var out []spoken
	for _, cue := range cues[1:] {
		lines := strings.Split(cue, "\n")
		assert.Equal(t, len(lines), 2, cue)
		start, end := cueTimes(t, lines[0], ".")
		voice := regexp.MustCompile(`^<v ([^>]+)>([^<>]+)$`).FindStringSubmatch(lines[1])
		assert.Assert(t, voice != nil, lines[1])
		out = append(out, spoken{start, end, html.UnescapeString(voice[1]), html.UnescapeString(voice[2])})
	}
	return out
}

func cueTimes(t testing.TB, line, separator string) (start, end int64) {
	t.Helper()
	one := `(\d\d):(\d\d):(\d\d)` + regexp.QuoteMeta(separator) + `(\d\d\d)`
	found := regexp.MustCompile("^" + one + " --> " + one + "$").FindStringSubmatch(line)
	assert.Assert(t, found != nil, line)
	at := func(part []string) int64 {
		return ((number(t, part[0])*60+number(t, part[1]))*60+number(t, part[2]))*1000 + number(t, part[3])
	}
	return at(found[1:5]), at(found[5:9])
}

func number(t testing.TB, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	assert.NilError(t, err)
	return n
}

func TestTranscriptsContainWhatCarelessReadersGetWrong(t *testing.T) {
	var all strings.Builder
	for n := range 50 {
		all.WriteString(get(t, artifacts.New(), artifacts.Transcript.Path(fmt.Sprint("token-", n), "t.csv")))
	}
	for _, trap := range []string{`""the plan""`, "everyone, can", "latency < 200 ms & stable", `C:\reports`, "🎉", "文档", "شكرا", "O'Neill", "José", "प्रिया"} {
		assert.Assert(t, strings.Contains(all.String(), trap), trap)
	}
}
