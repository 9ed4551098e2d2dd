package cli

import (
	"os"
	"path/filepath"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/effects"
)

func TestEffectsAreCountedInAFile(t *testing.T) {
	h := newHub(t)
	path := filepath.Join(t.TempDir(), "effects.jsonl")
	h.started("receives", []string{"--effects-file", path, "--require", "effects", "--idempotent"}, effectsVar+"="+path).exits(t, ExitOK)
	h.started("receives", []string{"--effects-file", path, "--require", "effects", "--effects-timeout", "300ms"}).exits(t, ExitInconclusive)
}

func TestEffectsAreCountedByACommand(t *testing.T) {
	h := newHub(t)
	path := filepath.Join(t.TempDir(), "effects.jsonl")
	assert.NilError(t, os.WriteFile(path, nil, 0o600))
	h.started("receives", []string{"--effects-cmd", "grep -c {uuid} '" + path + "'", "--require", "effects"}, effectsVar+"="+path).exits(t, ExitOK)
}

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
		a := &app{env: environment(os.Environ())}
		e, err := a.newEffectsCommand(c.command)
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

func TestEffectsCommandTellsDeliveriesApartByWhatItNames(t *testing.T) {
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
		e, err := (&app{}).newEffectsCommand(c.command)
		assert.NilError(t, err)
		assert.Equal(t, e.Key(one) != e.Key(other), c.apart, c.command)
	}
}

func TestWordsAreSplitAsAShellSplitsThem(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"  a  b\tc\n", []string{"a", "b", "c"}},
		{`a 'b c' "d 'e'" f"g"'h'`, []string{"a", "b c", "d 'e'", "fgh"}},
		{`'' ""`, []string{"", ""}},
		{`a\ b "c\"d\e" '\'`, []string{"a b", `c"d\e`, `\`}},
		{`echo "$HOME" > x`, []string{"echo", "$HOME", ">", "x"}},
		{"", nil},
	} {
		got, err := splitWords(c.text)
		assert.NilError(t, err)
		assert.DeepEqual(t, got, c.want)
	}
}

func TestEffectsCommandsThatCannotCountAreRefused(t *testing.T) {
	for _, c := range []struct{ command, want string }{
		{"rtkmock-no-such-program {uuid}", `found no program "rtkmock-no-such-program" in PATH`},
		{"true", "it names no delivery, want {uuid} where its id belongs"},
		{"true {uid}", "it names no delivery, want {uuid} where its id belongs; did you mean {uuid}?"},
		{"sh -c 'grep -c {uuid} effects.log'", `{uuid} stands in what a shell reads, want "$RTKMOCK_UUID" there`},
		{"/bin/bash -ec 'count {meeting_id}'", `{meeting_id} stands in what a shell reads, want "$RTKMOCK_MEETING_ID" there`},
		{"true '{uuid}", "a quotation mark (') is not closed"},
		{`true {uuid}\`, "nothing follows the backslash at its end"},
		{" ", "found no command in it"},
	} {
		r := call(t, "test", "http://localhost:1/", "--effects-cmd", c.command)
		r.says(t, ExitUsage, "--effects-cmd: "+c.want)
	}
}
