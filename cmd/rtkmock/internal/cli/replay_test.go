package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// recorded plays a scenario to a receiver that holds the key, and returns the
// recording, the receiver and the key.
func recorded(t *testing.T, scenario string, args ...string) (path string, ready server.Ready, key string) {
	t.Helper()
	key = keyFile(t)
	_, ready = startServer(t, "receive", "--key", key)
	path = filepath.Join(t.TempDir(), "r.jsonl")
	call(t, quick(append([]string{"play", scenario, ready.URL, "--key", key, "--record", path}, args...)...)...).exits(t, exit.OK)
	return path, ready, key
}

// replayed is what the tests read of the account of a replay.
type replayed struct {
	Complete                                bool
	Records, Sent, Unreached, Retries, Same int
	Statuses                                map[int]int
	TookMS                                  float64 `json:"took_ms"`
}

func readReplayed(t *testing.T, text string) (doc replayed) {
	t.Helper()
	assert.NilError(t, json.Unmarshal([]byte(text), &doc))
	return doc
}

func TestReplaySendsWhatWasRecorded(t *testing.T) {
	t.Parallel()
	path, ready, _ := recorded(t, "flaky-network", "--seed", "3")
	r := call(t, "replay", path)
	r.exits(t, exit.OK)
	assert.Assert(t, strings.HasPrefix(r.out, "answered as recorded\n"), r.out)

	doc := readReplayed(t, call(t, "replay", path, ready.URL, "--output", "json", "--concurrency", "8").out)
	assert.Equal(t, doc.Same, doc.Sent)
	assert.Equal(t, doc.Sent+doc.Unreached, doc.Records)
	assert.Assert(t, doc.Unreached > 0)
	assert.Assert(t, doc.Complete)

	first := call(t, "replay", path, "--first-attempts-only", "--output", "json")
	first.exits(t, exit.OK)
	doc = readReplayed(t, first.out)
	assert.Equal(t, doc.Sent, 36)
	assert.DeepEqual(t, doc.Statuses, map[int]int{200: 36})
	assert.Assert(t, doc.Retries > 0)
}

func TestReplayIsByteForByte(t *testing.T) {
	t.Parallel()
	type request struct{ signature, uuid, body string }
	var got []request
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, request{r.Header.Get("rtk-signature"), r.Header.Get("rtk-uuid"), string(body)})
	}))
	defer s.Close()
	path := filepath.Join(t.TempDir(), "r.jsonl")
	call(t, quick("play", "weekly-sync", s.URL, "--record", path)...).exits(t, exit.OK)
	sent := got
	got = nil
	call(t, "replay", path).exits(t, exit.OK)
	assert.Equal(t, len(got), 18)
	for i := range sent {
		assert.Equal(t, got[i], sent[i])
	}
}

func TestReplayServesTheKeyOfTheRecording(t *testing.T) {
	t.Parallel()
	path, _, key := recorded(t, "host-ends-meeting")
	keyServer := httptest.NewUnstartedServer(nil)
	address := keyServer.Listener.Addr().String()
	keyServer.Listener.Close()
	_, ready := startServer(t, "receive", "--key-url", "http://"+address+"/.well-known/webhooks.json")
	r := call(t, "replay", path, ready.URL, "--key", key, "--listen", address)
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.err, "rtkmock: key URL  http://"+address+"/.well-known/webhooks.json\n"))
}

func TestReplayReportsWhatDiffers(t *testing.T) {
	t.Parallel()
	path, _, _ := recorded(t, "host-ends-meeting")
	r := call(t, "replay", path, answering(t, 401))
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, strings.HasPrefix(r.out, "8 of 8 answered otherwise than recorded\n"), r.out)
	assert.Assert(t, is.Contains(r.out, "  8 answered 401\n"))
	assert.Assert(t, is.Contains(r.out, "  line 1: meeting.started rtk-uuid "))
	assert.Assert(t, is.Contains(r.out, ": was 200, now 401\n"))

	dead := call(t, "replay", path, deadURL(t))
	dead.exits(t, exit.Inconclusive)
	assert.Assert(t, strings.HasPrefix(dead.out, "not reached\n"), dead.out)
	assert.Equal(t, strings.Count(dead.out, "nothing listens"), 1)
}

func TestReplayJudgesWhatHasNoRecordedAnswer(t *testing.T) {
	t.Parallel()
	const line = `{"method":"POST","url":"","headers":{"Content-Type":"application/json"},"body":"{}"}` + "\n"
	for _, c := range []struct {
		status, code int
		head, line   string
	}{
		{204, exit.OK, "accepted; no answers are recorded to compare with\n", ""},
		{401, exit.Nonconformant, "2 of 2 answered otherwise than recorded\n", "\n  line 3: 401\n"},
	} {
		r := caller{in: strings.NewReader(line + "\n" + line)}.call(t, "replay", "-", answering(t, c.status))
		r.exits(t, c.code)
		assert.Assert(t, strings.HasPrefix(r.out, c.head), r.out)
		assert.Assert(t, is.Contains(r.out, c.line))
	}
}

func TestReplayNamesTheLineOfAMistake(t *testing.T) {
	t.Parallel()
	good := `{"method":"POST","url":"http://127.0.0.1:1/","headers":{},"body":"{}"}` + "\n"
	for _, c := range []struct{ text, want string }{
		{"hello\n", `standard input:1: found "hello", want an object`},
		{strings.Replace(good, "{}", `{"x-a":"(redacted)"}`, 1), `standard input: the recording holds a redacted value: the header x-a, so give one (line 1 of the recording); --header 'NAME: VALUE' and the URL fill in what is redacted`},
		{strings.Replace(good, "http://127.0.0.1:1/", "", 1), `standard input: unusable target URL: it begins with "", want http:// or https:// (line 1 of the recording)`},
		{strings.Replace(good, "127.0.0.1", "203.0.113.9", 1), `replay: the host 203.0.113.9 is neither this machine nor in a private network; want --allow-remote if it is yours to test`},
	} {
		r := caller{in: strings.NewReader(c.text)}.call(t, "replay", "-")
		r.exits(t, exit.Usage)
		want := c.want
		if !strings.HasPrefix(want, "replay: ") {
			want = "replay: " + want
		}
		assert.Assert(t, strings.HasSuffix(r.err, "rtkmock: "+want+"\n"), "%s", r.err)
	}
	r := caller{in: strings.NewReader("")}.call(t, "replay", "-")
	r.says(t, exit.Nothing, "replay: standard input holds no request")
	unreached := strings.Replace(good, `"{}"`, `"{}","delivery":{"attempt":1,"genuine":true,"unreached":true}`, 1)
	r = caller{in: strings.NewReader(unreached)}.call(t, "replay", "-")
	r.exits(t, exit.Nothing)
}

func TestReplayFillsInWhatWasRedacted(t *testing.T) {
	t.Parallel()
	var tokens []string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.Header.Get("X-Token"))
	}))
	defer s.Close()
	path := filepath.Join(t.TempDir(), "r.jsonl")
	call(t, quick("play", scriptFile(t, `{"emit": "meeting.started"}`), s.URL, "--header", "X-Token: hunter4", "--record", path)...).exits(t, exit.OK)
	data, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, !bytes.Contains(data, []byte("hunter4")))
	call(t, "replay", path).exits(t, exit.Usage)
	call(t, "replay", path, "--header", "X-Token: hunter5").exits(t, exit.OK)
	assert.DeepEqual(t, tokens, []string{"hunter4", "hunter5"})
}

func TestInterruptedReplayReportsWhatItHas(t *testing.T) {
	t.Parallel()
	path, _, _ := recorded(t, "weekly-sync")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if n++; n == 3 {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
		}
	}))
	defer s.Close()
	r := caller{ctx: ctx}.call(t, "replay", path, s.URL, "--output", "json")
	r.exits(t, exit.Interrupted)
	doc := readReplayed(t, r.out)
	assert.Assert(t, !doc.Complete)
	assert.Equal(t, doc.Statuses[200], 2)
}

func TestInterruptedReplayDoesNotWaitForStandardInput(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, feed := io.Pipe()
	defer feed.Close()
	code := make(chan int)
	go func() {
		code <- run(ctx, newApp(nil, terminal.Streams{In: in, Out: io.Discard, Err: io.Discard}), []string{"replay", "-"})
	}()
	cancel()
	assert.Equal(t, <-code, exit.Interrupted)
}

func TestReplayAtASpeedKeepsTheSpacing(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, at := range []string{"2026-06-03T10:00:00Z", "2026-06-03T10:01:00Z"} {
		lines = append(lines, `{"method":"POST","url":"","headers":{},"body":"","delivery":{"genuine":true,"at":"`+at+`"}}`)
	}
	r := caller{in: strings.NewReader(strings.Join(lines, "\n"))}.call(t, "replay", "-", answering(t, 200), "--speed", "300", "--output", "json")
	r.exits(t, exit.OK)
	assert.Assert(t, readReplayed(t, r.out).TookMS >= 200)
}

func TestProgressOfAReplay(t *testing.T) {
	t.Parallel()
	path, _, _ := recorded(t, crowdFile(t))
	bar := caller{tty: true, width: 70}.call(t, "replay", path)
	bar.exits(t, exit.OK)
	assert.Assert(t, is.Contains(bar.err, "%"))
	assert.Assert(t, !strings.Contains(bar.err, "/1000"), "parts of the file are nothing to count")
	none := caller{tty: true, width: 70}.call(t, "replay", path, "--progress", "none")
	assert.Equal(t, none.err, "")
}
