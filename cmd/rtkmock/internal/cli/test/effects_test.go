package test

import (
	"os"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance/effects"
)

func TestEffectsCommand(t *testing.T) {
	q := effects.Query{UUID: "u 1'$(x)", Event: "meeting.ended", MeetingID: "m", SessionID: "s"}
	for _, c := range []struct {
		reason, command string
		want            int
		err             string
	}{
		{"words keep what is filled in whole", `sh -c 'test "$1" = "$RTKMOCK_UUID" && echo 3' - {uuid}`, 3, ""},
		{"all four are variables", `sh -c 'test "$RTKMOCK_EVENT/$RTKMOCK_MEETING_ID/$RTKMOCK_SESSION_ID" = meeting.ended/m/s && echo 4'`, 4, ""},
		{"a number counts whatever the exit status", `sh -c 'echo " 0 "; exit 1' - {uuid}`, 0, ""},
		{"a failure says why", `sh -c 'echo "no such table" >&2; exit 1' - {uuid}`, 0, "--effects-cmd: exit status 1: no such table"},
		{"words are no number", `echo {event}`, 0, `--effects-cmd printed "meeting.ended", want a number`},
		{"nothing is no number", `true {uuid}`, 0, `--effects-cmd printed "", want a number`},
		{"less than nothing is none", `echo -1 {uuid}`, 0, `--effects-cmd printed "-1 u 1'$(x)", want a number`},
	} {
		e, err := newEffectsCommand(app.New(os.Environ(), terminal.Streams{}), c.command)
		assert.NilError(t, err, c.reason)
		n, err := e.Count(t.Context(), q)
		if c.err != "" {
			assert.Error(t, err, c.err, c.reason)
			continue
		}
		assert.NilError(t, err, c.reason)
		assert.Equal(t, n, c.want, c.reason)
	}
}

func TestEffectsCommandDistinguishesDeliveriesByWhatItNames(t *testing.T) {
	one := effects.Query{UUID: "u", Event: "meeting.ended", MeetingID: "m", SessionID: "s"}
	other := effects.Query{UUID: "v", Event: "meeting.ended", MeetingID: "m", SessionID: "s"}
	for _, c := range []struct {
		command string
		apart   bool
	}{
		{"true {uuid}", true},
		{"true {meeting_id} {event}", false},
		{`sh -c 'echo $RTKMOCK_UUID'`, true},
		{`sh -c 'echo $RTKMOCK_SESSION_ID'`, false},
	} {
		e, err := newEffectsCommand(app.New(nil, terminal.Streams{}), c.command)
		assert.NilError(t, err)
		assert.Equal(t, e.Key(one) != e.Key(other), c.apart, c.command)
	}
}
