//go:build e2e && !windows

package main_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// action is what action.yml says.
type action struct {
	Inputs map[string]struct {
		Description string
		Default     *string
	}
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

func readAction(t *testing.T) (a action) {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	assert.NilError(t, err)
	assert.NilError(t, yaml.Unmarshal(text, &a))
	assert.Equal(t, len(a.Runs.Steps), 1)
	return a
}

// runner runs the action as a runner of GitHub does.
type runner struct {
	action action
	dir    string // holds the work folder, the tool cache, and the files that steps write
	url    string // of the release; empty: the action finds it
	server string // that stands in for GitHub
}

func newRunner(t *testing.T, url string) *runner {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "tar", "xargs"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	r := &runner{action: readAction(t), dir: t.TempDir(), url: url}
	for _, dir := range []string{"work", "temp", "tools"} {
		assert.NilError(t, os.Mkdir(filepath.Join(r.dir, dir), 0o777))
	}
	return r
}

// step is one run of the action.
type step struct {
	code    int
	log     string
	outputs map[string]string
	summary string
	path    string // what was added to the PATH of later steps
}

var reference = regexp.MustCompile(`^\$\{\{ (inputs|steps\.rtkmock\.outputs)\.([a-z-]+) \}\}$`)

// command returns the command of the step, and what is to be called when it has ended.
func (r *runner) command(t *testing.T, inputs map[string]string) (*exec.Cmd, func() step) {
	t.Helper()
	given := map[string]string{}
	if r.url != "" {
		given["download-url"] = r.url
	}
	maps.Copy(given, inputs)
	for name := range given {
		_, known := r.action.Inputs[name]
		assert.Assert(t, known, "action.yml has no input %s", name)
	}
	files := t.TempDir()
	only := r.action.Runs.Steps[0]
	script := filepath.Join(files, "script.sh")
	assert.NilError(t, os.WriteFile(script, []byte(only.Run), 0o600))
	assert.Equal(t, only.Shell, "bash")
	cmd := exec.Command("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script)
	cmd.Dir = filepath.Join(r.dir, "work")
	root, err := filepath.Abs("../..")
	assert.NilError(t, err)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "GITHUB_ACTIONS=true", "GITHUB_SERVER_URL=" + r.server, "GITHUB_ACTION_PATH=" + root,
		"RUNNER_OS=" + map[string]string{"linux": "Linux", "darwin": "macOS"}[runtime.GOOS],
		"RUNNER_ARCH=" + map[string]string{"amd64": "X64", "arm64": "ARM64", "386": "X86"}[runtime.GOARCH],
		"RUNNER_TEMP=" + filepath.Join(r.dir, "temp"), "RUNNER_TOOL_CACHE=" + filepath.Join(r.dir, "tools"),
	}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"} {
		cmd.Env = append(cmd.Env, name+"="+filepath.Join(files, name))
	}
	for name, value := range only.Env {
		if name == "ACTION_REPOSITORY" {
			assert.Equal(t, value, "${{ github.action_repository || github.repository }}")
			cmd.Env = append(cmd.Env, name+"=owner/name")
			continue
		}
		found := reference.FindStringSubmatch(value)
		assert.Assert(t, found != nil && found[1] == "inputs", value)
		input := r.action.Inputs[found[2]]
		assert.Assert(t, input.Default != nil, "%s: no such input, or it has no default", found[2])
		text, ok := given[found[2]]
		if !ok {
			text = *input.Default
		}
		cmd.Env = append(cmd.Env, name+"="+text)
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	return cmd, func() step {
		s := step{code: cmd.ProcessState.ExitCode(), log: log.String(), outputs: map[string]string{}}
		read := func(name string) string {
			text, _ := os.ReadFile(filepath.Join(files, name))
			return string(text)
		}
		s.summary, s.path = read("GITHUB_STEP_SUMMARY"), strings.TrimSpace(read("GITHUB_PATH"))
		set := map[string]string{}
		for line := range strings.Lines(read("GITHUB_OUTPUT")) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			set[name] = value
		}
		for name, o := range r.action.Outputs {
			found := reference.FindStringSubmatch(o.Value)
			assert.Assert(t, found != nil && found[1] != "inputs", o.Value)
			s.outputs[name] = set[found[2]]
		}
		assert.Assert(t, len(set) == 0 || len(set) == len(s.outputs), "%v", set)
		return s
	}
}

func (r *runner) run(t *testing.T, inputs map[string]string) step {
	t.Helper()
	cmd, end := r.command(t, inputs)
	_ = cmd.Run()
	return end()
}

// release makes the files of a release, as far as the action needs them.
var release = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "rtkmock")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	z, _ := gzip.NewWriterLevel(&archive, gzip.BestSpeed)
	w := tar.NewWriter(z)
	_ = w.WriteHeader(&tar.Header{Name: "rtkmock", Mode: 0o755, Size: int64(len(program))})
	_, _ = w.Write(program)
	_, _ = w.Close(), z.Close()
	return map[string][]byte{
		archiveName():   archive.Bytes(),
		"checksums.txt": fmt.Appendf(nil, "%064d  rtkmock_0.9.0_plan9_mips.tar.gz\n%x  %s\n", 0, sha256.Sum256(archive.Bytes()), archiveName()),
	}, nil
})

func archiveName() string {
	return fmt.Sprintf("rtkmock_0.9.0_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)
}

// serveRelease serves files of a release, with some of them changed, and returns their
// URL and how often they were asked for.
func serveRelease(t *testing.T, change map[string][]byte) (string, *atomic.Int32) {
	t.Helper()
	files, err := release()
	assert.NilError(t, err)
	files = maps.Clone(files)
	maps.Copy(files, change)
	asked := new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		file, ok := files[strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/owner/name/releases/download"), "/v0.9.0/")]
		if !ok || file == nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(file)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/v0.9.0", asked
}

// receiver is a command that starts a receiver.
func receiver(flags string) map[string]string {
	return map[string]string{
		"url":     "http://localhost:{port}/webhook",
		"command": "rtkmock receive --listen \"127.0.0.1:$PORT\" \\\n  --key-url \"$REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL\" " + flags,
	}
}

func TestE2EActionEndsWithTheCodeOfRtkmock(t *testing.T) {
	url, asked := serveRelease(t, nil)
	r := newRunner(t, url)
	for _, c := range []struct {
		flags, args string
		code        int
		verdict     string
		report      bool
		log         string
	}{
		{"", "--port-env PORT --only 'ctl/*' --only sig/missing-header", 0, "conformant", true, "::notice title="},
		{"--flaw accepts-missing-header", "--port-env PORT\n--only\n  \"sig/missing-header\"", 1, "nonconformant", true, "::error title="},
		{"", "--port-env PORT --no-such-flag", 2, "error", false, "no-such-flag"},
		{"--flaw hmac-instead-of-rsa", "--port-env PORT --only ctl/*", 3, "inconclusive", true, "::error title="},
		{"", "--port-env PORT --only ctl/valid-accepted --report tap=/dev/full", 4, "error", true, "cannot write /dev/full"},
		{"", "--port-env PORT --only ctl/valid-accepted --skip **", 5, "nothing", false, "rtkmock: "},
	} {
		inputs := receiver(c.flags)
		inputs["args"] = c.args
		s := r.run(t, inputs)
		assert.Equal(t, s.code, c.code, "%s", s.log)
		assert.Equal(t, s.outputs["verdict"], c.verdict)
		assert.Equal(t, s.outputs["exit-code"], fmt.Sprint(c.code))
		assert.Assert(t, is.Contains(s.log, c.log))
		assert.Equal(t, s.outputs["report"] != "", c.report, "%v", s.outputs)
		if !c.report {
			continue
		}
		var report struct{ Outcome string }
		text, err := os.ReadFile(s.outputs["report"])
		assert.NilError(t, err)
		assert.NilError(t, json.Unmarshal(text, &report))
		if c.code != 4 {
			assert.Equal(t, report.Outcome, c.verdict)
			assert.Assert(t, is.Contains(s.summary, "rtkmock"))
			html, err := os.ReadFile(filepath.Join(s.outputs["reports"], "report.html"))
			assert.NilError(t, err)
			assert.Assert(t, len(html) > 0)
			_, err = os.Stat(filepath.Join(s.outputs["reports"], "junit.xml"))
			assert.NilError(t, err)
		}
	}
	assert.Equal(t, asked.Load(), int32(2), "the first run fetched the release, and the others had it")
}

func TestE2EActionJudgesWhatRunsAlready(t *testing.T) {
	from, _ := serveRelease(t, nil)
	r := newRunner(t, from)
	s := r.run(t, map[string]string{"setup-only": "true"})
	assert.Equal(t, s.code, 0, s.log)
	assert.Equal(t, s.outputs["verdict"], "", "nothing was judged")
	rtkmock := filepath.Join(s.path, "rtkmock")

	key := filepath.Join(r.dir, "key.pem")
	out, err := exec.Command(rtkmock, "key", "new", "--out", key).CombinedOutput()
	assert.NilError(t, err, "%s", out)
	cmd := exec.Command(rtkmock, "receive", "--key", key, "--listen", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	assert.NilError(t, err)
	assert.NilError(t, cmd.Start())
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	assert.NilError(t, err)
	_, url, found := strings.Cut(strings.TrimSpace(line), "receiver: ")
	assert.Assert(t, found, line)

	// The folder is where paths of args begin.
	assert.NilError(t, os.MkdirAll(filepath.Join(r.dir, "work", "a folder"), 0o777))
	assert.NilError(t, os.Rename(key, filepath.Join(r.dir, "work", "a folder", "the key.pem")))
	s = r.run(t, map[string]string{"url": url, "args": `--only ctl/valid-accepted --key "the key.pem"`, "working-directory": "a folder", "version": "v0.9.0"})
	assert.Equal(t, s.code, 0, s.log)
	assert.Equal(t, s.outputs["verdict"], "conformant")
}

func TestE2EActionTakesNothingThatItCannotVerify(t *testing.T) {
	files, err := release()
	assert.NilError(t, err)
	for name, c := range map[string]struct {
		change map[string][]byte
		want   string
	}{
		"another archive":         {map[string][]byte{archiveName(): append([]byte(nil), files["checksums.txt"]...)}, "found the SHA-256 checksum "},
		"a part of it":            {map[string][]byte{archiveName(): files[archiveName()][:1000]}, "found the SHA-256 checksum "},
		"no checksum of it":       {map[string][]byte{"checksums.txt": []byte("0  other.tar.gz\n")}, "checksums.txt does not name " + archiveName()},
		"no checksums":            {map[string][]byte{"checksums.txt": nil}, "/checksums.txt cannot be fetched"},
		"no archive":              {map[string][]byte{archiveName(): nil}, archiveName() + " cannot be fetched"},
		"something else in there": {otherArchive(), "cannot be unpacked"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := serveRelease(t, c.change)
			r := newRunner(t, url)
			s := r.run(t, receiver(""))
			assert.Equal(t, s.code, 4, s.log)
			assert.Assert(t, is.Contains(s.log, "::error title=rtkmock::"))
			assert.Assert(t, is.Contains(s.log, c.want))
			left, err := os.ReadDir(filepath.Join(r.dir, "tools"))
			assert.NilError(t, err)
			assert.Equal(t, len(left), 0, "something was kept")
			assert.Equal(t, s.path, "", "something was put into the PATH")

			// The next run is not spoilt.
			url, _ = serveRelease(t, nil)
			r.url = url
			s = r.run(t, map[string]string{"setup-only": "true"})
			assert.Equal(t, s.code, 0, s.log)
		})
	}
}

// otherArchive is one that is no archive, and has the right checksum.
func otherArchive() map[string][]byte {
	text := []byte("<html>not found</html>")
	return map[string][]byte{archiveName(): text, "checksums.txt": fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(text), archiveName())}
}

func TestE2EActionTriesAServerThatFailsAgain(t *testing.T) {
	url, _ := serveRelease(t, nil)
	var failed atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failed.CompareAndSwap(false, true) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound) // never followed
	}))
	defer s.Close()
	r := newRunner(t, s.URL)
	got := r.run(t, map[string]string{"setup-only": "true"})
	assert.Equal(t, got.code, 4, got.log)
	assert.Assert(t, failed.Load())
	assert.Assert(t, is.Contains(got.log, "/checksums.txt cannot be fetched"))

	failed.Store(false)
	once := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if failed.CompareAndSwap(false, true) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		answer, err := http.Get(url + q.URL.Path)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		var body bytes.Buffer
		_, _ = body.ReadFrom(answer.Body)
		_, _ = w.Write(body.Bytes())
	}))
	defer once.Close()
	r.url = once.URL
	got = r.run(t, map[string]string{"setup-only": "true"})
	assert.Equal(t, got.code, 0, got.log)
}

func TestE2EActionReadsAReleaseFromAFolder(t *testing.T) {
	files, err := release()
	assert.NilError(t, err)
	dir := t.TempDir()
	for name, file := range files {
		assert.NilError(t, os.WriteFile(filepath.Join(dir, name), file, 0o600))
	}
	r := newRunner(t, "file://"+dir+"/")
	s := r.run(t, map[string]string{"setup-only": "true"})
	assert.Equal(t, s.code, 0, s.log)
}

func TestE2EActionFindsTheReleasesOfItsOwnRepository(t *testing.T) {
	url, _ := serveRelease(t, nil)
	r := newRunner(t, "")
	r.server = strings.TrimSuffix(url, "/v0.9.0")
	got := r.run(t, map[string]string{"setup-only": "true"})
	assert.Equal(t, got.code, 0, got.log)
}

func TestE2EActionRefusesMistakes(t *testing.T) {
	url, asked := serveRelease(t, nil)
	r := newRunner(t, url)
	for _, c := range []struct {
		input, value, want string
	}{
		{"url", "", "url: found nothing, want the URL"},
		{"version", "latest", `version: found "latest", want the number`},
		{"version", "../../0.9.0", "version: found"},
		{"version", "", "version: found"},
		{"working-directory", "no-such-folder", `working-directory: found "no-such-folder"`},
		{"setup-only", "yes", `setup-only: found "yes", want true or false`},
	} {
		inputs := receiver("")
		inputs[c.input] = c.value
		s := r.run(t, inputs)
		assert.Equal(t, s.code, 2, s.log)
		assert.Assert(t, is.Contains(s.log, "::error title=rtkmock::"+c.want))
	}
	assert.Equal(t, asked.Load(), int32(0))

	inputs := receiver("")
	inputs["args"] = "--only 'ctl/*"
	s := r.run(t, inputs)
	assert.Equal(t, s.code, 2, s.log)
	assert.Assert(t, is.Contains(s.log, "args: a quote has no end in --only 'ctl/*"))
}

func TestE2EActionExpandsNothing(t *testing.T) {
	url, _ := serveRelease(t, nil)
	r := newRunner(t, url)
	for _, name := range []string{"url", "args", "version", "working-directory", "setup-only"} {
		inputs := receiver("")
		inputs[name] = "`touch spoilt` $(touch spoilt); touch spoilt\n*"
		s := r.run(t, inputs)
		assert.Equal(t, s.code, 2, s.log)
		assert.Assert(t, !strings.Contains(s.log, "\n*\n"), "a line of an input is a line of the log: %s", s.log)
		left, err := os.ReadDir(filepath.Join(r.dir, "work"))
		assert.NilError(t, err)
		assert.Equal(t, len(left), 0, "an input was run")
	}
}

// The runner takes lines that begin with "::" for commands, and a receiver may
// print them.
func TestE2EActionFencesWhatTheReceiverPrints(t *testing.T) {
	url, _ := serveRelease(t, nil)
	r := newRunner(t, url)
	s := r.run(t, map[string]string{"url": "http://localhost:{port}/webhook", "command": "echo ::error::mine; exit 7", "args": "--port-env PORT"})
	assert.Equal(t, s.code, 3, s.log)
	begin := regexp.MustCompile(`(?m)^::stop-commands::([0-9a-f]{32})$`).FindStringSubmatch(s.log)
	assert.Assert(t, begin != nil, s.log)
	_, rest, _ := strings.Cut(s.log, begin[0])
	fenced, after, found := strings.Cut(rest, "\n::"+begin[1]+"::\n")
	assert.Assert(t, found, s.log)
	assert.Assert(t, is.Contains(fenced, "::error::mine"))
	assert.Assert(t, !strings.Contains(after, "::error::mine"))
	assert.Assert(t, is.Contains(after, "::error title="))
}

func TestE2EActionEndsTheReceiverWhenItIsCancelled(t *testing.T) {
	url, _ := serveRelease(t, nil)
	r := newRunner(t, url)
	alive := filepath.Join(r.dir, "alive")
	assert.NilError(t, syscall.Mkfifo(alive, 0o600))
	cmd, end := r.command(t, map[string]string{
		"url": "http://localhost:{port}/webhook", "args": "--port-env PORT --wait-for-target 60s",
		"command": "exec 3>'" + alive + "'; echo up >&3; exec sleep 60",
	})
	assert.NilError(t, cmd.Start())
	pipe, err := os.Open(alive) // waits until the receiver opens it
	assert.NilError(t, err)
	defer pipe.Close()
	lines := bufio.NewReader(pipe)
	_, err = lines.ReadString('\n')
	assert.NilError(t, err)
	// The shell alone, as the runner does it.
	assert.NilError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	s := end()
	assert.Equal(t, s.code, 130, s.log)
	assert.Equal(t, s.outputs["verdict"], "interrupted")
	assert.NilError(t, pipe.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = lines.ReadByte()
	assert.ErrorIs(t, err, io.EOF, "the receiver still holds the pipe")
}
