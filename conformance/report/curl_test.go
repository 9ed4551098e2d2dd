package report

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// call is what a shell makes of a command line.
type call struct {
	url, method string
	fields      []string
	flags       []string
	body        []byte
}

// recorder stands in for curl: it prints its arguments and then its input,
// each ended by a zero byte.
const recorder = `curl() { printf '%s\000' "$@"; printf 'STDIN\000'; cat; }` + "\n"

// runLine has a shell read a command line, and reads what curl would get.
func runLine(t testing.TB, shell, line string) call {
	t.Helper()
	cmd := exec.Command(shell, "-c", recorder+line)
	cmd.Dir = t.TempDir()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	assert.NilError(t, err, "%s\n%s", line, stderr.String())
	arguments, input, ok := strings.Cut(string(out), "STDIN\x00")
	assert.Assert(t, ok, "%q", out)
	return parseCall(t, strings.Split(strings.TrimSuffix(arguments, "\x00"), "\x00"), []byte(input))
}

func parseCall(t testing.TB, arguments []string, input []byte) call {
	t.Helper()
	c := call{method: http.MethodGet}
	for i := 0; i < len(arguments); i++ {
		switch a := arguments[i]; a {
		case "-H":
			i++
			c.fields = append(c.fields, arguments[i])
		case "-X":
			i++
			c.method = arguments[i]
		case "--data-binary":
			i++
			if c.method == http.MethodGet {
				c.method = http.MethodPost
			}
			c.body = readData(t, arguments[i], input)
		case "--head":
			c.method = http.MethodHead
		case "--max-time":
			i++
		default:
			if strings.HasPrefix(a, "-") {
				c.flags = append(c.flags, a)
				continue
			}
			assert.Equal(t, c.url, "", "two URLs: %q", arguments)
			c.url = a
		}
	}
	return c
}

// readData reads the argument of --data-binary as curl does.
func readData(t testing.TB, argument string, input []byte) []byte {
	t.Helper()
	path, ok := strings.CutPrefix(argument, "@")
	switch {
	case !ok:
		return []byte(argument)
	case path == "-":
		return input
	}
	body, err := os.ReadFile(path)
	assert.NilError(t, err)
	return body
}

// shells returns the POSIX shells of this machine.
func shells(t testing.TB) []string {
	var out []string
	for _, name := range []string{"sh", "dash", "bash", "zsh", "ksh"} {
		if path, err := exec.LookPath(name); err == nil {
			out = append(out, path)
		}
	}
	if len(out) == 0 {
		t.Skip("there is no POSIX shell here")
	}
	return out
}

// storeIn returns what stores bodies in dir, nil if that is empty.
func storeIn(dir string) Store {
	if dir == "" {
		return nil
	}
	return func(name string, body []byte) (string, error) {
		path := filepath.Join(dir, name)
		return path, os.WriteFile(path, body, 0o600)
	}
}

// curlOf makes the command line for a request.
func curlOf(t testing.TB, dir string, q mocksender.Request) Evidence {
	t.Helper()
	s := newSanitizer("", nil, nil)
	list := []Evidence{s.delivery(mocksender.Receipt{URL: q.URL, Attempts: []mocksender.Attempt{{Request: q}}})}
	assert.NilError(t, setCurl(list, storeIn(dir)))
	return list[0]
}

// oddBodies are bytes that shells, printf and curl could each trip over.
func oddBodies() map[string]string {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	return map[string]string{
		"plain":        `{"event":"meeting.started"}`,
		"apostrophes":  `it's '' "quoted" '\'' $(id) ` + "`id` $HOME !! \\",
		"format":       `%s %d %% \n \x41 \0101 \c`,
		"at sign":      "@/etc/passwd",
		"at hyphen":    "@-",
		"hyphen":       "-n -e --",
		"hyphen+ctl":   "-n\x00",
		"lines":        "a\r\n\tb\n\n",
		"only newline": "\n",
		"every byte":   string(every),
		"digits after": "\x001\x0023\xff7",
		"utf-8":        "Zoë 日本 👩🏽‍🚀 e\u0301 \u202e",
		"broken utf-8": "\xed\xa0\x80\xc3\x28",
		"empty":        "",
		"backslashes":  `{"a":"\\\\\/ \u00e9"}`,
		"long":         strings.Repeat("x", maxInline),
	}
}

func TestCommandLineSendsTheBytesThatWereSent(t *testing.T) {
	for _, shell := range shells(t) {
		for name, body := range oddBodies() {
			t.Run(filepath.Base(shell)+"/"+name, func(t *testing.T) {
				q := mocksender.Request{
					Method: http.MethodPost, URL: "http://127.0.0.1/it's?a", Body: []byte(body),
					Header: http.Header{"rtk-uuid": {"it's", `"$(id)"`}, "odd": {"\x1b[2J\xff"}, "empty": {""}},
				}
				got := runLine(t, shell, curlOf(t, "", q).Curl.String())
				assert.DeepEqual(t, string(got.body), body)
				assert.Equal(t, got.method, http.MethodPost)
				assert.Equal(t, got.url, "http://127.0.0.1/it's?"+redact.Mark)
				assert.DeepEqual(t, got.fields, []string{
					"empty;", "odd: \x1b[2J\xff", "rtk-uuid: it's", `rtk-uuid: "$(id)"`, "Accept:", "User-Agent:", "Content-Type:",
				})
			})
		}
	}
}

func TestCommandLineShowsNothingThatSteersATerminal(t *testing.T) {
	for name, body := range oddBodies() {
		q := mocksender.Request{Method: "P\x1bST", URL: "http://h/\x1b", Body: []byte(body), Header: http.Header{"x": {body}}}
		for _, word := range curlOf(t, "", q).Curl {
			for _, r := range word {
				assert.Assert(t, printable.Visible(r), "%s: %q", name, word)
			}
		}
	}
}

func TestCommandLineTakesLongBodiesFromFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's bodies")
	assert.NilError(t, os.Mkdir(dir, 0o700))
	body := strings.Repeat("y", maxInline+1)
	q := mocksender.Request{Method: http.MethodPost, URL: "http://h/", Body: []byte(body)}

	without := curlOf(t, "", q)
	assert.Assert(t, len(without.Curl.String()) < 1000)
	assert.Assert(t, strings.Contains(without.CurlNote, "BODY stands for a file with the 16385 bytes"), without.CurlNote)

	with := curlOf(t, dir, q)
	assert.Equal(t, with.CurlNote, "")
	assert.DeepEqual(t, string(runLine(t, shells(t)[0], with.Curl.String()).body), body)
	q.Body = []byte(`{"a":1}`)
	assert.Assert(t, strings.Contains(curlOf(t, dir, q).Curl.String(), ".json'"))
	files, err := os.ReadDir(dir)
	assert.NilError(t, err)
	assert.Equal(t, len(files), 2)
}

func TestCommandLineFailsWithItsStore(t *testing.T) {
	s := newSanitizer("", nil, nil)
	q := mocksender.Request{Method: http.MethodPost, Body: []byte("x")}
	err := setCurl([]Evidence{s.delivery(mocksender.Receipt{Attempts: []mocksender.Attempt{{Request: q}}})}, storeIn("no-such-folder"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestCommandLineMatchesMethodAndFraming(t *testing.T) {
	url := "http://[::1]:8080/{id}"
	for _, c := range []struct {
		q          mocksender.Request
		want, note string
		reason     string
	}{
		{mocksender.Request{Method: "GET", URL: url}, `curl -sS -i -g -H 'Accept:' -H 'User-Agent:' 'http://[::1]:8080/{id}'`, "", "GET is curl's own choice, brackets are no pattern"},
		{mocksender.Request{Method: "HEAD", URL: url}, `curl -sS -i -g --head -H`, "", "-X HEAD would wait for a body"},
		{mocksender.Request{Method: "HEAD", URL: url, Body: []byte("x")}, `-X HEAD --max-time 5`, "curl waits in vain", "--head takes no body"},
		{mocksender.Request{Method: "DELETE", URL: url}, `-X 'DELETE'`, "", "other methods are named"},
		{mocksender.Request{Method: "POST", URL: url}, `--data-binary ''`, "", "an empty body is a body"},
		{mocksender.Request{Method: "POST", URL: "https://h/"}, `--http1.1`, "", "the sender never speaks HTTP/2"},
		{
			mocksender.Request{Method: "POST", URL: url, Body: []byte("x"), Framing: mutation.Framing{Chunked: true, ExpectContinue: true, FreshConnection: true}},
			`-H 'Transfer-Encoding: chunked' -H 'Expect: 100-continue' -H 'Connection: close'`, "", "curl can do these",
		},
		{
			mocksender.Request{Method: "POST", URL: url, Body: []byte("xyz"), Framing: mutation.Framing{CutAt: 2}},
			`--data-binary 'xyz'`, "curl sends the whole body; here it ended after 2 of 3 bytes", "curl cannot do this",
		},
		{
			mocksender.Request{Method: "POST", URL: url, Body: []byte("xyz"), Framing: mutation.Framing{Pieces: 3, Pause: time.Second}},
			`--data-binary 'xyz'`, "curl sends the body at once; here it came in 3 pieces, 1s apart", "nor this",
		},
		{mocksender.Request{Method: "POST", URL: url, Body: make([]byte, expectFrom)}, `-H 'Expect:'`, "BODY stands", "curl would ask for leave"},
		{
			mocksender.Request{Method: "POST", URL: url, Header: http.Header{"content-type": {"text/x"}, "user-agent": {"me"}, "Accept": {"a/b"}}, Body: []byte("x")},
			`-H 'Accept: a/b' -H 'content-type: text/x' -H 'user-agent: me' --data-binary`, "", "what is given is not taken out",
		},
		{
			mocksender.Request{Method: "POST", URL: "http://u:p@h/?a=b", Header: http.Header{"AUTHORIZATION": {"x"}}},
			`-H 'AUTHORIZATION: (redacted)'`, "put the real value where it says (redacted)", "secrets are not shown",
		},
	} {
		cmd := curlOf(t, "", c.q)
		assert.Assert(t, strings.Contains(cmd.Curl.String(), c.want), "%s: want %s in\n%s", c.reason, c.want, cmd.Curl.String())
		assert.Assert(t, strings.HasPrefix(cmd.CurlNote, c.note) && (c.note != "" || cmd.CurlNote == ""), "%s: %s", c.reason, cmd.CurlNote)
	}
}

func TestCommandLineLeavesAFloodOfHeaderFieldsOut(t *testing.T) {
	flood := http.Header{"a": {"1"}, "b": {strings.Repeat("x", maxInline)}, "c": {"3"}}
	cmd := curlOf(t, "", mocksender.Request{Method: http.MethodGet, URL: "http://h/", Header: flood})
	assert.Assert(t, strings.Contains(cmd.Curl.String(), "-H 'a: 1'") && len(cmd.Curl.String()) < 200, cmd.Curl.String())
	// b, and after it c and the two that take curl's own fields out.
	assert.Equal(t, cmd.CurlNote, "4 header fields left out, too long to show: the header has 16413 bytes")
}
