//go:build e2e && linux

package main_test

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// How the speed is measured.
const (
	speedRounds    = 5
	speedTurn      = 2 * time.Second // of what runs for a time
	speedReplayed  = 20_000
	speedMeetings  = 400 // of twelve deliveries each
	speedDelivered = 12 * speedMeetings
)

// TestE2ESpeed compares rtkmock with what else sends requests. All take turns on
// one machine, five times, and the median of each ratio counts. One that is more
// than a fifth below what mocksender/README.md says is measured once more before
// it is a failure.
func TestE2ESpeed(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("what is written are the ratios of x86-64")
	}
	written := writtenRatios(t)
	bench := newSpeedBench(t)
	fallen := bench.fallen(written)
	if len(fallen) > 0 {
		t.Logf("measured once more: %s", strings.Join(fallen, ", "))
		fallen = bench.fallen(written)
	}
	assert.Assert(t, len(fallen) == 0, "slower by more than a fifth than mocksender/README.md says: %s", strings.Join(fallen, ", "))
}

// writtenRatios reads the ratios from their table.
func writtenRatios(t *testing.T) map[string]float64 {
	text, err := os.ReadFile("../../mocksender/README.md")
	assert.NilError(t, err)
	ratios := map[string]float64{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+/[a-z]+)` \\|.*\\| ([0-9.]+) \\|$").FindAllStringSubmatch(string(text), -1) {
		ratios[row[1]], err = strconv.ParseFloat(row[2], 64)
		assert.NilError(t, err)
	}
	assert.Equal(t, len(ratios), 5, "the rows of mocksender/README.md: %v", ratios)
	return ratios
}

// speedBench is what is measured, and with what. A program that is not there is
// an empty path.
type speedBench struct {
	*testing.T
	dir, url           string
	rtkmock            string
	node, wrk, vegeta  string
	key                *rsa.PrivateKey
	keyFile, fastFile  string
	script             string
	recording, targets string
}

func newSpeedBench(t *testing.T) *speedBench {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(target.Close)
	b := &speedBench{T: t, dir: t.TempDir(), url: target.URL + "/webhook"}
	b.rtkmock = buildStatic(t, b.dir, "rtkmock", ".")
	b.node, _ = exec.LookPath("node")
	b.wrk, _ = exec.LookPath("wrk")
	b.vegeta = vegeta(t)
	for name, path := range map[string]string{"node": b.node, "wrk": b.wrk, "vegeta": b.vegeta} {
		if path == "" {
			t.Logf("not compared with %s: it is not installed", name)
		}
	}
	b.makeKeys()
	b.script = writeMeetings(t, b.dir, speedMeetings, 1)
	b.makeCorpora()
	return b
}

func vegeta(t *testing.T) string {
	if path, err := exec.LookPath("vegeta"); err == nil {
		return path
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "install", "github.com/tsenart/vegeta/v12@v12.13.0")
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-modcacherw")
	if cmd.Run() != nil {
		return ""
	}
	return filepath.Join(dir, "vegeta")
}

func (b *speedBench) run(name string, args ...string) string {
	b.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(b.Context(), name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	assert.NilError(b, err, "%s %s: %.2000s", name, strings.Join(args, " "), stderr.String())
	return string(out)
}

func (b *speedBench) makeKeys() {
	b.keyFile, b.fastFile = filepath.Join(b.dir, "key.pem"), filepath.Join(b.dir, "fast.pem")
	b.run(b.rtkmock, "key", "new", "--out", b.keyFile)
	b.run(b.rtkmock, "key", "new", "--fast", "--out", b.fastFile)
	pem, err := os.ReadFile(b.keyFile)
	assert.NilError(b, err)
	b.key, err = rtk.ParsePrivateKey(pem)
	assert.NilError(b, err)
}

// writeMeetings writes a script: so many meetings at a time, several times.
func writeMeetings(t *testing.T, dir string, meetings, times int) string {
	text, err := os.ReadFile("../../scenarios/many-meetings.json")
	assert.NilError(t, err)
	var script map[string]any
	assert.NilError(t, json.Unmarshal(text, &script))
	delete(script, "$schema")
	delete(script, "expectation")
	block := script["steps"].([]any)[0].(map[string]any)
	block["parallel"] = meetings
	if times > 1 {
		block["times"] = times
	}
	text, err = json.Marshal(script)
	assert.NilError(t, err)
	path := filepath.Join(dir, "meetings.json")
	assert.NilError(t, os.WriteFile(path, text, 0o600))
	return path
}

// makeCorpora writes the same signed requests for rtkmock and vegeta, and the
// first of them for wrk.
func (b *speedBench) makeCorpora() {
	for _, format := range []string{"jsonl", "vegeta"} {
		b.run(b.rtkmock, "fixtures", "generate", "--out", filepath.Join(b.dir, format), "--key", b.fastFile,
			"--count", strconv.Itoa(speedReplayed), "--format", format, "--url", b.url)
	}
	b.recording, b.targets = filepath.Join(b.dir, "jsonl", "corpus.jsonl"), filepath.Join(b.dir, "vegeta", "corpus.vegeta.jsonl")
	f, err := os.Open(b.recording)
	assert.NilError(b, err)
	defer f.Close()
	line, err := bufio.NewReader(f).ReadBytes('\n')
	assert.NilError(b, err)
	var first struct {
		Headers map[string]string
		Body    string
	}
	assert.NilError(b, json.Unmarshal(line, &first))
	lua := fmt.Sprintf("wrk.method = \"POST\"\nwrk.body = %q\n", first.Body)
	for name, value := range first.Headers {
		lua += fmt.Sprintf("wrk.headers[%q] = %q\n", name, value)
	}
	assert.NilError(b, os.WriteFile(filepath.Join(b.dir, "wrk.lua"), []byte(lua), 0o600))
}

// fallen measures all ratios, and returns those that are too low.
func (b *speedBench) fallen(written map[string]float64) (fallen []string) {
	ratios := map[string][]float64{}
	for range speedRounds {
		for name, ratio := range b.round() {
			ratios[name] = append(ratios[name], ratio)
		}
	}
	for name, all := range ratios {
		slices.Sort(all)
		median := all[len(all)/2]
		b.Logf("%-15s %.2f, written %.2f, of %.2f", name, median, written[name], all)
		if median < 0.8*written[name] {
			fallen = append(fallen, fmt.Sprintf("%s %.2f", name, median))
		}
	}
	return fallen
}

// round measures each once, in deliveries or requests a second.
func (b *speedBench) round() map[string]float64 {
	ratios := map[string]float64{}
	bare := b.bare()
	ratios["live/bare"] = b.live(b.keyFile) / bare
	ratios["fast/bare"] = b.live(b.fastFile) / bare
	if b.node != "" {
		ratios["fast/node"] = b.live(b.fastFile) / b.number(b.run(b.node, "testdata/speed/sender.mjs", b.url, fmt.Sprint(speedTurn.Seconds())))
	}
	if b.wrk != "" {
		out := b.run(b.wrk, "-t2", "-c16", "-d"+speedTurn.String(), "-s", filepath.Join(b.dir, "wrk.lua"), b.url)
		rate := regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`).FindStringSubmatch(out)
		assert.Assert(b, rate != nil, "%s", out)
		ratios["replay/wrk"] = b.replay() / b.number(rate[1])
	}
	if b.vegeta != "" {
		ratios["replay/vegeta"] = b.replay() / b.timed(speedReplayed, b.vegeta, "attack", "-format=json", "-lazy", "-rate=0", "-max-workers=16",
			"-targets="+b.targets, "-output=/dev/null")
	}
	return ratios
}

// bare returns how many signatures crypto/rsa makes on all cores.
func (b *speedBench) bare() float64 {
	var made atomic.Int64
	var group sync.WaitGroup
	end := time.Now().Add(speedTurn)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for time.Now().Before(end) {
				digest := sha256.Sum256(nil)
				_, err := rsa.SignPKCS1v15(nil, b.key, crypto.SHA256, digest[:])
				assert.Check(b, err)
				made.Add(1)
			}
		})
	}
	group.Wait()
	return float64(made.Load()) / speedTurn.Seconds()
}

func (b *speedBench) live(key string) float64 {
	return b.timed(speedDelivered, b.rtkmock, "play", b.script, b.url, "--key", key, "--concurrency", "64", "--progress", "none",
		"--report", "json="+filepath.Join(b.dir, "report.json"))
}

func (b *speedBench) replay() float64 {
	return b.timed(speedReplayed, b.rtkmock, "replay", b.recording, b.url, "--concurrency", "16", "--progress", "none")
}

// timed runs a program that sends n requests, its start included.
func (b *speedBench) timed(n int, name string, args ...string) float64 {
	began := time.Now()
	b.run(name, args...)
	return float64(n) / time.Since(began).Seconds()
}

func (b *speedBench) number(text string) float64 {
	b.Helper()
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	assert.NilError(b, err)
	return n
}
