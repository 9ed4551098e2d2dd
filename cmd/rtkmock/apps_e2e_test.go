//go:build e2e && linux

package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// Three apps that create a meeting by the API, receive its webhooks, and call back
// because of them. They have the addresses of the real service in their source.

func TestE2EAnAppInNodeWithTheSDK(t *testing.T) {
	needs(t, "node", "npm", "curl")
	runApp(t, npmApp(t, "testdata/apps/node"), "node", "app.mjs")
}

func TestE2EAnAppInPythonWithRequests(t *testing.T) {
	needs(t, "curl")
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import requests, cryptography").Run() == nil {
			dir := t.TempDir()
			assert.NilError(t, os.CopyFS(dir, os.DirFS("testdata/apps/python")))
			runApp(t, dir, python, "app.py")
			return
		}
	}
	t.Skip("no Python has requests and cryptography")
}

// The app has a go.mod of its own, so that nobody who uses rtkmock gets the SDK.
func TestE2EAnAppInGoWithTheSDK(t *testing.T) {
	needs(t, "curl")
	run := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = filepath.Join("testdata", "apps", "go")
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
		return cmd.CombinedOutput()
	}
	if out, err := run("mod", "download"); err != nil {
		t.Skipf("the SDK could not be downloaded: %s", out)
	}
	program := filepath.Join(t.TempDir(), "visits")
	out, err := run("build", "-o", program, ".")
	assert.NilError(t, err, "%s", out)
	runApp(t, t.TempDir(), program)
}

// runApp puts an app through its visits, each way to the hard-coded names.
func runApp(t *testing.T, dir string, words ...string) {
	rtkmock := buildRTKMock(t)
	isolate(t)
	for way, prefix := range interceptWays {
		t.Logf("the way %s", way)
		s := startApp(t, dir, append(prefix, rtkmock), words)
		meeting := s.visit()
		s.deliverAgain()
		s.meet(s.plan("Second opinion", "Bob"), func(v visit) bool { return v.Status == "live" })
		assert.Equal(t, s.look(meeting).Works, 6, "each event is worked on once, however often it comes")
		s.stop()
	}
	judgeApp(t, rtkmock, dir, words)
}

// judgeApp holds an app, which is a model, to what rtkmock asks of others.
func judgeApp(t *testing.T, rtkmock, dir string, words []string) {
	t.Helper()
	for name, value := range appVariables(t) {
		t.Setenv(name, value)
	}
	j, _ := judged(t, dir, testWords(rtkmock, append([]string{"--only", "sig/**,evt/**", "--"}, words...)...)...)
	assert.Equal(t, j.Outcome, "conformant")
	for _, c := range j.Checks {
		assert.Assert(t, c.Status != "fail" && c.Status != "warn", "%s: %s", c.ID, c.Reason)
	}
}

// appVariables are what an app wants to know, apart from its port.
func appVariables(t *testing.T) map[string]string {
	return map[string]string{
		"DATABASE": filepath.Join(t.TempDir(), "visits.db"), "ACCOUNT_ID": "acc", "APP_ID": "clinic", "CLOUDFLARE_API_TOKEN": "any",
	}
}

// appStage is an app under rtkmock serve.
type appStage struct {
	t            *testing.T
	app, rtkmock string // base URLs
	stop         func()
}

func startApp(t *testing.T, dir string, rtkmock, words []string) *appStage {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready.json")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	assert.NilError(t, ln.Close()) // nobody else is in this network
	line := append(rtkmock, "serve", "--intercept", "always", "--intercept-offline", "--ready-file", ready, "--time-scale", "0.1", "--")
	line = append(line, words...)
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Dir = dir
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "PORT="+port)
	for name, value := range appVariables(t) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	errs, err := cmd.StderrPipe()
	assert.NilError(t, err)
	assert.NilError(t, cmd.Start())
	s := &appStage{t: t, app: "http://127.0.0.1:" + port}
	s.stop = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}
	t.Cleanup(s.stop)
	lines := bufio.NewScanner(errs)
	var said strings.Builder
	for lines.Scan() && !strings.HasSuffix(lines.Text(), "ready") {
		fmt.Fprintln(&said, lines.Text())
	}
	assert.Assert(t, strings.HasSuffix(lines.Text(), "ready"), "%s", &said)
	go func() {
		for lines.Scan() {
			t.Log(lines.Text())
		}
	}()
	var address struct{ URL string }
	text, err := os.ReadFile(ready)
	assert.NilError(t, err)
	assert.NilError(t, json.Unmarshal(text, &address), "%s", text)
	s.rtkmock = address.URL
	return s
}

// ask makes a request from this network, and reads the answer into out.
func (s *appStage) ask(want int, out any, method, url string, args ...string) {
	s.t.Helper()
	line := append([]string{"-sS", "--max-time", "20", "-w", "\n%{http_code}", "-X", method, "-H", "Authorization: Bearer any", url}, args...)
	text, err := exec.CommandContext(s.t.Context(), "curl", line...).Output()
	assert.NilError(s.t, err, "%s %s", method, url)
	at := strings.LastIndex(string(text), "\n")
	assert.Equal(s.t, string(text[at+1:]), fmt.Sprint(want), "%s %s: %s", method, url, text)
	if out != nil {
		assert.NilError(s.t, json.Unmarshal(text[:at], out), "%s", text)
	}
}

func body(v any) []string {
	data, _ := json.Marshal(v) // texts
	return []string{"-H", "Content-Type: application/json", "-d", string(data)}
}

// visit is what an app says of one, and planned whom it expects.
type (
	visit struct {
		Title, Status string
		Attended      []string
		Bytes         int `json:"recording_bytes"`
		Works         int
	}
	planned struct {
		Meeting     string `json:"meeting_id"`
		Participant string `json:"participant_id"`
		Token       string
	}
)

func (s *appStage) plan(title, guest string) (p planned) {
	s.t.Helper()
	s.ask(201, &p, "POST", s.app+"/visits", body(map[string]string{"title": title, "guest": guest})...)
	assert.Equal(s.t, strings.Count(p.Token, "."), 2)
	assert.Equal(s.t, s.look(p.Meeting).Status, "planned")
	return p
}

func (s *appStage) look(meeting string) (v visit) {
	s.t.Helper()
	s.ask(200, &v, "GET", s.app+"/visits/"+meeting)
	return v
}

// meet lets the guest join by the door, and waits until the app has seen it.
func (s *appStage) meet(p planned, until func(visit) bool) visit {
	s.t.Helper()
	s.ask(202, nil, "POST", s.rtkmock+"/_rtkmock/meetings/"+p.Meeting+"/join", body(map[string]string{"participant_id": p.Participant})...)
	return s.await(p.Meeting, until)
}

func (s *appStage) await(meeting string, until func(visit) bool) visit {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; <-time.After(20 * time.Millisecond) {
		v := s.look(meeting)
		if until(v) {
			return v
		}
		assert.Assert(s.t, time.Now().Before(end), "%+v", v)
	}
}

// visit is a whole one: what the app says in the end is what the API says.
func (s *appStage) visit() (meeting string) {
	s.t.Helper()
	p := s.plan("Ward round", "Mary")
	s.meet(p, func(v visit) bool { return v.Status == "live" })
	s.forge()
	s.ask(202, nil, "POST", s.rtkmock+"/_rtkmock/meetings/"+p.Meeting+"/leave", body(map[string]string{"participant_id": p.Participant})...)
	v := s.await(p.Meeting, func(v visit) bool { return v.Status == "ended" && v.Bytes > 0 })
	assert.DeepEqual(s.t, v.Attended, []string{"Mary"})
	assert.Equal(s.t, v.Title, "Ward round")
	var recordings struct {
		Data []struct {
			Size int    `json:"file_size"`
			URL  string `json:"download_url"`
		}
	}
	s.ask(200, &recordings, "GET", s.rtkmock+"/client/v4/accounts/acc/realtime/kit/clinic/recordings?meeting_id="+p.Meeting)
	assert.Equal(s.t, len(recordings.Data), 1)
	assert.Equal(s.t, v.Bytes, recordings.Data[0].Size)
	assert.Assert(s.t, is.Contains(recordings.Data[0].URL, "https://media.rtkmock.example/"))
	return p.Meeting
}

// forge sends the end of the meeting under the signature of another event.
func (s *appStage) forge() {
	s.t.Helper()
	s.ask(200, nil, "POST", s.rtkmock+"/_rtkmock/wait") // until the attempt is noted
	var first struct {
		Body     string
		Attempts []struct{ Head string }
	}
	s.ask(200, &first, "GET", s.rtkmock+"/_rtkmock/deliveries/1")
	_, signature, _ := strings.Cut(first.Attempts[0].Head, "rtk-signature: ")
	signature, _, _ = strings.Cut(signature, "\r\n")
	assert.Assert(s.t, signature != "")
	s.ask(401, nil, "POST", s.app+"/webhook", "-H", "rtk-signature: "+signature, "-H", "rtk-uuid: forged",
		"-d", strings.Replace(first.Body, "meeting.started", "meeting.ended", 1))
}

// deliverAgain sends every delivery a second time, under its uuid.
func (s *appStage) deliverAgain() {
	s.t.Helper()
	s.ask(200, nil, "POST", s.rtkmock+"/_rtkmock/wait")
	var all struct {
		Deliveries []struct {
			ID    int
			State string
		}
	}
	s.ask(200, &all, "GET", s.rtkmock+"/_rtkmock/deliveries")
	assert.Equal(s.t, len(all.Deliveries), 6)
	for _, d := range all.Deliveries {
		assert.Equal(s.t, d.State, "delivered")
		s.ask(202, nil, "POST", fmt.Sprintf("%s/_rtkmock/deliveries/%d/resend", s.rtkmock, d.ID))
	}
	s.ask(200, nil, "POST", s.rtkmock+"/_rtkmock/wait")
}
