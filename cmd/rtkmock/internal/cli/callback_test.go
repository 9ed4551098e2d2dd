package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// callingBack is a receiver that looks up, in the REST API, whatever an event names,
// as most handlers of such apps do.
type callingBack struct {
	api string

	mu     sync.Mutex
	calls  map[string]int // by status and path
	failed []string
}

// named is what an event names.
type named struct {
	Meeting struct {
		ID        string `json:"id"`
		SessionID string `json:"sessionId"`
		Title     string `json:"title"`
	} `json:"meeting"`
	MeetingID   string `json:"meetingId"`
	SessionID   string `json:"sessionId"`
	Participant struct {
		CustomID string `json:"customParticipantId"`
	} `json:"participant"`
	Recording  struct{ ID, Status, DownloadURL string } `json:"recording"`
	StreamID   string                                   `json:"streamId"`
	Transcript string                                   `json:"transcriptDownloadUrl"`
	Event      rtk.EventType                            `json:"event"`
}

// lookUp calls for everything, and notes what the API does not have.
func (c *callingBack) lookUp(body []byte) {
	var e named
	if json.Unmarshal(body, &e) != nil || e.Meeting.ID+e.MeetingID == "" { // in practice, a livestream may name none
		return
	}
	meeting, session := cmp.Or(e.Meeting.ID, e.MeetingID), cmp.Or(e.Meeting.SessionID, e.SessionID)
	c.get("/meetings/"+meeting, func(data map[string]any) bool {
		return e.Meeting.Title == "" || data["title"] == e.Meeting.Title
	})
	c.get("/meetings/"+meeting+"/participants?per_page=100", nil)
	if session != "" {
		c.get("/sessions/"+session, func(data map[string]any) bool { return data["associated_id"] == meeting })
		c.get("/sessions/"+session+"/participants", nil)
	}
	if e.Recording.ID != "" {
		c.get("/recordings/"+e.Recording.ID, func(data map[string]any) bool {
			return data["session_id"] == session && (e.Recording.DownloadURL == "" || data["download_url"] == e.Recording.DownloadURL)
		})
	}
	if e.StreamID != "" {
		c.get("/livestreams/"+e.StreamID, nil)
	}
	if e.Transcript != "" {
		c.get("/sessions/"+session+"/transcript", func(data map[string]any) bool { return data["transcript_download_url"] == e.Transcript })
	}
}

func (c *callingBack) get(path string, agrees func(map[string]any) bool) {
	req, _ := http.NewRequest(http.MethodGet, c.api+"/client/v4/accounts/mine/realtime/kit/my-app"+path, http.NoBody)
	req.Header.Set("Authorization", "Bearer sesame-open")
	resp, err := http.DefaultClient.Do(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failed = append(c.failed, err.Error())
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	var answer struct{ Data map[string]any }
	_ = json.Unmarshal(body, &answer) // a list has no object, and nothing to agree
	c.calls[fmt.Sprint(resp.StatusCode)]++
	if resp.StatusCode != http.StatusOK || agrees != nil && !agrees(answer.Data) {
		c.failed = append(c.failed, fmt.Sprintf("%s: %d %s", path, resp.StatusCode, body))
	}
}

// callBack makes a call of the command line with a receiver that calls back before it
// answers. Its URL is the last of args.
func callBack(t *testing.T, args ...string) (*callingBack, result) {
	t.Helper()
	c := &callingBack{calls: map[string]int{}}
	ready := make(chan struct{}) // closed when it knows where the API is
	var receiver http.Handler
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-ready
		body, _ := io.ReadAll(r.Body)
		c.lookUp(body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		receiver.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	args = append(args, s.URL)
	out, err := newFeed(), newFeed()
	code := make(chan int, 1)
	go func() {
		code <- run(t.Context(), newApp(nil, terminal.Streams{In: strings.NewReader(""), Out: out, Err: err}), args)
	}()
	for {
		text, changed := err.read()
		if head, _, found := strings.Cut(text, rtk.KeyDocumentPath+"\n"); found {
			c.api = head[strings.LastIndex(head, "http://"):]
			break
		}
		select {
		case <-changed:
		case n := <-code:
			t.Fatalf("it ended with %d before it served a key: %s", n, text)
		}
	}
	receiver = receivers.Reference(receivers.Config{KeyURL: c.api + rtk.KeyDocumentPath, RefetchEvery: time.Nanosecond})
	close(ready)
	return c, result{<-code, out.String(), err.String()}
}

func (c *callingBack) found(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	assert.Assert(t, c.calls["200"] > 0, "nothing was called")
	assert.Equal(t, len(c.failed), 0, "%q", c.failed)
}

func TestAHandlerThatCallsBackFindsWhatAnEventNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		args   []string
	}{
		{"an event", []string{"send", "recording.statusUpdate"}},
		{"one that names no session", []string{"send", "livestreaming.statusUpdate"}},
		{"one that is late", []string{"send", "meeting.transcript"}},
		{"ids and names of the user's", []string{"send", "meeting.participantJoined", "--set", "meeting.id=weekly", "--set", "meeting.title=Weekly"}},
		{"a scenario", []string{"play", "weekly-sync"}},
		{"one with other ids", []string{"play", "weekly-sync", "--meeting-id", "weekly", "--set", "meeting.title=Weekly"}},
		{"one that is out of order", []string{"play", "out-of-order"}},
		{"a run", []string{"test", "--only", "evt/*"}},
		{"a run with one meeting", []string{"test", "--only", "evt/*", "--meeting-id", "weekly"}},
		{"meetings in parallel", []string{"play", "many-meetings", "--seed", "1"}},
	} {
		receiver, r := callBack(t, c.args...)
		r.exits(t, exit.OK)
		receiver.found(t)
		assert.Assert(t, !strings.Contains(r.out+r.err, "sesame-open"), c.reason)
	}
}

// What the target called is in every report, without tokens and ids.
func TestTheReportListsTheCalls(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"test", "--only", "evt/accept-*"}
	for _, format := range []string{"json", "html", "markdown", "junit", "tap"} {
		args = append(args, "--report", format+"="+filepath.Join(dir, format))
	}
	receiver, r := callBack(t, args...)
	r.exits(t, exit.OK)
	receiver.found(t)
	texts := map[string]string{"text": r.out}
	for _, format := range []string{"json", "html", "markdown", "junit", "tap"} {
		data, err := os.ReadFile(filepath.Join(dir, format))
		assert.NilError(t, err)
		texts[format] = string(data)
	}
	for format, text := range texts {
		assert.Assert(t, !strings.Contains(text, "sesame"), format)
		if format == "junit" || format == "tap" {
			assert.Assert(t, strings.Contains(text, "calls to the REST API"), format)
			continue
		}
		assert.Assert(t, strings.Contains(text, "/recordings/{recording}"), "%s: %s", format, text)
	}
	var d struct {
		Calls []struct {
			Operation     string
			Status, Count int
		} `json:"api_calls"`
	}
	assert.NilError(t, json.Unmarshal([]byte(texts["json"]), &d))
	n := 0
	for _, c := range d.Calls {
		assert.Equal(t, c.Status, 200, c.Operation)
		n += c.Count
	}
	receiver.mu.Lock()
	defer receiver.mu.Unlock()
	assert.Equal(t, n, receiver.calls["200"])
}

// A fault of the API is met in each verb, and the receiver of this test does not care.
func TestTheAPIFailsAsTheFlagSays(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"send", "meeting.ended"}, {"play", "weekly-sync"}, {"test", "--only", "evt/accept-meeting.ended"},
	} {
		receiver, r := callBack(t, append(args, "--api-fault", "status-429")...)
		r.exits(t, exit.OK)
		receiver.mu.Lock()
		assert.Assert(t, receiver.calls["429"] > 0 && receiver.calls["200"] == 0, "%v: %v", args, receiver.calls)
		receiver.mu.Unlock()
	}
}

// The steps of a script decide when it fails, and the end of the script lifts a fault.
func TestAPIStepsOfAScript(t *testing.T) {
	t.Parallel()
	script := scriptFile(t, `{"emit":"meeting.started"},{"api":"outage"},{"emit":"meeting.ended"},{"api":"restore"},{"emit":"meeting.transcript"},{"api":"hang"}`)
	receiver, r := callBack(t, "play", script)
	r.exits(t, exit.OK)
	receiver.mu.Lock()
	defer receiver.mu.Unlock()
	assert.Assert(t, receiver.calls["500"] == 4 && receiver.calls["200"] == 9, "%v", receiver.calls)
}
