package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestSendPrintsEachAttemptWithItsFault(t *testing.T) {
	t.Parallel()
	r := call(t, "send", "meeting.started", "--retry-schedule", "1ms,1ms", "--fault", "respond 503, attempt=1", "--fault", "lose-response, attempt=2")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "  attempt 1: 503 Service Unavailable (fault: respond 503; the target saw nothing)\n"))
	assert.Assert(t, is.Contains(r.out, "  attempt 2: reset (fault: lose-response; the target's own answer: 200 OK in "))
	assert.Assert(t, is.Contains(r.out, "  attempt 3: 200 OK in "))

	r = call(t, "send", "meeting.started", "--retry-schedule", "1ms", "--fault", "replace 502", "--output", "json")
	r.exits(t, exit.Inconclusive)
	var got receipt
	assert.NilError(t, json.Unmarshal([]byte(r.out), &got))
	assert.Equal(t, len(got.Attempts), 2)
	assert.Equal(t, got.Attempts[0].Status, 502)
	assert.Equal(t, got.Attempts[0].TargetStatus, 200)
	assert.Equal(t, got.Attempts[0].Fault, "replace 502")
	assert.Assert(t, !got.Attempts[0].Unreached)
}

func TestAFaultIsNoRefusalOfTheTarget(t *testing.T) {
	t.Parallel()
	r := call(t, "send", "meeting.started", "--fault", "respond 404")
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.out, "not delivered, because of a fault that was asked for (respond 404)\n"))
	assert.Assert(t, !strings.Contains(r.out, "did not fetch the key"))
}

func TestRetryFlagsDecideAboutAttempts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason   string
		status   int
		args     []string
		attempts int
	}{
		{"the guide: 5xx three times more", 503, nil, 4},
		{"the guide: 4xx never", 404, nil, 1},
		{"the predecessor's guide: whatever is not 2xx, five times more", 404, []string{"--retry-profile", "dyte-guide"}, 6},
		{"as many as the schedule has", 503, []string{"--retry-schedule", "1ms,0s"}, 3},
		{"none", 503, []string{"--retry-schedule", "none"}, 1},
	} {
		r := call(t, append([]string{"send", "meeting.started", answering(t, c.status), "--output", "json"}, c.args...)...)
		r.exits(t, exit.Nonconformant)
		var got receipt
		assert.NilError(t, json.Unmarshal([]byte(r.out), &got), c.reason)
		assert.Equal(t, len(got.Attempts), c.attempts, c.reason)
	}
}

func TestRefusalByAProfileThatRetriesItSaysHowOften(t *testing.T) {
	t.Parallel()
	r := call(t, "send", "meeting.started", answering(t, 401), "--retry-profile", "dyte-guide")
	assert.Assert(t, is.Contains(r.out, "refused: 401 Unauthorized in "))
	assert.Assert(t, is.Contains(r.out, " on the last of 6 attempts\n"))
}

func TestRetryUUIDDecidesAboutTheIDOfARetry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		choice string
		ids    int
	}{{"same", 1}, {"new", 3}} {
		seen := map[string]bool{}
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			seen[r.Header.Get("rtk-uuid")] = true
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		call(t, "send", "meeting.started", s.URL, "--retry-uuid", c.choice, "--retry-schedule", "0s,0s").exits(t, exit.Nonconformant)
		s.Close()
		assert.Equal(t, len(seen), c.ids, c.choice)
	}
}

func TestDryRunHasNoFault(t *testing.T) {
	t.Parallel()
	r := call(t, "send", "meeting.started", "--dry-run", "--fault", "delay 1h", "--print", "json")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, `"event":"meeting.started"`))
}

func TestTestNamesItsRetriesAndHasItsFaults(t *testing.T) {
	t.Parallel()
	r := call(t, "test", "--only", "evt/accept-meeting.ended", "--retry-profile", "dyte-faq", "--retry-schedule", "1ms,2ms", "--retry-uuid", "new",
		"--fault", "respond 503, attempt=1, event=meeting.ended", "--output", "json")
	r.exits(t, exit.OK)
	var rep struct {
		Assumptions []struct{ Value, Flag string }
		Ledger      ledger.Report
	}
	assert.NilError(t, json.Unmarshal([]byte(r.out), &rep))
	values := map[string]string{}
	for _, a := range rep.Assumptions {
		values[a.Flag] = a.Value
	}
	assert.Assert(t, strings.HasPrefix(values["--retry-profile"], "dyte-faq: "), values["--retry-profile"])
	assert.Equal(t, values["--retry-schedule"], "1ms, 2ms")
	assert.Equal(t, values["--retry-uuid"], "new")
	ended := rep.Ledger.ByEvent[rtk.MeetingEnded]
	assert.Assert(t, ended.AcceptedLate > 0 && ended.Accepted == 0, "%+v", ended)
	assert.Assert(t, is.Contains(r.err, "rtkmock: fault    respond 503, attempt=1, event=meeting.ended\n"))
}

func TestRetryFlagsComeFromSettings(t *testing.T) {
	t.Parallel()
	got, err := settled(t, caller{env: []string{"RTKMOCK_FAULT=refuse, attempt=1\nreset, attempt=2"}}, "retry-schedule: [1s, 2s]\nretry-profile: dyte-faq\n", "play")
	assert.NilError(t, err)
	assert.Equal(t, got["retry-profile"], "dyte-faq")
	assert.Equal(t, got["origin of fault"], "RTKMOCK_FAULT")
}
