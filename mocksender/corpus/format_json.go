package corpus

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"
)

// k6Script sends the records of the file beside it. Each is sent once, however
// many machines share the work.
//
//go:embed k6.js
var k6Script string

// encode appends v as JSON on one line.
func encode(b []byte, v any) ([]byte, error) {
	out := bytes.NewBuffer(b)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// vegetaTarget is a line of vegeta's JSON targets.
type vegetaTarget struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"` // in Base64
}

func appendVegeta(b []byte, r Request) ([]byte, error) {
	return encode(b, vegetaTarget{r.Method, r.URL, r.Header, r.Body})
}

// harHead and harTail frame the entries of an HTTP archive.
const (
	harHead = `{"log":{"version":"1.2","creator":{"name":"rtkmock","version":"1"},"entries":[` + "\n"
	harTail = "\n]}}\n"
)

// The parts of an entry that say that there is no answer.
const (
	harNoResponse = `{"status":0,"statusText":"","httpVersion":"","cookies":[],"headers":[],` +
		`"content":{"size":0,"mimeType":"x-unknown"},"redirectURL":"","headersSize":-1,"bodySize":-1}`
	harNoTimings = `{"send":0,"wait":0,"receive":0}`
)

// Entries of an HTTP archive, for a request without an answer. They have every
// member that HAR 1.2 requires.
type (
	harEntry struct {
		Started  string          `json:"startedDateTime"`
		Time     int             `json:"time"`
		Request  harRequest      `json:"request"`
		Response json.RawMessage `json:"response"`
		Cache    struct{}        `json:"cache"`
		Timings  json.RawMessage `json:"timings"`
		Comment  string          `json:"comment,omitempty"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		QueryString []harPair `json:"queryString"`
		PostData    harPost   `json:"postData"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harPost struct {
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
		// Encoding is "base64" where the bytes are not UTF-8. HAR 1.2 has the
		// member for answers only; readers take it here as well.
		Encoding string `json:"encoding,omitempty"`
	}
)

func appendHAR(b []byte, r Request) ([]byte, error) {
	none := []harPair{}
	q := harRequest{
		Method: r.Method, URL: r.URL, HTTPVersion: "HTTP/1.1", Cookies: none, Headers: none, QueryString: none,
		PostData: harPost{Text: string(r.Body)}, HeadersSize: -1, BodySize: len(r.Body),
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			q.Headers = append(q.Headers, harPair{name, value})
			if http.CanonicalHeaderKey(name) == "Content-Type" {
				q.PostData.MimeType = value
			}
		}
	}
	if u, err := url.Parse(r.URL); err == nil {
		query := u.Query()
		for _, name := range slices.Sorted(maps.Keys(query)) {
			for _, value := range query[name] {
				q.QueryString = append(q.QueryString, harPair{name, value})
			}
		}
	}
	if !utf8.Valid(r.Body) {
		q.PostData.Text, q.PostData.Encoding = base64.StdEncoding.EncodeToString(r.Body), "base64"
	}
	return encode(b, harEntry{
		Started: r.Start.UTC().Format(time.RFC3339Nano), Request: q, Comment: string(r.Event),
		Response: json.RawMessage(harNoResponse), Timings: json.RawMessage(harNoTimings),
	})
}
