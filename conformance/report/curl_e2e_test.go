//go:build e2e

package report

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// seen is what a server sees of a request.
type seen struct {
	method, uri string
	header      http.Header
	body        string
	length      int64
}

// With the real curl, a server must see what the sender sent, and nothing that
// curl adds of its own.
func TestE2ECurlSendsWhatTheSenderSent(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	requests := make(chan seen, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests <- seen{r.Method, r.RequestURI, r.Header, string(body), r.ContentLength}
	}))
	t.Cleanup(server.Close)

	send := func(t *testing.T, dir string, q mocksender.Request) seen {
		cmd := curlOf(t, dir, q)
		out, err := exec.CommandContext(t.Context(), shells(t)[0], "-c", cmd.Curl.String()).CombinedOutput()
		if q.Method != http.MethodHead || len(q.Body) == 0 { // there curl gives up in the end
			assert.NilError(t, err, "%s\n%s", cmd.Curl.String(), out)
		}
		assert.Assert(t, strings.Contains(string(out), "HTTP/1.1 200 OK"), "%s", out)
		return <-requests
	}
	for name, body := range oddBodies() {
		for _, dir := range []string{"", t.TempDir()} {
			q := mocksender.Request{
				Method: http.MethodPost, URL: server.URL + "/it's/{a}[1]", Body: []byte(body),
				Header: http.Header{"Rtk-Signature": {""}, "Rtk-Uuid": {"a", "b"}, "X-Odd": {"tab\there"}},
			}
			got := send(t, dir, q)
			assert.Equal(t, got.body, body, name)
			assert.Equal(t, got.length, int64(len(body)), name)
			assert.Equal(t, got.uri, "/it's/{a}[1]")
			got.header.Del("Content-Length")
			assert.DeepEqual(t, got.header, q.Header)
		}
	}

	q := mocksender.Request{Method: http.MethodPost, URL: server.URL, Body: []byte("x"), Framing: mutation.Framing{Chunked: true}}
	assert.Equal(t, send(t, "", q).length, int64(-1))
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"} {
		for _, body := range []string{"", "x"} {
			got := send(t, "", mocksender.Request{Method: method, URL: server.URL, Body: []byte(body)})
			assert.Equal(t, got.method, method)
			assert.Equal(t, got.body, body, method)
		}
	}
	q = mocksender.Request{Method: http.MethodPost, URL: server.URL, Body: make([]byte, 2*expectFrom)}
	got := send(t, t.TempDir(), q)
	assert.Equal(t, got.length, int64(2*expectFrom))
	assert.Equal(t, got.header.Get("Expect"), "")
}
