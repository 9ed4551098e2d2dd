package cli

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// caller is how the command line is called. The zero value is a call without
// environment, in pipes.
type caller struct {
	ctx   context.Context
	env   []string
	in    io.Reader
	tty   bool
	width int
}

// result is how a call ended.
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
	code := run(c.ctx, newApp(c.env, terminal.Streams{
		In: c.in, Out: &out, Err: &err,
		InIsTTY: c.tty, OutIsTTY: c.tty, ErrIsTTY: c.tty,
		Columns: func() int { return c.width },
	}), args)
	return result{code, out.String(), err.String()}
}

// newApp is a call that makes no keys. Those of other calls are the same, but no
// two keys of a call are.
func newApp(env []string, streams terminal.Streams) *app.App {
	a := app.New(env, streams)
	n := 0
	a.NewKeyring = func() *rtk.Keyring {
		n++
		return rtk.NewKeyring(testKeys()[1+n%2])
	}
	return a
}

// testKeys are the keys of all tests: that of keyFile, and two of calls without a
// key. To make one takes longer than most tests.
var testKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 3)
	for i := range keys {
		key, err := rtk.GenerateKey()
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// keyFile is a file with a key.
func keyFile(t *testing.T) string {
	t.Helper()
	pem, err := rtk.PrivatePEM(testKeys()[0])
	assert.NilError(t, err)
	path := filepath.Join(t.TempDir(), "key.pem")
	assert.NilError(t, os.WriteFile(path, pem, 0o600))
	return path
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

// unwrapped is text without its line breaks.
func unwrapped(s string) string { return strings.Join(strings.Fields(s), " ") }

// running is a verb that goes on until it is stopped.
type running struct {
	out, err *feed
	stop     func() int // ends it and returns the exit code
}

// feed is an output that can be waited for.
type feed struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newFeed() *feed { return &feed{changed: make(chan struct{})} }

func (f *feed) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.changed)
	f.changed = make(chan struct{})
	return f.text.Write(p)
}

func (f *feed) read() (text string, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.String(), f.changed
}

func (f *feed) String() string {
	text, _ := f.read()
	return text
}

// awaitLimit is how long await waits. Only a call that hangs takes longer.
const awaitLimit = time.Minute

// await waits until text has been written, and returns everything that was.
func (f *feed) await(t *testing.T, text string) string {
	t.Helper()
	limit := time.NewTimer(awaitLimit)
	defer limit.Stop()
	for {
		have, changed := f.read()
		if strings.Contains(have, text) {
			return have
		}
		select {
		case <-changed:
		case <-limit.C:
			t.Fatalf("%q was not written within %s: %s", text, awaitLimit, have)
		case <-t.Context().Done():
			t.Fatalf("%q was not written: %s", text, have)
		}
	}
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	return startIn(t, nil, args...)
}

// startIn is start in an environment.
func startIn(t *testing.T, env []string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{out: newFeed(), err: newFeed()}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, newApp(env, terminal.Streams{In: strings.NewReader(""), Out: r.out, Err: r.err}), args)
	}()
	r.stop = sync.OnceValue(func() int {
		cancel()
		return <-code
	})
	t.Cleanup(func() { r.stop() })
	return r
}

// startServer starts a verb that has a ready file, and returns what that says.
func startServer(t *testing.T, args ...string) (*running, server.Ready) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ready.json")
	r := start(t, append(args, "--ready-file", file)...)
	// These lines come after the file.
	if args[0] == "receive" {
		r.err.await(t, "effects: ")
	} else {
		r.out.await(t, "key URL: ")
	}
	data, err := os.ReadFile(file)
	assert.NilError(t, err, "%s%s", r.out, r.err)
	var ready server.Ready
	assert.NilError(t, json.Unmarshal(data, &ready))
	return r, ready
}

func TestWithoutAVerbTheFirstStepsAreShown(t *testing.T) {
	t.Parallel()
	r := call(t)
	r.exits(t, exit.Usage)
	assert.Equal(t, r.out, "")
	steps := strings.Count(r.err, "\n  rtkmock ")
	assert.Equal(t, steps, 3, r.err)
	assert.Assert(t, strings.HasSuffix(r.err, "\"rtkmock help\" lists all verbs.\n"), r.err)
}

// full is a stream whose device is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"version", "--output", "json"}, {"checks"}, {"schemas", "show", "meeting.started"}, {"completion", "bash"}} {
		var errors bytes.Buffer
		code := Main(t.Context(), args, nil, terminal.Streams{In: strings.NewReader(""), Out: full{}, Err: &errors})
		assert.Equal(t, code, exit.Harness, "%v", args)
		assert.Equal(t, errors.String(), "rtkmock: standard output: short write\n", "%v", args)
	}
}
