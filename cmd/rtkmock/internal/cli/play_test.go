package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/scenarios"
	"github.com/rtkmock/rtkmock/schemas"
)

// playDoc is what the tests read of the JSON report of a play.
type playDoc struct {
	Outcome, Headline, Stopped, Seed, Start string
	Complete                                bool
	Speed                                   float64
	TookMS                                  float64 `json:"took_ms"`
	KeyFetches                              int     `json:"key_fetches"`
	Recording                               string
	Faults                                  []string
	Assumptions                             []struct{ Name, Value, Flag string }
	Summary                                 struct{ Sent, Attempts, Met, Unmet, Inconclusive, Filtered, Abandoned int }
	Steps                                   []struct {
		Number, Status, Reason string
		Evidence               []struct{ Curl string }
	}
	Health []struct {
		State       string
		MeetingTime string `json:"meeting_time"`
	}
	Ledger ledger.Report
}

// assumes returns the value of an assumption by the flag that changes it.
func (d playDoc) assumes(flag string) string {
	for _, a := range d.Assumptions {
		if a.Flag == flag {
			return a.Value
		}
	}
	return ""
}

// readPlay reads the JSON report of a play, which has to be valid.
func readPlay(t *testing.T, text string) playDoc {
	t.Helper()
	assert.NilError(t, schemas.Validate("play", schemas.Strict, []byte(text)))
	var doc playDoc
	assert.NilError(t, json.Unmarshal([]byte(text), &doc))
	return doc
}

// scriptFile writes a scenario of these steps to a file.
func scriptFile(t *testing.T, steps string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mine.json")
	assert.NilError(t, os.WriteFile(path, []byte(`{"title": "A test", "steps": [`+steps+`]}`), 0o600))
	return path
}

// crowdFile is a script of 101 deliveries: enough for chance and progress to
// show, and few enough to be signed soon.
func crowdFile(t *testing.T) string {
	t.Helper()
	return scriptFile(t, `{"emit": "meeting.started"}, {"emit": "meeting.participantJoined", "who": "guest-${n}", "times": 100}`)
}

// answering is a target that answers with one status.
func answering(t *testing.T, status int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/webhook"
}

// quick are flags that spare waits between attempts.
func quick(args ...string) []string {
	return append(args, "--retry-schedule", "1ms,20ms,60ms", "--progress", "none")
}

func TestEveryScenarioIsMetByTheBuiltInReceiver(t *testing.T) {
	t.Parallel()
	for _, name := range scenarios.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := call(t, quick("play", name, "--output", "json")...)
			r.exits(t, exit.OK)
			doc := readPlay(t, r.out)
			assert.Equal(t, doc.Outcome, "met")
			assert.Assert(t, doc.Complete)
			s, err := scenarios.Load(name)
			assert.NilError(t, err)
			assert.Equal(t, doc.Summary.Sent, s.Deliveries())
			assert.Equal(t, doc.Ledger.Emitted+doc.Ledger.NotGenuine, s.Deliveries())
			first := doc.Ledger.Timeline.Entries[0]
			assert.Assert(t, !first.MeetingTime.IsZero(), "the timeline has the meeting's time")
		})
	}
}

func TestExitCodeOfPlaySaysHowItEnded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		args   []string
		code   int
		out    string
	}{
		{"all met", []string{"host-ends-meeting"}, exit.OK, "all 8 expectations met\n"},
		{"an always-401 receiver accepts nothing", []string{"host-ends-meeting", answering(t, 401)}, exit.Nonconformant, "8 of 8 expectations unmet\n"},
		{"and rejects nothing, for all that it refuses", []string{"forged-between", answering(t, 401)}, exit.Nonconformant, "12 of 22 expectations unmet, 10 inconclusive\n"},
		{"5xx to the end", []string{"host-ends-meeting", answering(t, 503)}, exit.Nonconformant, "8 exhausted with 503\n"},
		{"nobody there", []string{"host-ends-meeting", deadURL(t), "--wait-for-target", "1ms"}, exit.Inconclusive, "not played: 9 steps, from step 1 on\n"},
		{"faults keep everything away", []string{"host-ends-meeting", "--fault", "respond 503"}, exit.Inconclusive, "inconclusive: 8 of 8 expectations could not be judged\n"},
		{"nothing to deliver", []string{"host-ends-meeting", "--events", "meeting.summary"}, exit.Nothing, "inconclusive: nothing was judged\n"},
		{"part of it to deliver", []string{"weekly-sync", "--events", "meeting.started,meeting.ended"}, exit.OK, "all 2 expectations met\n"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			r := call(t, quick(append([]string{"play"}, c.args...)...)...)
			r.exits(t, c.code)
			assert.Assert(t, is.Contains(r.out, c.out))
		})
	}
}

func TestUnmetStepsComeWithEvidence(t *testing.T) {
	t.Parallel()
	r := call(t, quick("play", "host-ends-meeting", answering(t, 401))...)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "UNMET step 1: emit meeting.started host\n  want   delivered\n  found  answered 401\n"))
	assert.Equal(t, strings.Count(r.out, "  got  "), 1, "the others say the same")
	assert.Assert(t, is.Contains(r.out, "UNMET steps 2, 3, 4 and 4 more: answered 401\n"))
	assert.Assert(t, is.Contains(r.out, "The receiver accepted nothing and never fetched the key"))
}

func TestOwnScriptsArePlayed(t *testing.T) {
	t.Parallel()
	path := scriptFile(t, `{"emit": "meeting.started"}, {"emit": "meeting.ended", "mutate": ["signature/other-key"], "expect": "delivered"}`)
	r := call(t, quick("play", path)...)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "1 of 2 expectations unmet\n"))
	assert.Assert(t, is.Contains(r.out, "scenario  "+path+": A test\n"))

	text, err := os.ReadFile(path)
	assert.NilError(t, err)
	r = caller{in: bytes.NewReader(text)}.call(t, quick("play", "-")...)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "1 of 2 expectations unmet\n"))
}

func TestPlaySendsTheSameBytesAgain(t *testing.T) {
	t.Parallel()
	key := keyFile(t)
	bodies := func() string {
		var mu sync.Mutex
		var all []string
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, fmt.Sprint(r.Header["Rtk-Uuid"], r.Header["Rtk-Signature"], r.Header["Rtk-Webhook-Id"], string(body)))
		}))
		defer s.Close()
		// The links lead to the address, which therefore has to be fixed.
		r := call(t, quick("play", "out-of-order", s.URL, "--seed", "7", "--start", "2026-06-03T10:00:00Z", "--key", key, "--advertise", "http://rtkmock.test")...)
		r.exits(t, exit.OK)
		return strings.Join(all, "\n")
	}
	first := bodies()
	assert.Assert(t, is.Contains(first, "2026-06-03T10:00:00.000Z"))
	assert.Assert(t, is.Contains(first, "http://rtkmock.test/artifacts/"))
	assert.Equal(t, bodies(), first)
}

func TestSetAndUnsetChangeEveryEventOfAPlay(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "r.jsonl")
	r := call(t, quick("play", "weekly-sync", "--set", "meeting.title=Mine", "--unset", "meeting.organizedBy", "--meeting-id", "room-1", "--form", "client-specific-id", "--record", record)...)
	r.exits(t, exit.OK)
	info, err := os.Stat(record)
	assert.NilError(t, err)
	assert.Equal(t, info.Mode().Perm(), os.FileMode(0o600), "bodies may be the user's")
	data, err := os.ReadFile(record)
	assert.NilError(t, err)
	for line := range strings.Lines(string(data)) {
		if strings.Contains(line, `\"meeting\":`) {
			assert.Assert(t, is.Contains(line, `\"title\":\"Mine\"`))
			assert.Assert(t, is.Contains(line, `\"id\":\"room-1\"`))
			assert.Assert(t, !strings.Contains(line, "organizedBy"))
		}
	}
	assert.Assert(t, is.Contains(string(data), "clientSpecificId"))
}

func TestSpeedMapsTheMeetingsTime(t *testing.T) {
	t.Parallel()
	path := scriptFile(t, `{"emit": "meeting.started"}, {"after": "60s", "emit": "meeting.participantJoined", "who": "a"}`)
	slow := readPlay(t, call(t, quick("play", path, "--speed", "300", "--output", "json")...).out)
	assert.Assert(t, slow.TookMS >= 200, "%v ms", slow.TookMS)
	assert.Equal(t, slow.Speed, 300.0)
	began := time.Now()
	r := call(t, quick("play", path, "--output", "json")...)
	r.exits(t, exit.OK)
	assert.Assert(t, time.Since(began) < 30*time.Second)
	assert.Equal(t, readPlay(t, r.out).Speed, 0.0)
}

func TestRetryFlagsOfPlayAreNamedAsAssumptions(t *testing.T) {
	t.Parallel()
	path := scriptFile(t, `{"emit": "meeting.started"}, {"emit": "meeting.ended"}`)
	for _, c := range []struct {
		reason string
		args   []string
		flag   string
		want   string
	}{
		{"a tenth by default", nil, "--retry-schedule", "100ms, 100ms, 100ms, a tenth of the profile's 1s, 1s, 1s, which --realtime keeps"},
		{"the profile's own", []string{"--realtime"}, "--retry-schedule", "1s, 1s, 1s"},
		{"more of them", []string{"--retry-profile", "dyte-guide", "--realtime"}, "--retry-schedule", "1s, 1s, 1s, 1s, 1s"},
		{"a schedule is meant as it is", []string{"--retry-schedule", "2s,4s"}, "--retry-schedule", "2s, 4s"},
		{"with and without --realtime", []string{"--retry-schedule", "2s,4s", "--realtime"}, "--retry-schedule", "2s, 4s"},
		{"none at all", []string{"--retry-schedule", "none"}, "--retry-schedule", "none: there is one attempt"},
		{"the uuid", []string{"--retry-uuid", "new"}, "--retry-uuid", "new"},
		{"the time-out", []string{"--timeout", "4s"}, "--timeout", "4s"},
		{"no reduction", nil, "--reduce-after", "never reduced"},
		{"reduction", []string{"--reduce-after", "2"}, "--reduce-after", "2 failed deliveries in a row"},
		{"the other threshold has a default", []string{"--reduce-after", "2"}, "--probe-every", "5 deliveries"},
	} {
		r := call(t, append([]string{"play", path, "--output", "json"}, c.args...)...)
		r.exits(t, exit.OK)
		assert.Equal(t, readPlay(t, r.out).assumes(c.flag), c.want, c.reason)
	}
}

func TestFaultFlagsOfPlayComeBesideTheScripts(t *testing.T) {
	t.Parallel()
	path := scriptFile(t, `{"emit": "meeting.started"}, {"emit": "meeting.participantJoined", "who": "a"}, {"emit": "meeting.ended", "faults": [{"attempt": 1, "before": "reset"}]}`)
	r := call(t, quick("play", path, "--output", "json", "--fault", "respond 503, attempt=1, event=meeting.started", "--fault", "lose-response, attempt=2")...)
	r.exits(t, exit.OK)
	doc := readPlay(t, r.out)
	assert.DeepEqual(t, doc.Faults, []string{"respond 503, attempt=1, event=meeting.started", "lose-response, attempt=2"})
	assert.Equal(t, doc.Ledger.Accepted, 1)
	assert.DeepEqual(t, doc.Ledger.AcceptedAfter, map[int]int{2: 2})
	assert.Equal(t, doc.Ledger.AcceptedTwice, 2)
	assert.Assert(t, is.Contains(r.err, "rtkmock: fault    lose-response, attempt=2\n"))
}

func TestChanceOfAFaultComesFromTheSeed(t *testing.T) {
	t.Parallel()
	script := crowdFile(t)
	attempts := func(seed string) int {
		r := call(t, quick("play", script, "--seed", seed, "--output", "json", "--fault", "refuse, chance=0.2, attempt=1")...)
		r.exits(t, exit.OK)
		return readPlay(t, r.out).Summary.Attempts
	}
	first := attempts("3")
	assert.Assert(t, first > 101+8 && first < 101+40, "%d attempts", first)
	assert.Equal(t, attempts("3"), first)
	assert.Assert(t, attempts("4") != first)
}

func TestThresholdsOfReducedAttemptsCanBeSet(t *testing.T) {
	t.Parallel()
	r := call(t, quick("play", "weekly-sync", answering(t, 503), "--output", "json", "--reduce-after", "3", "--probe-every", "4")...)
	r.exits(t, exit.Nonconformant)
	doc := readPlay(t, r.out)
	// Three fail, then of each four three are not tried and one is.
	assert.Equal(t, doc.Ledger.NotTried, 12)
	assert.Equal(t, doc.Ledger.Exhausted, 6)
	var states []string
	for _, h := range doc.Health {
		assert.Assert(t, h.MeetingTime != "")
		states = append(states, h.State)
	}
	assert.DeepEqual(t, states, []string{"reduced", "probing", "reduced", "probing", "reduced", "probing", "reduced"})
	text := call(t, quick("play", "weekly-sync", answering(t, 503), "--reduce-after", "3")...)
	assert.Assert(t, is.Contains(text.out, "reduced: meeting.participantJoined was not tried"))
	assert.Assert(t, is.Contains(text.out, "never tried, since attempts were reduced"))

	own := readPlay(t, call(t, quick("play", "reduced-attempts", "--output", "json", "--probe-every", "5")...).out)
	assert.Equal(t, own.assumes("--reduce-after"), "5 failed deliveries in a row", "the script's")
}

// storm is a target that answers 503 until many attempts have come, and then
// interrupts the play.
func storm(t *testing.T, after int64, interrupt func()) string {
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if n.Add(1) == after {
			interrupt()
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestInterruptedStormEndsSoonWithTheLedgerWritten(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var interrupted atomic.Pointer[time.Time]
	url := storm(t, 40, func() {
		now := time.Now()
		interrupted.Store(&now)
		cancel()
	})
	dir := t.TempDir()
	record, rep := filepath.Join(dir, "storm.jsonl"), filepath.Join(dir, "storm.json")
	path := scriptFile(t, `{"emit": "meeting.participantJoined", "who": "g-${n}", "times": 200}, {"emit": "meeting.ended"}`)
	// The waits are far longer than the test: they have to be given up.
	r := caller{ctx: ctx}.call(t, "play", path, url, "--retry-schedule", "1ms,1h", "--record", record, "--report", "json="+rep, "--progress", "none", "--concurrency", "32")
	took := time.Since(*interrupted.Load())
	r.exits(t, exit.Interrupted)
	assert.Assert(t, took < time.Second, "%v", took)
	assert.Assert(t, strings.HasSuffix(r.err, "rtkmock: interrupted\n"), r.err)
	assert.Assert(t, is.Contains(unwrapped(r.out), "stopped early: interrupted"))
	assert.Assert(t, is.Contains(r.out, "not finished"))

	data, err := os.ReadFile(rep)
	assert.NilError(t, err)
	doc := readPlay(t, string(data))
	assert.Assert(t, !doc.Complete)
	assert.Equal(t, doc.Stopped, "interrupted")
	l := doc.Ledger
	assert.Assert(t, l.Abandoned > 0)
	assert.Equal(t, l.Accepted+l.AcceptedLate+l.Lost+l.Exhausted+l.NotTried+l.Abandoned, l.Emitted)

	file, err := os.Open(record)
	assert.NilError(t, err)
	defer file.Close()
	recorded := 0
	for _, err := range recording.Read(file) {
		assert.NilError(t, err)
		recorded++
	}
	assert.Equal(t, recorded, doc.Summary.Attempts, "every attempt is recorded")
	_, err = os.Stat(record + ".partial")
	assert.Assert(t, os.IsNotExist(err))
}

func TestAPlayLeavesNoGoroutineBehind(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	path := scriptFile(t, `{"emit": "meeting.participantJoined", "who": "g-${n}", "times": 64}`)
	url := storm(t, 20, cancel)
	call(t, quick("play", "key-outage")...).exits(t, exit.OK)
	caller{ctx: ctx}.call(t, "play", path, url, "--retry-schedule", "1ms,1h", "--progress", "none").exits(t, exit.Interrupted)
	ours := regexp.MustCompile(`(created by|in) github\.com/rtkmock/rtkmock/(scenarios|mocksender|conformance/receivers|cmd/rtkmock/internal/cli\.\(\*face\))`)
	for start := time.Now(); ; runtime.Gosched() {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !ours.Match(stacks) {
			return
		}
		if time.Since(start) > 10*time.Second {
			t.Fatalf("left behind:\n%s", stacks)
		}
	}
}

func TestInterruptedBeforeTheFirstDelivery(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	record := filepath.Join(t.TempDir(), "r.jsonl")
	r := caller{ctx: ctx}.call(t, "play", "weekly-sync", deadURL(t), "--record", record)
	r.exits(t, exit.Interrupted)
	assert.Assert(t, is.Contains(r.out, "not played: 18 steps, from step 1 on"))
	left, err := filepath.Glob(record + "*")
	assert.NilError(t, err)
	assert.Equal(t, len(left), 0, "%v", left)
}

func TestRecordingReplacesNothingUnasked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "r.jsonl")
	args := quick("play", "host-ends-meeting", "--record", path)
	call(t, args...).exits(t, exit.OK)
	first, err := os.ReadFile(path)
	assert.NilError(t, err)
	call(t, args...).says(t, exit.Usage, "--record: "+path+": it exists already, want another name or --force")
	again, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Equal(t, string(again), string(first))
	r := call(t, append(args, "--force")...)
	r.exits(t, exit.OK)
	again, err = os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, string(again) != string(first))
	assert.Assert(t, is.Contains(r.out, "record    "+path+"\n"))

	other := filepath.Join(dir, "other.jsonl")
	assert.NilError(t, os.WriteFile(other+".partial", nil, 0o600))
	call(t, quick("play", "host-ends-meeting", "--record", other)...).
		says(t, exit.Usage, "--record: "+other+".partial: it exists already, so somebody may be recording there, want another name or --force")
}

func TestRecordingThatCannotBeWrittenIsAFailure(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	r := call(t, quick("play", crowdFile(t), "--record", "/dev/full", "--output", "json")...)
	r.exits(t, exit.Harness)
	assert.Equal(t, readPlay(t, r.out).Outcome, "error")
	assert.Assert(t, is.Contains(r.err, "rtkmock: --record: /dev/full: "))
}

func TestReportsOfAPlayGoWhereTheyAreSent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := call(t, quick("play", "host-ends-meeting", "--report", "json="+filepath.Join(dir, "r.json"), "--report", "text="+filepath.Join(dir, "r.txt"))...)
	r.exits(t, exit.OK)
	assert.Assert(t, strings.HasPrefix(r.out, "all 8 expectations met\n"))
	data, err := os.ReadFile(filepath.Join(dir, "r.json"))
	assert.NilError(t, err)
	readPlay(t, string(data))
	data, err = os.ReadFile(filepath.Join(dir, "r.txt"))
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(data), "all 8 expectations met"))
	onStdout := call(t, quick("play", "host-ends-meeting", "--report", "json=-")...)
	readPlay(t, onStdout.out)
}

func TestPlayShowsNoSecret(t *testing.T) {
	t.Parallel()
	_, ready := startServer(t, "receive", "--key", keyFile(t))
	address := strings.Replace(ready.URL, "http://", "http://me:hunter2@", 1) + "?token=hunter3"
	dir := t.TempDir()
	record := filepath.Join(dir, "r.jsonl")
	r := call(t, quick("play", "host-ends-meeting", address, "--header", "X-Token: hunter4", "--record", record, "--verbose", "--report", "json="+filepath.Join(dir, "r.json"), "--report", "text=-")...)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, !strings.Contains(r.out+r.err, "hunter"), "%s\n%s", r.out, r.err)
	for _, name := range []string{"r.jsonl", "r.json"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		assert.NilError(t, err)
		assert.Assert(t, !strings.Contains(string(data), "hunter"), name)
	}
}

func TestProgressOfAPlay(t *testing.T) {
	t.Parallel()
	lines := call(t, "play", "weekly-sync")
	assert.Assert(t, is.Contains(lines.err, "rtkmock: [18/18] emit meeting.summary\n"))
	nested := call(t, "play", "many-meetings")
	assert.Assert(t, strings.Count(nested.err, "rtkmock: [") < 30, "a step of fifty meetings has one line")
	bad := call(t, "play", scriptFile(t, `{"emit": "meeting.participantJoined", "who": "g-${n}", "times": 9}`), answering(t, 401))
	assert.Equal(t, strings.Count(bad.err, ": unmet: "), 3, "the report has the others")
	bar := caller{tty: true, width: 70}.call(t, "play", crowdFile(t))
	bar.exits(t, exit.OK)
	assert.Assert(t, is.Contains(bar.err, "/101 0:00  step "))
	assert.Assert(t, !strings.Contains(bar.err, "rtkmock: ["), bar.err)
	none := call(t, quick("play", "weekly-sync")...)
	assert.Assert(t, !strings.Contains(none.err, "["), none.err)
	verbose := call(t, "play", "weekly-sync", "--verbose")
	assert.Assert(t, is.Contains(verbose.err, ": met: meeting.summary "))
	assert.Assert(t, is.Contains(verbose.out, "MET step 18: emit meeting.summary"))
}
