package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestFixturesListSelects(t *testing.T) {
	t.Parallel()
	r := call(t, "fixtures")
	r.exits(t, exit.OK)
	assert.Equal(t, strings.Count(r.out, "\n"), len(fixtures.All())+1)
	assert.Equal(t, call(t, "fixtures", "list").out, r.out)

	r = call(t, "fixtures", "list", "--event", "meeting.ended", "--case", "sample,guide", "--output", "json")
	r.exits(t, exit.OK)
	var got []fixtures.Fixture
	assert.NilError(t, json.Unmarshal([]byte(r.out), &got))
	assert.Equal(t, len(got), 2)
	assert.Equal(t, got[1].Name, "meeting.ended/guide")
}

func TestFixturesShowPrintsTheExactBytes(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures.All() {
		assert.Equal(t, call(t, "fixtures", "show", f.Name).out, string(f.Body()))
		assert.Equal(t, call(t, "fixtures", "show", f.Name, "--format", "http").out, string(f.HTTP()), f.Name)
	}
	for _, path := range []string{fixtures.IndexPath, "README.md", "keys/test-only.private.pem", "vectors/rsa-sha256.json"} {
		data, err := fs.ReadFile(fixtures.FS(), path)
		assert.NilError(t, err)
		assert.Equal(t, call(t, "fixtures", "show", path).out, string(data))
	}
	at := call(t, "fixtures", "show", "meeting.ended/sample", "--format", "http", "--url", "http://localhost:8080/hook?a=1")
	assert.Assert(t, strings.HasPrefix(at.out, "POST /hook?a=1 HTTP/1.1\r\nHost: localhost:8080\r\n"), at.out)
	terminal := caller{tty: true}.call(t, "fixtures", "show", "meeting.ended/sample")
	assert.Assert(t, strings.HasSuffix(terminal.out, "}\n"), "the prompt gets a line of its own")
}

// names are the files below a folder.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	assert.NilError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(path))
		}
		return err
	}))
	return all
}

func TestGenerateWritesEachFormat(t *testing.T) {
	t.Parallel()
	for _, f := range corpus.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "a", "b")
			r := call(t, "fixtures", "generate", "--out", dir, "--format", f.Name, "--event", "meeting.ended,meeting.started", "--output", "json")
			r.exits(t, exit.OK)
			var ready struct {
				Requests int
				Files    []string
				Public   bool `json:"test_only_key"`
			}
			assert.NilError(t, json.Unmarshal([]byte(r.out), &ready))
			assert.Equal(t, ready.Requests, 2)
			assert.Assert(t, ready.Public)
			want := []string{"key/public.pem", "key/webhooks.json"}
			if f.Single {
				want = append(want, ready.Files...)
			} else {
				want = append(want, "0001-meeting.started"+f.Ext, "0002-meeting.ended"+f.Ext)
			}
			slices.Sort(want)
			assert.DeepEqual(t, names(t, dir), want)
			document, err := os.ReadFile(filepath.Join(dir, "key", "webhooks.json"))
			assert.NilError(t, err)
			assert.Equal(t, string(document), string(fixtures.KeyDocument()))
		})
	}
}

func TestGeneratedRequestsVerifyWithTheKeyBesideThem(t *testing.T) {
	t.Parallel()
	dir, key := t.TempDir(), keyFile(t)
	call(t, "fixtures", "generate", "--out", dir, "--format", "http", "--key", key, "--case", "unicode-nfd,crlf,idle", "--count", "5", "--webhook-id", "hook").exits(t, exit.OK)
	pem, err := os.ReadFile(filepath.Join(dir, "key", "public.pem"))
	assert.NilError(t, err)
	assert.Assert(t, bytes.HasPrefix(pem, []byte("TEST ONLY.")))
	public, err := rtk.ParsePublicKey(pem)
	assert.NilError(t, err)
	private := testKeys()[0]
	assert.Assert(t, private.PublicKey.Equal(public))
	files := names(t, dir)
	assert.DeepEqual(t, files[:5], []string{
		"0001-meeting.participantJoined+unicode-nfd.http", "0002-meeting.participantJoined+crlf.http", "0003-livestreaming.statusUpdate+idle.http",
		"0004-meeting.participantJoined+unicode-nfd.http", "0005-meeting.participantJoined+crlf.http",
	})
	for _, name := range files[:5] {
		data, err := os.ReadFile(filepath.Join(dir, name))
		assert.NilError(t, err)
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		assert.NilError(t, err)
		var body bytes.Buffer
		_, err = body.ReadFrom(r.Body)
		assert.NilError(t, err)
		assert.NilError(t, rtk.Verify(public, body.Bytes(), r.Header.Get("rtk-signature")), name)
		assert.Equal(t, r.Header.Get("rtk-webhook-id"), "hook")
	}
}

func TestGenerateToStandardOutputIsTheSameFile(t *testing.T) {
	t.Parallel()
	args := []string{"fixtures", "generate", "--format", "jsonl", "--count", "3", "--seed", "9", "--start", "2030-01-02T03:04:05Z", "--out"}
	out := call(t, append(args, "-")...)
	out.exits(t, exit.OK)
	assert.Equal(t, out.err, "")
	dir := t.TempDir()
	call(t, append(args, dir)...).exits(t, exit.OK)
	data, err := os.ReadFile(filepath.Join(dir, "corpus.jsonl"))
	assert.NilError(t, err)
	assert.Equal(t, out.out, string(data))
	assert.Assert(t, is.Contains(out.out, `2030-01-02T03:04:05.000Z`))
	assert.Assert(t, call(t, append(args, "-", "--seed", "10")...).out != out.out)
	links := call(t, append(args, "-", "--event", "meeting.summary", "--base-url", "http://127.0.0.1:9")...)
	assert.Assert(t, is.Contains(links.out, `"summaryDownloadUrl\":\"http://127.0.0.1:9/summary/`))
}

func TestGenerateReplacesNothingUnlessForced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, blocks string }{
		{"json", "0001-meeting.ended+sample.json"}, {"jsonl", "corpus.jsonl"}, {"k6", "script.js"}, {"http", filepath.Join("key", "webhooks.json")},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.blocks)
		assert.NilError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		assert.NilError(t, os.WriteFile(path, []byte("mine"), 0o600))
		args := []string{"fixtures", "generate", "--out", dir, "--format", c.format, "--event", "meeting.started", "--case", "sample"}
		call(t, args...).says(t, exit.Usage, "--out: "+path+": it exists already, want another folder or --force")
		assert.Equal(t, len(names(t, dir)), 1, "nothing is written")
		r := call(t, append(args, "--force")...)
		r.exits(t, exit.OK)
		if c.format == "json" {
			assert.Equal(t, r.err, "rtkmock: warning: 1 file of an earlier call in "+dir+" as well\n")
			continue
		}
		data, err := os.ReadFile(path)
		assert.NilError(t, err)
		assert.Assert(t, string(data) != "mine")
	}
}

// interrupting ends the call when something is written to it.
type interrupting struct {
	cancel context.CancelFunc
	text   bytes.Buffer
}

func (i *interrupting) Write(p []byte) (int, error) {
	i.cancel()
	return i.text.Write(p)
}

func TestInterruptedGenerateLeavesWholeFilesOrNone(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"jsonl", "json"} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		if format == "jsonl" {
			cancel() // while the one file is being written
		}
		// The bar is drawn when the first requests are done.
		progress := &interrupting{cancel: cancel}
		code := run(ctx, newApp(nil, terminal.Streams{In: strings.NewReader(""), Out: progress, Err: progress, ErrIsTTY: true}), []string{"fixtures", "generate", "--out", dir, "--format", format, "--count", "1000000"})
		cancel()
		assert.Equal(t, code, exit.Interrupted)
		assert.Assert(t, is.Contains(progress.text.String(), "rtkmock: interrupted\n"))
		for _, name := range names(t, dir) {
			data, err := os.ReadFile(filepath.Join(dir, name))
			assert.NilError(t, err)
			assert.Assert(t, json.Valid(data) && format == "json", name)
		}
	}
}

func TestFixtureMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	assert.NilError(t, os.WriteFile(file, nil, 0o600))
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"lst", exit.Usage, `fixtures: unknown word "lst"; did you mean list?`},
		{"show", exit.Usage, "fixtures show: found no name, want one such as meeting.started/sample"},
		{"show meeting.started/sampel", exit.Usage, `fixtures show: unknown fixture "meeting.started/sampel"; did you mean meeting.started/sample?`},
		{"show ../../etc/passwd", exit.Usage, `fixtures show: unknown fixture "../../etc/passwd"; "rtkmock fixtures" lists them`},
		{"show meeting.ended/sample --format htpt", exit.Usage, `--format: found "htpt", want json, http, curl, jsonl, har, vegeta or k6; did you mean http?`},
		{"show meeting.ended/sample --url localhost:80", exit.Usage, `--url: found "localhost:80", want a scheme; did you mean http://localhost:80?`},
		{"list --case idle --event meeting.ended", exit.Nothing, "fixtures: no event of --event has a case of --case"},
		{"list --case xyzzy", exit.Usage, `--case: unknown case "xyzzy"; "rtkmock fixtures" lists them`},
		{"generate", exit.Usage, "fixtures generate: found no folder to write to, want --out DIR"},
		{"generate x", exit.Usage, `fixtures generate: unexpected "x" after "fixtures generate"; the folder is named by --out`},
		{"generate --out - --format http", exit.Usage, "--out: the format http writes a file for each request, want a folder or another --format"},
		{"generate --out - --format har --output json", exit.Usage, "--output: standard output is for the requests, want a folder as --out or no --output json"},
		{"generate --out DIR --case guide", exit.Usage, `--case: the guide has one sample of each event, and no more can be made; "rtkmock fixtures show EVENT/guide" prints it`},
		{"generate --out DIR --case idle --event meeting.ended", exit.Nothing, "fixtures generate: no event of --event has a case of --case"},
		{"generate --out DIR --count 0", exit.Usage, `--count: found "0", want a whole number from 1 to 100000000`},
		{"generate --out DIR --start 9985-01-01T00:00:00Z", exit.Usage, "--start: it is in the year 9985, want 1 to 9980"},
		{"generate --out DIR --start 9980-12-31T00:00:00Z --count 1000000", exit.Usage, "--start: the last meeting is in the year 9981, want 9980 at most"},
		{"generate --out DIR --base-url example.com", exit.Usage, `--base-url: it has the scheme "" and the host "", want http://HOST or https://HOST`},
		{"generate --out DIR --key DIR/none", exit.Usage, "--key: DIR/none: no such file or directory"},
		{"generate --out DIR/file", exit.Usage, "--out: DIR/file: not a directory"},
	} {
		r := call(t, append([]string{"fixtures"}, strings.Fields(strings.ReplaceAll(c.args, "DIR", dir))...)...)
		r.says(t, c.code, strings.ReplaceAll(c.want, "DIR/", dir+"/"))
	}
	assert.Equal(t, len(names(t, dir)), 1)
}
