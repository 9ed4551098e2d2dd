package corpus_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	"gotest.tools/v3/golden"

	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/recording"
)

// written returns the file of requests in a format.
func written(t testing.TB, format string, requests ...corpus.Request) string {
	t.Helper()
	f, err := corpus.ParseFormat(format)
	assert.NilError(t, err)
	var out bytes.Buffer
	w := f.NewWriter(&out)
	for _, r := range requests {
		assert.NilError(t, w.Write(r))
	}
	assert.NilError(t, w.Close())
	return out.String()
}

// odd are requests that a form could stumble over.
func odd() []corpus.Request {
	var requests []corpus.Request
	for i, body := range []string{
		`{"event":"meeting.started","title":"it's \"5 %\" \\ done"}`, "", "@file", "-n", "\x00\xff\xfe", "a\r\nb\n", "…\u2028\u202e\u0301", "<script>&\x7f",
	} {
		r := corpus.Request{N: i + 1, Event: "meeting.started", Start: time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)}
		r.Record = recording.Record{
			Method: "POST", URL: "http://127.0.0.1:3000/web'hook?a=1&b=%20",
			Header: http.Header{"Content-Type": {"application/json"}, "rtk-uuid": {"it's"}, "X-Two": {"1", "2"}, "X-Empty": {""}},
			Body:   []byte(body),
		}
		requests = append(requests, r)
	}
	return requests
}

func TestFormatsAreTheDocumentedOnes(t *testing.T) {
	for _, f := range corpus.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			one, two := odd()[0], odd()[4]
			if !f.Single {
				b, err := f.Append(nil, one)
				assert.NilError(t, err)
				golden.Assert(t, string(b), f.Name+".golden")
				return
			}
			golden.Assert(t, written(t, f.Name, one, two), f.Name+".golden")
			alone, err := f.Append(nil, one)
			assert.NilError(t, err)
			assert.Equal(t, string(alone), written(t, f.Name, one))
		})
	}
	_, err := corpus.ParseFormat("jsonlines")
	assert.ErrorIs(t, err, corpus.ErrFormat)
	assert.ErrorContains(t, err, `"jsonlines", want one of json, http, curl, jsonl, har, vegeta, k6`)
}

func TestJSONLinesAreReadByReplay(t *testing.T) {
	for _, format := range []string{"jsonl", "k6"} {
		i := 0
		for r, err := range recording.Read(strings.NewReader(written(t, format, odd()...))) {
			assert.NilError(t, err)
			want := odd()[i].Record
			want.Line = i + 1
			assert.DeepEqual(t, string(r.Body), string(want.Body))
			assert.DeepEqual(t, r.Header, want.Header)
			assert.Equal(t, r.URL, want.URL)
			i++
		}
		assert.Equal(t, i, len(odd()))
	}
	assert.Equal(t, written(t, "jsonl"), "")
}

func TestHTTPIsARequestOnTheWire(t *testing.T) {
	f, err := corpus.ParseFormat("http")
	assert.NilError(t, err)
	for _, r := range odd() {
		wire, err := f.Append(nil, r)
		assert.NilError(t, err)
		in := bufio.NewReader(bytes.NewReader(wire))
		got, err := http.ReadRequest(in)
		assert.NilError(t, err)
		body, err := io.ReadAll(got.Body)
		assert.NilError(t, err)
		assert.Equal(t, string(body), string(r.Body))
		assert.Equal(t, got.Method, "POST")
		assert.Equal(t, got.Host, "127.0.0.1:3000")
		assert.Equal(t, got.RequestURI, "/web'hook?a=1&b=%20")
		assert.DeepEqual(t, got.Header["X-Two"], []string{"1", "2"})
		assert.Assert(t, bytes.Contains(wire, []byte("\r\nrtk-uuid: it's\r\n")), "names keep their spelling")
		rest, err := io.ReadAll(in)
		assert.NilError(t, err)
		assert.Equal(t, len(rest), 0)
	}
}

// curlWords has a shell run a script with a curl that tells its arguments, and
// returns these and the standard input of each call.
func curlWords(t *testing.T, script string) (calls [][]string) {
	t.Helper()
	const fake = `curl() { for a; do printf '%s\0' "$a"; done; case "$*" in *@-*) cat;; esac; printf '\0\n--\n'; }` + "\n"
	out, err := exec.CommandContext(t.Context(), "sh", "-c", fake+script).Output()
	assert.NilError(t, err, script)
	for call := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00\n--\n"), "\x00\n--\n") {
		calls = append(calls, strings.Split(call, "\x00"))
	}
	return calls
}

func TestCurlLinesCarryTheBytesThroughTheShell(t *testing.T) {
	script := written(t, "curl", odd()...)
	for i, words := range curlWords(t, script) {
		r := odd()[i]
		at := slices.Index(words, "--data-binary")
		assert.Assert(t, at > 0, "%q", words)
		body := words[at+1]
		if body == "@-" {
			body = strings.Join(words[at+3:], "\x00") // standard input, zero bytes and all
		}
		assert.Equal(t, body, string(r.Body))
		assert.Equal(t, words[at+2], r.URL)
		for _, field := range []string{"Content-Type: application/json", "rtk-uuid: it's", "X-Two: 1", "X-Two: 2", "X-Empty;"} {
			assert.Assert(t, slices.Contains(words, field), "%q in %q", field, words)
		}
	}
}

func TestVegetaTargetsHoldTheBytes(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(written(t, "vegeta", odd()...), "\n"), "\n")
	assert.Equal(t, len(lines), len(odd()))
	for i, line := range lines {
		var got struct {
			Method, URL string
			Header      http.Header
			Body        []byte
		}
		dec := json.NewDecoder(strings.NewReader(line))
		dec.DisallowUnknownFields()
		assert.NilError(t, dec.Decode(&got))
		assert.Equal(t, string(got.Body), string(odd()[i].Body))
		assert.DeepEqual(t, got.Header, odd()[i].Header)
		assert.Equal(t, got.URL, odd()[i].URL)
	}
}

func TestHARHoldsTheBytes(t *testing.T) {
	var got struct {
		Log struct {
			Version string
			Entries []struct {
				StartedDateTime time.Time
				Request         struct {
					Method, URL string
					Headers     []struct{ Name, Value string }
					QueryString []struct{ Name, Value string }
					PostData    struct{ MimeType, Text, Encoding string }
					BodySize    int
				}
			}
		}
	}
	assert.NilError(t, json.Unmarshal([]byte(written(t, "har", odd()...)), &got))
	assert.Equal(t, got.Log.Version, "1.2")
	assert.Equal(t, len(got.Log.Entries), len(odd()))
	for i, e := range got.Log.Entries {
		want := odd()[i]
		body := []byte(e.Request.PostData.Text)
		if e.Request.PostData.Encoding == "base64" {
			assert.NilError(t, json.Unmarshal([]byte(`"`+e.Request.PostData.Text+`"`), &body))
		}
		assert.Equal(t, string(body), string(want.Body))
		assert.Equal(t, e.Request.BodySize, len(want.Body))
		assert.Equal(t, e.Request.PostData.MimeType, "application/json")
		assert.Equal(t, e.Request.URL, want.URL)
		assert.Equal(t, len(e.Request.Headers), 5)
		assert.Equal(t, e.Request.QueryString[1].Value, " ")
		assert.Assert(t, e.StartedDateTime.Equal(want.Start))
	}
	assert.NilError(t, json.Unmarshal([]byte(written(t, "har")), &got))
	assert.Equal(t, len(got.Log.Entries), 0)
}

func TestRequestThatCannotBeWrittenIsNamed(t *testing.T) {
	r := odd()[0]
	r.Header = http.Header{"a b": {""}}
	f, err := corpus.ParseFormat("jsonl")
	assert.NilError(t, err)
	assert.ErrorContains(t, f.NewWriter(io.Discard).Write(r), `corpus: request 1 as jsonl: recording: not a record: headers: the header name "a b" is not a token`)
}
