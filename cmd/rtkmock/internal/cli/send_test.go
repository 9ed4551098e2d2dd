package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// receipt is what the tests read of the result of send.
type receipt struct {
	Event      string
	KeyFetches int `json:"key_fetches"`
	Attempts   []struct {
		Status       int
		Fault        string
		Unreached    bool
		TargetStatus int `json:"target_status"`
	}
}

// request is what the tests read of a printed request.
type request struct {
	URL     string
	Headers map[string][]string
	Body    string
}

func TestSendDeliversEveryEventToTheBuiltInReceiver(t *testing.T) {
	t.Parallel()
	for _, event := range flags.EventNames() {
		r := call(t, "send", event, "--output", "json")
		r.exits(t, exit.OK)
		var got receipt
		assert.NilError(t, json.Unmarshal([]byte(r.out), &got))
		assert.Equal(t, got.Event, event)
		assert.Equal(t, got.Attempts[0].Status, 200)
		assert.Equal(t, got.KeyFetches, 1)
	}
}

func TestTheBuiltInReceiverKnowsTheHeaderNamesInUse(t *testing.T) {
	t.Parallel()
	for _, names := range []string{"rtk", "dyte", "both"} {
		call(t, "send", "meeting.started", "--header-names", names).exits(t, exit.OK)
		call(t, "test", "--only", "sig/missing-header", "--header-names", names).exits(t, exit.OK)
	}
}

func TestExitCodeOfSendSaysHowItEnded(t *testing.T) {
	t.Parallel()
	answering := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(s.Close)
		return s.URL
	}
	for _, c := range []struct {
		reason, url string
		code        int
		out         string
	}{
		{"2xx", answering(204), exit.OK, "delivered: 204 No Content in "},
		{"a status below 500 is final", answering(401), exit.Nonconformant, "refused: 401 Unauthorized in "},
		{"a redirect is one", answering(302), exit.Nonconformant, "refused: 302 Found in "},
		{"5xx to the end", answering(503), exit.Nonconformant, "not delivered: 503 Service Unavailable in "},
		{"nobody there", deadURL(t), exit.Inconclusive, "not reached: nothing listens at "},
	} {
		r := call(t, "send", "meeting.started", c.url)
		r.exits(t, c.code)
		assert.Assert(t, is.Contains(r.out, c.out), c.reason)
	}
}

func TestARefusalForWantOfTheKeySaysSo(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "bad\x1b[31m signature\nline 2", http.StatusUnauthorized)
	}))
	defer s.Close()
	r := call(t, "send", "meeting.started", s.URL)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "  the answer: bad[31m signature line 2\n"))
	assert.Assert(t, is.Contains(r.out, "did not fetch the key from http://127.0.0.1:"))
}

func TestAForgeryIsRefusedAndSaysWhatItWas(t *testing.T) {
	t.Parallel()
	r := call(t, "send", "meeting.started", "--mutate", "signature/other-key")
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "signature/other-key: "))
	assert.Assert(t, is.Contains(r.out, "refused: 401"))
	assert.Assert(t, !strings.Contains(r.out, "did not fetch the key"))
}

func TestSameSeedStartAndKeyGiveTheSameRequest(t *testing.T) {
	t.Parallel()
	args := []string{"send", "meeting.transcript", "--dry-run", "--seed", "7", "--start", "2026-06-03T10:00:00Z", "--key", keyFile(t)}
	first := call(t, args...)
	first.exits(t, exit.OK)
	assert.Equal(t, call(t, args...).out, first.out)
	assert.Assert(t, is.Contains(first.out, "https://example.com/"), "links of a dry run lead to nobody")
}

func TestDryRunSendsNothing(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	defer s.Close()
	r := call(t, "send", "meeting.started", s.URL+"/webhook", "--dry-run")
	r.exits(t, exit.OK)
	assert.Assert(t, strings.HasPrefix(r.out, "POST /webhook HTTP/1.1\nHost: "+strings.TrimPrefix(s.URL, "http://")+"\n"), r.out)
	assert.Equal(t, r.err, "rtkmock: signed with a fresh key that nobody serves; --key FILE signs with one that a receiver can know\n")
}

func TestSetAndUnsetChangeTheBodyBeforeItIsSigned(t *testing.T) {
	t.Parallel()
	key := keyFile(t)
	r := call(t, "send", "meeting.started", "--dry-run", "--print", "json", "--key", key,
		"--set", "meeting.title=Stand-up", "--set", `meeting.id="7"`, "--set", "meeting.extra={\"a\": [1, 2]}", "--unset", "meeting.status", "--meeting-id", "ignored")
	r.exits(t, exit.OK)
	var q request
	assert.NilError(t, json.Unmarshal([]byte(r.out), &q))
	var body struct{ Meeting map[string]any }
	assert.NilError(t, json.Unmarshal([]byte(q.Body), &body))
	assert.Equal(t, body.Meeting["title"], "Stand-up")
	assert.Equal(t, body.Meeting["id"], "7")
	assert.DeepEqual(t, body.Meeting["extra"], map[string]any{"a": []any{1.0, 2.0}})
	_, has := body.Meeting["status"]
	assert.Assert(t, !has)

	private := testKeys()[0]
	assert.NilError(t, rtk.Verify(&private.PublicKey, []byte(q.Body), q.Headers["rtk-signature"][0]))
	assert.Assert(t, is.Contains(r.err, "rtkmock: warning: the body is not a valid meeting.started any more: $.meeting.status: found nothing, want"))
}

func TestAValidChangeIsNoWarning(t *testing.T) {
	t.Parallel()
	r := call(t, "send", "meeting.started", "--set", "meeting.title=Standup")
	r.exits(t, exit.OK)
	assert.Assert(t, !strings.Contains(r.err, "warning"), r.err)
}

func TestFormsAreRendered(t *testing.T) {
	t.Parallel()
	r := call(t, "send", "meeting.participantJoined", "--form", "client-specific-id,room-name", "--dry-run", "--print", "json")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "clientSpecificId"))
	assert.Assert(t, is.Contains(r.out, "roomName"))
}

func TestSendKeepsItsIDsToTheUser(t *testing.T) {
	t.Parallel()
	r := call(t, "send", "meeting.started", "--dry-run", "--print", "json", "--webhook-id", "hook-1", "--meeting-id", "room-1", "--header-names", "both", "--header", "x-team:  blue ")
	r.exits(t, exit.OK)
	var q request
	assert.NilError(t, json.Unmarshal([]byte(r.out), &q))
	assert.Equal(t, q.Headers["rtk-webhook-id"][0], "hook-1")
	assert.Equal(t, q.Headers["dyte-webhook-id"][0], "hook-1")
	assert.Equal(t, q.Headers["x-team"][0], "(redacted)")
	assert.Assert(t, is.Contains(q.Body, `"id":"room-1"`))
}

func TestCurlLineSendsTheSameRequest(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	key := keyFile(t)
	common := []string{"send", "meeting.participantJoined", "http://localhost:3000/web'hook", "--dry-run", "--key", key, "--seed", "3", "--start", "2026-06-03T10:00:00Z"}
	for _, extra := range [][]string{
		{},
		{"--set", "participant.userDisplayName=O'Neil $(date) `id` \\"},
		{"--mutate", "signature/empty"},
		{"--mutate", "body/other-event"},
	} {
		args := append(common[:len(common):len(common)], extra...)
		asJSON := call(t, append(args, "--print", "json")...)
		asJSON.exits(t, exit.OK)
		var want request
		assert.NilError(t, json.Unmarshal([]byte(asJSON.out), &want))
		line := call(t, append(args, "--print", "curl")...)
		line.exits(t, exit.OK)

		script := `curl() { for a; do if [ "$a" = @- ]; then a=$(cat; printf x); a=${a%x}; fi; printf '%s\0' "$a"; done; }; ` + line.out
		out, err := exec.CommandContext(t.Context(), sh, "-c", script).Output()
		assert.NilError(t, err, line.out)
		words := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		assert.Equal(t, words[len(words)-1], want.URL)
		headers := map[string]string{}
		body := ""
		for i, w := range words {
			switch w {
			case "-H":
				name, v, _ := strings.Cut(words[i+1], ":")
				headers[strings.TrimSuffix(name, ";")] = strings.TrimSpace(v)
			case "--data-binary":
				body = words[i+1]
			}
		}
		assert.Equal(t, body, want.Body)
		for name, values := range want.Headers {
			assert.Equal(t, headers[name], values[0], name)
		}
	}
}

func TestPrintLeavesStandardOutputToTheRequest(t *testing.T) {
	t.Parallel()
	r := call(t, "send", "meeting.started", "--print", "http")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.err, "delivered: 200 OK"))
	_, body, ok := strings.Cut(r.out, "\n\n")
	assert.Assert(t, ok, r.out)
	event, err := schemas.ValidateEvent([]byte(body), schemas.Strict)
	assert.NilError(t, err)
	assert.Equal(t, event, "meeting.started")
}
