package cli

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/schemas"
)

func TestFirstRunNeedsNothing(t *testing.T) {
	t.Parallel()
	r := call(t, "test")
	r.exits(t, exit.OK)
	assert.Assert(t, strings.HasPrefix(r.out, "conformant"), r.out)
	assert.Assert(t, strings.HasPrefix(r.err, "rtkmock: key URL  http://127.0.0.1:"), r.err)
}

func TestSeedAndStartAreTaken(t *testing.T) {
	t.Parallel()
	r := call(t, "test", "--only", "sig/missing-header", "--seed", "0", "--start", "2026-06-03T10:00:00Z", "--output", "json")
	r.exits(t, exit.OK)
	var rep struct {
		Seed, Start string
	}
	assert.NilError(t, json.Unmarshal([]byte(r.out), &rep), r.out)
	assert.Equal(t, rep.Seed, "0", "0 is a seed like any other")
	assert.Equal(t, rep.Start, "2026-06-03T10:00:00Z")
	assert.Assert(t, is.Contains(r.err, "seed     0,"))
}

func TestGatesComeAlongUnlessTheyAreSkipped(t *testing.T) {
	t.Parallel()
	judged := func(args ...string) []string {
		r := call(t, append([]string{"test", "--output", "json"}, args...)...)
		r.exits(t, exit.OK)
		var rep struct{ Checks []struct{ ID string } }
		assert.NilError(t, json.Unmarshal([]byte(r.out), &rep))
		var ids []string
		for _, c := range rep.Checks {
			ids = append(ids, c.ID)
		}
		return ids
	}
	gates := []string{"ctl/valid-accepted", "ctl/key-held", "ctl/alive-after"}
	assert.DeepEqual(t, judged("--only", "sig/missing-header"), append(gates, "sig/missing-header"))
	assert.DeepEqual(t, judged("--only", "sig/missing-header", "--skip", "ctl/key-held"), []string{gates[0], gates[2], "sig/missing-header"})
	assert.DeepEqual(t, judged("--only", "ctl/valid-accepted,ctl/key-held"), gates)

	var others []string
	for _, c := range checks.All() {
		pattern := c.ID.Group() + "/*"
		if pattern != "ctl/*" && !slices.Contains(others, pattern) {
			others = append(others, pattern)
		}
	}
	call(t, "test", "--skip", strings.Join(others, ",")).exits(t, exit.Nothing)
}

func TestARealReceiverIsJudgedOverTheNetwork(t *testing.T) {
	t.Parallel()
	key := keyFile(t)
	for _, c := range []struct {
		flaw string
		code int
		out  string
	}{
		{"", exit.OK, "conformant"},
		{"accepts-missing-header", exit.Nonconformant, "FAIL sig/missing-header"},
		{"refuses-everything", exit.Inconclusive, "the control was not accepted"},
	} {
		args := []string{"receive", "--key", key}
		if c.flaw != "" {
			args = append(args, "--flaw", c.flaw)
		}
		receiver, ready := startServer(t, args...)
		r := call(t, "test", ready.URL, "--key", key, "--effects-url", ready.EffectsURL, "--only", "ctl/*,sig/missing-header,evt/accept-*", "--warm-up", "1s")
		r.exits(t, c.code)
		assert.Assert(t, is.Contains(r.out, c.out), c.flaw)
		assert.Equal(t, receiver.stop(), exit.OK)
	}
}

func TestUnreachableTargetIsInconclusive(t *testing.T) {
	t.Parallel()
	dead := deadURL(t)
	r := call(t, "test", dead, "--wait-for-target", "1010ms", "--warm-up", "1s")
	r.exits(t, exit.Inconclusive)
	address := strings.TrimSuffix(strings.TrimPrefix(dead, "http://"), "/webhook")
	assert.Assert(t, is.Contains(r.err, "rtkmock: "+address+" accepts no connection yet; waiting for it up to 1.01s (--wait-for-target); Ctrl-C ends that\n"))
	assert.Assert(t, is.Contains(r.err, "accepts no connection"))
	assert.Assert(t, is.Contains(r.out, "nothing listens"))
	assert.Assert(t, is.Contains(r.err, "the receiver has to fetch the key from there"))
	r = caller{tty: true}.call(t, "test", dead, "--wait-for-target", "1500ms", "--warm-up", "1s")
	assert.Assert(t, is.Contains(r.err, "0:01 at most: until "+address+" accepts"))
	r = call(t, "test", deadURL(t), "--wait-for-target", "10ms", "--warm-up", "1s", "--key", keyFile(t))
	assert.Assert(t, !strings.Contains(r.err, "has to fetch"), "its receiver may have the key: %s", r.err)
	assert.Assert(t, is.Contains(r.err, "the receiver verifies with the public half of --key: it has that already, or fetches it from there\n"))
}

// deadURL is a URL at which nothing listens.
func deadURL(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer ln.Close()
	return "http://" + ln.Addr().String() + "/webhook"
}

func TestInterruptedRunReportsWhatItHas(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client leaves
		interrupt()
		<-r.Context().Done()
	}))
	defer target.Close()
	path := filepath.Join(t.TempDir(), "report.json")
	r := caller{ctx: ctx}.call(t, "test", target.URL, "--report", "json="+path)
	r.exits(t, exit.Interrupted)
	assert.Assert(t, strings.HasSuffix(r.err, "rtkmock: interrupted\n"), r.err)
	var rep struct{ Complete bool }
	data, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.NilError(t, json.Unmarshal(data, &rep))
	assert.Assert(t, !rep.Complete)
	assert.Assert(t, strings.HasSuffix(r.out, "  partial the run was interrupted after 0 of "+strconv.Itoa(len(checks.All()))+" checks\n"), r.out)
}

func TestInterruptedWhileWaitingForTheTarget(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	caller{ctx: ctx}.call(t, "test", deadURL(t)).exits(t, exit.Interrupted)
}

func TestReportsGoWhereTheyAreSent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	r := call(t, "test", "--only", "sig/missing-header",
		"--report", "json="+at("r.json"), "--report", "junit="+at("r.xml"), "--report", "markdown="+at("r.md"), "--report", "text="+at("r.txt"))
	r.exits(t, exit.OK)
	assert.Assert(t, strings.HasPrefix(r.out, "conformant"), "files leave the text on standard output: %s", r.out)
	data, err := os.ReadFile(at("r.json"))
	assert.NilError(t, err)
	assert.NilError(t, schemas.Validate("report", schemas.Strict, data))
	data, err = os.ReadFile(at("r.xml"))
	assert.NilError(t, err)
	var junit struct{ XMLName xml.Name }
	assert.NilError(t, xml.Unmarshal(data, &junit))
	assert.Equal(t, junit.XMLName.Local, "testsuites")
	for _, name := range []string{"r.md", "r.txt"} {
		data, err = os.ReadFile(at(name))
		assert.NilError(t, err)
		assert.Assert(t, is.Contains(string(data), "conformant"), name)
	}
}

func TestAReportOnStandardOutputTakesThePlaceOfTheText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args         []string
		first, never string
	}{
		{[]string{"--report", "json=-"}, "{", "conformant\n\n"},
		{[]string{"--output", "json"}, "{", "conformant\n\n"},
		{[]string{"--report", "junit=-"}, "<?xml", "conformant\n\n"},
		{[]string{"--report", "text=-"}, "conformant", "{"},
		{[]string{"--report", "json=-", "--output", "json"}, "{", "}\n{"},
	} {
		r := call(t, append([]string{"test", "--only", "sig/missing-header"}, c.args...)...)
		r.exits(t, exit.OK)
		assert.Assert(t, strings.HasPrefix(r.out, c.first), "%v: %s", c.args, r.out)
		assert.Assert(t, !strings.Contains(r.out, c.never), "%v: %s", c.args, r.out)
	}
}

func TestNoReportIsWrittenWhenTheRunCannotStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.json")
	call(t, "test", "--report", "json="+path, "--listen", "x").exits(t, exit.Usage)
	_, err := os.Stat(path)
	assert.Assert(t, os.IsNotExist(err))
}

func TestSecretsAreInNoOutput(t *testing.T) {
	t.Parallel()
	key := keyFile(t)
	_, ready := startServer(t, "receive", "--key", key, "--flaw", "accepts-missing-header")
	address := strings.Replace(ready.URL, "http://", "http://me:hunter2@", 1) + "?token=hunter3"
	basic := base64.StdEncoding.EncodeToString([]byte("me:hunter2"))
	dir := t.TempDir()
	calls := [][]string{
		{"test", address, "--key", key, "--header", "X-Token: hunter4", "--only", "sig/missing-header", "--verbose",
			"--report", "json=" + filepath.Join(dir, "r.json"), "--report", "markdown=" + filepath.Join(dir, "r.md"), "--report", "junit=" + filepath.Join(dir, "r.xml"), "--report", "text=-"},
		{"send", "meeting.started", address, "--key", key, "--header", "X-Token: hunter4", "--output", "json"},
		{"send", "meeting.started", address, "--key", key, "--header", "X-Token: hunter4"},
	}
	for _, print := range []string{"curl", "http", "json"} {
		calls = append(calls, []string{"send", "meeting.started", address, "--key", key, "--header", "X-Token: hunter4", "--print", print})
	}
	for _, args := range calls {
		r := call(t, args...)
		assert.Assert(t, r.code <= exit.Nonconformant, r.err)
		assert.Assert(t, !strings.Contains(r.out+r.err, "hunter"), "%v\n%s\n%s", args, r.out, r.err)
		assert.Assert(t, !strings.Contains(r.out+r.err, basic), "%v\n%s\n%s", args, r.out, r.err)
	}
	files, err := os.ReadDir(dir)
	assert.NilError(t, err)
	assert.Equal(t, len(files), 3)
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		assert.NilError(t, err)
		assert.Assert(t, !strings.Contains(string(data), "hunter"), f.Name())
	}
}

func TestProgressIsABarOnATerminalAndLinesElsewhere(t *testing.T) {
	t.Parallel()
	args := []string{"test", "--only", "sig/missing-header,sig/empty-header"}
	on := caller{tty: true, width: 70}.call(t, args...)
	on.exits(t, exit.OK)
	assert.Assert(t, is.Contains(on.err, "/5 0:00  ctl/valid-accepted"))
	assert.Assert(t, !strings.Contains(on.err, "group sig\n"), on.err)
	off := call(t, args...)
	assert.Assert(t, is.Contains(off.err, "rtkmock: group sig\n"))
	assert.Assert(t, !strings.Contains(off.err, "\r"), off.err)
	plain := caller{tty: true, width: 70}.call(t, append(args, "--progress", "plain")...)
	assert.Assert(t, is.Contains(plain.err, "rtkmock: group sig\n"))
	none := call(t, append(args, "--progress", "none")...)
	assert.Assert(t, !strings.Contains(none.err, "group"), none.err)
}

func TestAPathThatNoEventHasIsPointedAt(t *testing.T) {
	t.Parallel()
	r := call(t, "test", "--only", "sig/missing-header", "--set", "meeting.titel=x", "--set", "meeting.title=y")
	r.exits(t, exit.OK)
	assert.Assert(t, strings.HasPrefix(r.err, "rtkmock: warning: --set: no event has meeting.titel; did you mean meeting.title?\n"), r.err)
	assert.Equal(t, strings.Count(r.err, "warning"), 1)
}
