package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"
)

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

func (f *feed) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.String()
}

// await waits until text has been written, and returns all that was.
func (f *feed) await(t *testing.T, text string) string {
	t.Helper()
	for {
		f.mu.Lock()
		have, changed := f.text.String(), f.changed
		f.mu.Unlock()
		if strings.Contains(have, text) {
			return have
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatalf("%q was not written: %s", text, have)
		}
	}
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{out: newFeed(), err: newFeed()}
	code := make(chan int, 1)
	go func() {
		code <- Main(ctx, args, nil, Streams{In: strings.NewReader(""), Out: r.out, Err: r.err})
	}()
	r.stop = sync.OnceValue(func() int {
		cancel()
		return <-code
	})
	t.Cleanup(func() { r.stop() })
	return r
}

// startServer starts a verb that has a ready file, and returns what that says.
func startServer(t *testing.T, args ...string) (*running, ready) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ready.json")
	r := start(t, append(args, "--ready-file", file)...)
	// Both lines come after the file.
	waitAny(t, r, "key URL: ", "effects: ")
	data, err := os.ReadFile(file)
	assert.NilError(t, err, "%s%s", r.out, r.err)
	var told ready
	assert.NilError(t, json.Unmarshal(data, &told))
	return r, told
}

// waitAny waits until one of texts stands in an output of r.
func waitAny(t *testing.T, r *running, texts ...string) {
	t.Helper()
	for {
		r.out.mu.Lock()
		outChanged := r.out.changed
		r.out.mu.Unlock()
		r.err.mu.Lock()
		errChanged := r.err.changed
		r.err.mu.Unlock()
		all := r.out.String() + r.err.String()
		for _, text := range texts {
			if strings.Contains(all, text) {
				return
			}
		}
		select {
		case <-outChanged:
		case <-errChanged:
		case <-t.Context().Done():
			t.Fatalf("none of %q was written: %s", texts, all)
		}
	}
}

// keyFile makes a key file.
func keyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	call(t, "key", "new", "--out", path).exits(t, ExitOK)
	return path
}
