package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
)

// stateFile is a state of one app with a meeting.
func stateFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "state.json")
	assert.NilError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

const clinic = `{"apps": [{"account_id": "acc", "app_id": "clinic", "name": "Clinic"}],
"meetings": [{"account_id": "acc", "app_id": "clinic", "id": "standup", "title": "Standup",
  "settings": {"record_on_start": true}, "participants": [{"custom_participant_id": "u-1", "name": "Mary"}]}]}`

func TestMeetingDrivesARunningServe(t *testing.T) {
	t.Parallel()
	_, ready := startServer(t, "serve", "--preload", stateFile(t, clinic), "--control-token", "secret")
	meeting := func(code int, args ...string) string {
		t.Helper()
		r := call(t, append(append([]string{"meeting"}, args...), "--control", ready.ControlURL, "--control-token", "secret")...)
		assert.Equal(t, r.code, code, "%s%s", r.out, r.err)
		if code != exit.OK {
			assert.Equal(t, strings.Count(r.err, "\n"), 1, "a mistake is one line: %s", r.err)
			return r.err
		}
		return r.out + r.err
	}
	assert.Assert(t, is.Contains(meeting(exit.OK), "standup  Standup  ACTIVE"))
	out := meeting(exit.OK, "join", "standup", "Mary")
	assert.Assert(t, is.Contains(out, "who     Mary (u-1)\nevents  meeting.started, meeting.participantJoined, recording.statusUpdate\n"))
	assert.Assert(t, is.Contains(out, "no webhook is registered"))
	assert.Assert(t, is.Contains(meeting(exit.Nonconformant, "join", "standup", "Mary"), "cannot join twice"))
	assert.Assert(t, is.Contains(meeting(exit.OK, "show", "standup"), "in it    Mary"))
	recording := meeting(exit.OK, "record", "standup", "stop")
	assert.Assert(t, is.Contains(recording, "  UPLOADING"))
	id, _, _ := strings.Cut(recording, " ")
	assert.Assert(t, is.Contains(meeting(exit.OK, "advance", id), "recording.statusUpdate"))
	assert.Assert(t, is.Contains(meeting(exit.OK, "stream", "standup"), "LIVE"))
	assert.Assert(t, is.Contains(meeting(exit.OK, "leave", "standup"), "meeting.participantLeft, meeting.ended, livestreaming.statusUpdate"))
	assert.Assert(t, is.Contains(meeting(exit.OK, "artifact", "standup", "transcript"), "meeting.transcript"))
	assert.Assert(t, is.Contains(meeting(exit.OK, "create", "room", "--keep-alive", "60", "--output", "json"), `"session_keep_alive_time_in_secs": 60`))
	assert.Assert(t, is.Contains(meeting(exit.OK, "join", "new", "Bob"), "the meeting new was made"))
	assert.Assert(t, is.Contains(meeting(exit.OK, "end", "new"), "meeting.ended"))
	assert.Assert(t, !strings.Contains(meeting(exit.OK, "list", "--search", "room"), "Standup"))
	for range 98 {
		meeting(exit.OK, "create")
	}
	assert.Assert(t, is.Contains(meeting(exit.OK, "list"), "not listed: 1; --search"))

	assert.Assert(t, is.Contains(meeting(exit.Nonconformant, "end", "new"), "not live"))
	assert.Assert(t, is.Contains(meeting(exit.Nonconformant, "leave", "nowhere"), `meeting "nowhere"`))
	assert.Assert(t, is.Contains(meeting(exit.Usage, "record", "standup", "sotp"), "did you mean stop?"))
	assert.Assert(t, is.Contains(meeting(exit.Usage, "artifact", "standup"), "want an id and one of chat, transcript, summary"))
	r := call(t, "meeting", "--control", ready.ControlURL)
	assert.Equal(t, r.code, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.err, "found no token"))
}

func TestMeetingSaysWhatAServerIsNot(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	r := call(t, "meeting", "--control", other.URL)
	assert.Equal(t, r.code, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.err, "does not answer as a rtkmock does: 404 Not Found"))
	other.Close()
	r = call(t, "meeting", "--control", other.URL)
	assert.Equal(t, r.code, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.err, "no server at "+other.URL))
	r = call(t, "meeting", "--control", "localhost:9010")
	assert.Equal(t, r.code, exit.Usage)
}

func TestPreloadSaysWhatIsWrongWithTheFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"meetings": [{"app_id": "x"}]}`: "account_id: found nothing",
		`{"meetngs": []}`:                 "did you mean",
		`{"webhooks": [{"account_id":"a","app_id":"b","name":"n","url":"x","events":["meeting.ended"]}]}`:   "webhooks 0: url: found",
		`{"meetings": [{"account_id":"a","app_id":"b","id":"1"},{"account_id":"a","app_id":"b","id":"1"}]}`: `meeting 1: id: found "1", which another meeting has`,
		`{`: "JSON",
	} {
		r := call(t, "serve", "--preload", stateFile(t, text))
		assert.Equal(t, r.code, exit.Usage, "%s", r.err)
		assert.Assert(t, is.Contains(r.err, "--preload: "))
		assert.Assert(t, is.Contains(r.err, want))
	}
}

// What the state holds goes on; --preload is for the first start.
func TestPreloadBeginsAStateOnce(t *testing.T) {
	t.Parallel()
	dir, file := filepath.Join(t.TempDir(), "state"), stateFile(t, clinic)
	s, ready := startServer(t, "serve", "--state", dir, "--preload", file)
	assert.Equal(t, call(t, "meeting", "create", "room", "--control", ready.ControlURL).code, exit.OK)
	assert.Equal(t, s.stop(), exit.OK)
	s, ready = startServer(t, "serve", "--state", dir, "--preload", file)
	s.err.await(t, "--preload is not used")
	r := call(t, "meeting", "--control", ready.ControlURL)
	assert.Assert(t, is.Contains(r.out, "room"))
	assert.Assert(t, is.Contains(r.out, "standup"))
}
