//go:build e2e && unix

package service_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
)

// promptly is far less than the time-out of the attempts that hang, and far more
// than a busy machine needs for an attempt that is answered.
const promptly = 5 * time.Second

// The program runs as a person would start it, with real sockets. 2,000 of its
// webhooks take each delivery and never answer, and one answers.
func TestE2EThousandsThatHangHoldUpNobody(t *testing.T) {
	for _, files := range []int{256, 0} {
		t.Run(fmt.Sprintf("files=%d", files), func(t *testing.T) {
			const hanging = 2000
			silent := make(chan struct{})
			hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
			defer hangs.Close()
			defer close(silent)
			arrived := make(chan struct{}, 100)
			answers := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived <- struct{}{} }))
			defer answers.Close()

			s := &stand{url: startServe(t, files), t: t}
			emit := func(when string) {
				t.Helper()
				began := time.Now()
				s.emit(rtk.MeetingParticipantJoined)
				<-arrived
				took := time.Since(began)
				t.Logf("%s: %v", when, took)
				assert.Assert(t, took < promptly, "%s: %v", when, took)
			}
			s.register(answers.URL, rtk.EventTypes()...)
			emit("alone")
			for i := range hanging {
				s.register(fmt.Sprintf("%s/%d", hangs.URL, i), rtk.EventTypes()...)
			}
			for range 3 {
				emit("while the others hang")
			}
			play := is[service.Play](s, 202, http.MethodPost, "/_rtkmock/plays",
				`{"script":{"title":"x","steps":[{"emit":"meeting.started"},{"emit":"meeting.ended"}]}}`)
			emit("the first step of a play, or an event beside it")
			<-arrived
			assert.Equal(t, is[service.Play](s, 200, http.MethodGet, fmt.Sprintf("/_rtkmock/plays/%d", play.ID), nil).State, service.Playing)
		})
	}
}

// startServe runs the program's serve with so many files, or as many as there
// may be if 0, and returns its URL.
func startServe(t *testing.T, files int) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "rtkmock")
	out, err := command(t, "", nil, "go", "build", "-o", program, "../../cmd/rtkmock")
	assert.NilError(t, err, out)
	line := `exec "$0" "$@"`
	if files > 0 {
		line = fmt.Sprintf("ulimit -n %d && %s", files, line)
	}
	cmd := exec.Command("sh", "-c", line, program, "serve", "--listen", "127.0.0.1:0", "--timeout", "20s", "--output", "json")
	stdout, err := cmd.StdoutPipe()
	assert.NilError(t, err)
	var log strings.Builder
	cmd.Stderr = &log
	assert.NilError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		assert.Check(t, !strings.Contains(log.String(), "too many open files"), "the budget leaves files to others")
	})
	told, err := bufio.NewReader(stdout).ReadString('\n')
	assert.NilError(t, err)
	var ready struct{ URL string }
	assert.NilError(t, json.Unmarshal([]byte(told), &ready), told)
	return ready.URL
}
