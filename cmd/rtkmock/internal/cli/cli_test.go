package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// caller is how Main is called. The zero value is a call without environment,
// in pipes.
type caller struct {
	ctx   context.Context
	env   []string
	in    io.Reader
	tty   bool
	width int
}

// result is what a call came to.
type result struct {
	code     int
	out, err string
}

func call(t *testing.T, args ...string) result {
	t.Helper()
	return caller{}.call(t, args...)
}

func (c caller) call(t *testing.T, args ...string) result {
	t.Helper()
	if c.ctx == nil {
		c.ctx = t.Context()
	}
	if c.in == nil {
		c.in = strings.NewReader("")
	}
	var out, err bytes.Buffer
	code := Main(c.ctx, args, c.env, Streams{
		In: c.in, Out: &out, Err: &err,
		InIsTTY: c.tty, OutIsTTY: c.tty, ErrIsTTY: c.tty,
		Width: func() int { return c.width },
	})
	return result{code, out.String(), err.String()}
}

func (r result) exits(t *testing.T, code int) {
	t.Helper()
	assert.Equal(t, r.code, code, "stdout:\n%s\nstderr:\n%s", r.out, r.err)
}

// says asserts that the call failed with exactly one line.
func (r result) says(t *testing.T, code int, line string) {
	t.Helper()
	assert.Equal(t, r.err, "rtkmock: "+line+"\n")
	assert.Equal(t, r.out, "")
	assert.Equal(t, r.code, code)
}

func TestWithoutAVerbTheFirstStepsAreShown(t *testing.T) {
	r := call(t)
	r.exits(t, ExitUsage)
	assert.Equal(t, r.out, "")
	steps := strings.Count(r.err, "\n  rtkmock ")
	assert.Equal(t, steps, 3, r.err)
	assert.Assert(t, strings.HasSuffix(r.err, "\"rtkmock help\" lists all verbs.\n"), r.err)
}

func TestHelpListsTheVerbsInTheirOrder(t *testing.T) {
	r := call(t, "help")
	r.exits(t, ExitOK)
	_, list, _ := strings.Cut(r.out, "\nVerbs:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var listed []string
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "   ") { // or it goes on with the line above
			listed = append(listed, strings.Fields(line)[0])
		}
	}
	var want []string
	for _, v := range verbTable() {
		want = append(want, v.name)
	}
	assert.DeepEqual(t, listed, append(want, "help"))
}

// full is a stream whose device is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"version", "--output", "json"}, {"checks"}, {"schemas", "show", "meeting.started"}, {"completion", "bash"}} {
		var errors bytes.Buffer
		code := Main(t.Context(), args, nil, Streams{In: strings.NewReader(""), Out: full{}, Err: &errors})
		assert.Equal(t, code, ExitHarness, "%v", args)
		assert.Equal(t, errors.String(), "rtkmock: standard output: short write\n", "%v", args)
	}
}

func TestOneLineKeepsMessagesHarmless(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{"a\nb\r\n\tc", "a b c", "one line it is"},
		{"a\x1b[31mb\x07", "a[31mb", "no escape sequences"},
		{"a\u202eb\u200bc", "abc", "nothing that turns or hides text"},
		{"Grüße 你好", "Grüße 你好", "letters stay"},
	} {
		assert.Equal(t, oneLine(c.in), c.want, c.reason)
	}
}
