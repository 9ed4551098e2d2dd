//go:build e2e && linux

package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// What long runs may take. The collector lets memory go up and down, so that the
// most of a stretch is compared with the most of another.
const (
	memoryEarly  = 50_000
	memoryLate   = 200_000
	memoryWindow = 10_000   // deliveries before each, in which memory is looked at
	memoryMost   = 60 << 20 // bytes
	memorySlope  = 4 << 20  // between the two, which is nil beside what it goes up and down
)

// memoryTarget counts deliveries, and looks at the memory of the process that
// makes them.
type memoryTarget struct {
	*httptest.Server
	pid         atomic.Int64
	n           atomic.Int64
	early, late atomic.Int64
}

func newMemoryTarget(t *testing.T) *memoryTarget {
	m := new(memoryTarget)
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if n := m.n.Add(1); n%100 == 0 {
			switch {
			case n > memoryEarly-memoryWindow && n <= memoryEarly:
				m.look(&m.early)
			case n > memoryLate-memoryWindow && n <= memoryLate:
				m.look(&m.late)
			}
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(m.Close)
	return m
}

// ownMemory leaves out the pages of the program's file, which the system drops
// where it needs room.
var ownMemory = regexp.MustCompile(`RssAnon:\s+(\d+) kB`)

func (m *memoryTarget) look(most *atomic.Int64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.pid.Load()))
	if found := ownMemory.FindSubmatch(status); found != nil {
		kB, _ := strconv.ParseInt(string(found[1]), 10, 64)
		most.Store(max(most.Load(), kB<<10))
	}
}

func (m *memoryTarget) judge(t *testing.T) {
	early, late := m.early.Load(), m.late.Load()
	t.Logf("%.1f MB after %d deliveries, %.1f MB after %d", float64(early)/1e6, memoryEarly, float64(late)/1e6, memoryLate)
	assert.Assert(t, early > 0 && late > 0, "%d deliveries came", m.n.Load())
	assert.Assert(t, late < memoryMost)
	assert.Assert(t, late-early < memorySlope, "it grows")
}

func TestE2EMemoryOfPlayIsFlat(t *testing.T) {
	const meetings, perMeeting = 100, 12
	dir := t.TempDir()
	rtkmock := buildStatic(t, dir, "rtkmock", ".")
	key := filepath.Join(dir, "fast.pem")
	assert.NilError(t, exec.CommandContext(t.Context(), rtkmock, "key", "new", "--fast", "--out", key).Run())
	target := newMemoryTarget(t)
	cmd := exec.CommandContext(t.Context(), rtkmock, "play", writeMeetings(t, dir, meetings, memoryLate/meetings/perMeeting+1),
		target.URL+"/webhook", "--key", key, "--concurrency", "64", "--progress", "none", "--record", filepath.Join(dir, "all.jsonl"))
	assert.NilError(t, cmd.Start())
	target.pid.Store(int64(cmd.Process.Pid))
	assert.NilError(t, cmd.Wait())
	target.judge(t)
}

// One event to many webhooks is signed once, so that this takes seconds.
func TestE2EMemoryOfServeIsFlat(t *testing.T) {
	const hooks = 100
	dir := t.TempDir()
	rtkmock := buildStatic(t, dir, "rtkmock", ".")
	target := newMemoryTarget(t)
	ready := filepath.Join(dir, "ready.json")
	cmd := exec.CommandContext(t.Context(), rtkmock, "serve", "--ready-file", ready)
	assert.NilError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	target.pid.Store(int64(cmd.Process.Pid))
	base := servedAt(t, ready)
	for i := range hooks {
		postJSON(t, base+"/client/v4/accounts/acc/realtime/kit/app/webhooks", map[string]any{
			"name": fmt.Sprint(i), "url": fmt.Sprintf("%s/%d", target.URL, i), "events": []string{"meeting.started"},
		})
	}
	for i := range memoryLate / hooks {
		postJSON(t, base+"/_rtkmock/emit", map[string]any{"event": "meeting.started"})
		// Events that wait take room, which is not what is looked for.
		for deadline := time.Now().Add(time.Minute); target.n.Load() < int64(i-1)*hooks; {
			assert.Assert(t, time.Now().Before(deadline), "%d of %d deliveries came", target.n.Load(), i*hooks)
			<-time.After(time.Millisecond)
		}
	}
	for deadline := time.Now().Add(time.Minute); target.n.Load() < memoryLate && time.Now().Before(deadline); {
		<-time.After(10 * time.Millisecond)
	}
	target.judge(t)
}

// servedAt waits for the file that says where a server listens.
func servedAt(t *testing.T, ready string) string {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		text, err := os.ReadFile(ready)
		if err != nil {
			continue
		}
		var at struct {
			URL string `json:"key_url"`
		}
		assert.NilError(t, json.Unmarshal(text, &at))
		base, _, ok := strings.Cut(at.URL, "/.well-known/")
		assert.Assert(t, ok, "%s", text)
		return base
	}
	t.Fatal("it does not serve")
	return ""
}

func postJSON(t *testing.T, url string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	assert.NilError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(string(text)))
	assert.NilError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer any")
	resp, err := http.DefaultClient.Do(req)
	assert.NilError(t, err)
	answer, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	assert.NilError(t, err)
	assert.Assert(t, resp.StatusCode/100 == 2, "%d %s", resp.StatusCode, answer)
}
