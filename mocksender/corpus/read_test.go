package corpus_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/corpus"
)

// own are the header fields that the form http adds.
func own(h http.Header) http.Header {
	h = h.Clone()
	delete(h, "Host")
	delete(h, "Content-Length")
	return h
}

// What the writers write, the reader reads: every case, those that are not
// UTF-8 among them.
func TestReadReturnsWhatTheWritersWrote(t *testing.T) {
	requests := all(t, corpus.Options{Cases: corpus.CaseNames()})
	for _, name := range []string{"http", "jsonl", "har"} {
		f, err := corpus.ParseFormat(name)
		assert.NilError(t, err)
		t.Run(name, func(t *testing.T) {
			for _, r := range requests {
				file, err := f.Append(nil, r)
				assert.NilError(t, err)
				got, err := corpus.Read(file)
				assert.NilError(t, err, "%s", file)
				assert.Equal(t, len(got), 1)
				assert.Equal(t, got[0].Method, r.Method)
				assert.Equal(t, got[0].URL, r.URL)
				assert.DeepEqual(t, got[0].Body, r.Body)
				assert.DeepEqual(t, own(got[0].Header), own(r.Header))
			}
		})
	}
}

func TestReadReadsManyRequestsInOneFile(t *testing.T) {
	requests := all(t, corpus.Options{})
	var files [3]bytes.Buffer
	for i, name := range []string{"jsonl", "har"} {
		f, err := corpus.ParseFormat(name)
		assert.NilError(t, err)
		w := f.NewWriter(&files[i])
		for _, r := range requests {
			assert.NilError(t, w.Write(r))
		}
		assert.NilError(t, w.Close())
	}
	for i, r := range requests {
		text, err := r.AppendHTTP(nil)
		assert.NilError(t, err)
		files[2].Write(text)
		if i%2 == 0 { // parted, or one right after the other
			files[2].WriteString("\n\n### another\n# a comment\n@host = x\n")
		}
	}
	for i := range files {
		got, err := corpus.Read(files[i].Bytes())
		assert.NilError(t, err)
		assert.Equal(t, len(got), len(requests))
		for j, r := range requests {
			assert.DeepEqual(t, got[j].Body, r.Body)
		}
	}
}

const body = `{"event":"meeting.started"}`

func TestReadTakesRequestsAsEditorsAndToolsWriteThem(t *testing.T) {
	head := "POST http://127.0.0.1:3000/webhook HTTP/1.1\nrtk-signature: c2ln\n"
	for _, c := range []struct {
		name, text, want string
		declared         int
		reason           string
	}{
		{"LF", head + "\n" + body, body, -1, "an editor on Linux"},
		{"CRLF", strings.ReplaceAll(head, "\n", "\r\n") + "\r\n" + body, body, -1, "the wire"},
		{"final newline", head + "\n" + body + "\n", body + "\n", -1, "it may be what is wrong"},
		{"Content-Length", fmt.Sprintf("%sContent-Length: %d\n\n%s\n", head, len(body), body), body, len(body), "the newline is the editor's"},
		{"edited since", head + "content-length: 9\n\n" + body, body, 9, "it may be what is wrong"},
		{"cut since", head + "Content-Length: 900\n\n" + body, body, 900, "it may be what is wrong"},
		{"mark", head + "\n" + body + "\r\n### the end\r\n", body, -1, "a REST client's"},
		{"byte order mark", "\ufeff" + head + "\n" + body, body, -1, "Notepad"},
		{"no body", head, "", -1, "a GET may be captured, too"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := corpus.Read([]byte(c.text))
			assert.NilError(t, err, c.reason)
			assert.Equal(t, len(got), 1)
			assert.Equal(t, string(got[0].Body), c.want, c.reason)
			assert.Equal(t, got[0].Declared, c.declared)
			assert.Equal(t, got[0].URL, "http://127.0.0.1:3000/webhook")
			assert.DeepEqual(t, got[0].Header["rtk-signature"], []string{"c2ln"})
		})
	}
}

func TestReadUndoesChunks(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("POST /webhook HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n")
	w := httputil.NewChunkedWriter(&text)
	for part := range slices.Chunk([]byte(body), 10) {
		_, err := w.Write(part)
		assert.NilError(t, err)
	}
	assert.NilError(t, w.Close())
	text.WriteString("\r\nPOST /webhook HTTP/1.1\r\n\r\nsecond")
	got, err := corpus.Read(text.Bytes())
	assert.NilError(t, err)
	assert.Equal(t, len(got), 2)
	assert.Equal(t, string(got[0].Body), body)
	assert.Equal(t, got[0].URL, "http://example.com/webhook")
	assert.Equal(t, string(got[1].Body), "second")
	assert.Equal(t, got[1].Place, "line 13")
}

func TestReadPassesOverWhatBrowsersAddToAnArchive(t *testing.T) {
	got, err := corpus.Read([]byte(`{"log":{"version":"1.2","pages":[],"entries":[
		{"request":{"method":"GET","url":"http://x/","headers":[]}},
		{"_initiator":{},"request":{"method":"POST","url":"http://x/webhook","headers":[
			{"name":":method","value":"POST"},{"name":"rtk-signature","value":"c2ln"}],
			"postData":{"mimeType":"application/json","text":"{}","params":[]}}}]}}`))
	assert.NilError(t, err)
	assert.Equal(t, len(got), 1)
	assert.Equal(t, got[0].Place, "entry 2")
	assert.DeepEqual(t, got[0].Header, http.Header{"rtk-signature": {"c2ln"}})
}

func TestReadSaysWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", " \n", "it is empty, want a request, a JSON record a line, or an HTTP archive"},
		{"comments alone", "# nothing\n###\n", "found no request line, want one such as POST /webhook HTTP/1.1"},
		{"text", "hello world\n", `line 1: found "hello world", want a request line such as POST /webhook HTTP/1.1`},
		{"a body alone", `["event"]`, `line 1: found "[\"event\"]", want a request line`},
		{"a field without a colon", "\nPOST /webhook HTTP/1.1\nrtk-signature c2ln\n\n", `line 3: found "rtk-signature c2ln", want a header field such as Name: value`},
		{"a Content-Length of letters", "POST /webhook HTTP/1.1\nContent-Length: many\n\n", `line 1: found the Content-Length "many", want a number of bytes`},
		{"broken chunks", "POST /webhook HTTP/1.1\nTransfer-Encoding: chunked\n\nzz\n", "line 4: the chunks of the body do not read"},
		{"a record's member", `{"method":"POST","url":"","headers":{},"body":7}`, "line 1: body: "},
		{"an event in place of a record", body, "line 1: event: "},
		{"half an archive", `{"log":{"entries":[`, "it does not read as an HTTP archive: "},
		{"an archive of texts", `{"log":{"entries":["x"]}}`, "entry 1: it does not read as an entry: "},
		{"an archive without bodies", `{"log":{"entries":[{"request":{"method":"GET"}}]}}`, "found no body among the entries of the HTTP archive (1)"},
		{"bad Base64", `{"log":{"entries":[{"request":{"postData":{"text":"!","encoding":"base64"}}}]}}`, "entry 1: request.postData.text: found what is not Base64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := corpus.Read([]byte(c.text))
			assert.ErrorIs(t, err, corpus.ErrCapture)
			assert.Assert(t, is.Contains(err.Error(), "corpus: not a capture: "+c.want))
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, r := range all(f, corpus.Options{Cases: corpus.CaseNames()[:3]}) {
		for _, name := range []string{"http", "jsonl", "har"} {
			format, err := corpus.ParseFormat(name)
			assert.NilError(f, err)
			file, err := format.Append(nil, r)
			assert.NilError(f, err)
			f.Add(file)
		}
	}
	f.Add([]byte("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n###\nPOST / HTTP/1.1\nContent-Length: 1\n\nx\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := corpus.Read(data)
		if (err == nil) != (len(got) > 0) {
			t.Fatalf("%d requests, error %v", len(got), err)
		}
		total := 0
		for _, c := range got {
			total += len(c.Body)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of bodies in %d", total, len(data))
		}
	})
}
