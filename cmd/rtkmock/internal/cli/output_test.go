package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestVersionNamesGoAndPlatform(t *testing.T) {
	r := call(t, "version")
	r.exits(t, ExitOK)
	assert.Assert(t, strings.HasPrefix(r.out, "rtkmock "), r.out)
	assert.Assert(t, is.Contains(r.out, "go1."))
	assert.Equal(t, call(t, "--version").out, r.out)
	var b build
	assert.NilError(t, json.Unmarshal([]byte(call(t, "version", "--output", "json").out), &b))
	assert.Assert(t, b.Version != "" && b.Go != "")
}

func TestColoursAreForTerminals(t *testing.T) {
	for _, c := range []struct {
		reason string
		tty    bool
		env    []string
		args   []string
		want   bool
	}{
		{"a terminal", true, nil, nil, true},
		{"a pipe", false, nil, nil, false},
		{"NO_COLOR", true, []string{"NO_COLOR=1"}, nil, false},
		{"an empty NO_COLOR is none", true, []string{"NO_COLOR="}, nil, true},
		{"a terminal that cannot", true, []string{"TERM=dumb"}, nil, false},
		{"the flag outweighs NO_COLOR", true, []string{"NO_COLOR=1"}, []string{"--color", "always"}, true},
		{"and the pipe", false, nil, []string{"--color=always"}, true},
		{"never", true, nil, []string{"--color=never"}, false},
		{"by variable", true, []string{"RTKMOCK_COLOR=never"}, nil, false},
	} {
		r := caller{tty: c.tty, env: c.env, width: 80}.call(t, append([]string{"checks", "explain", "sig/pss"}, c.args...)...)
		r.exits(t, ExitOK)
		assert.Equal(t, strings.Contains(r.out, "\x1b["), c.want, c.reason)
	}
}

func TestTablesWrapOnTerminalsAlone(t *testing.T) {
	wide := call(t, "checks")
	for line := range strings.Lines(wide.out) {
		assert.Assert(t, len(strings.Fields(line)) > 3, line)
	}
	for _, width := range []int{50, 80, 120} {
		narrow := caller{tty: true, width: width}.call(t, "checks")
		for line := range strings.Lines(narrow.out) {
			assert.Assert(t, len([]rune(strings.TrimRight(line, "\n"))) <= max(width, 62), "%d: %q", width, line)
		}
	}
}

func TestNearestMeansWhatWasMeant(t *testing.T) {
	words := []string{"test", "send", "serve", "receive", "checks", "meeting.started", "sig/raw-bytes"}
	for _, c := range []struct{ typed, want, reason string }{
		{"tset", "test", "two letters swapped"},
		{"TEST", "test", "another case"},
		{"sned", "send", "two letters swapped"},
		{"recieve", "receive", "as many write it"},
		{"meeting.strated", "meeting.started", "a long word bears more"},
		{"raw-bytes", "sig/raw-bytes", "the end is what one remembers"},
		{"started", "meeting.started", "the end is what one remembers"},
		{"meeting", "meeting.started", "the start is there"},
		{"xyzzy", "", "nothing is near"},
		{"", "", "nothing was typed"},
	} {
		assert.Equal(t, nearest(c.typed, words), c.want, c.reason)
	}
}
