package artifacts_test

import (
	"bytes"
	"crypto/tls"
	"encoding/csv"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
)

type message struct {
	ID, ParticipantID, SessionID, MeetingID, DisplayName string
	Pinned, IsEdited                                     bool
	PayloadType, Payload, CreatedAt                      string
}

func jsonChat(t testing.TB, s http.Handler, token string) []message {
	t.Helper()
	var out []message
	strictly(t, get(t, s, artifacts.Chat.Path(token, "chat.json")), &out)
	return out
}

func csvChat(t testing.TB, s http.Handler, token string) []message {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(get(t, s, artifacts.Chat.Path(token, "chat.csv")))).ReadAll()
	assert.NilError(t, err)
	// The vendor's page names these columns, in this order.
	assert.Equal(t, strings.Join(records[0], " "),
		"id participantId sessionId meetingId displayName pinned isEdited payloadType payload createdAt")
	var out []message
	for _, r := range records[1:] {
		pinned, err := strconv.ParseBool(r[5])
		assert.NilError(t, err)
		edited, err := strconv.ParseBool(r[6])
		assert.NilError(t, err)
		out = append(out, message{r[0], r[1], r[2], r[3], r[4], pinned, edited, r[7], r[8], r[9]})
	}
	return out
}

func TestChatIsAListOfMessages(t *testing.T) {
	assert.Assert(t, strings.HasPrefix(get(t, artifacts.New(), artifacts.Chat.Path(token, "chat.json")), `[{"id":"`))
	messages := jsonChat(t, artifacts.New(), token)
	assert.Assert(t, len(messages) >= 9)
	seen := map[string]bool{}
	var last time.Time
	for _, m := range messages {
		assert.Assert(t, !seen[m.ID], "message ids are unique")
		seen[m.ID] = true
		assert.Equal(t, m.SessionID, messages[0].SessionID)
		assert.Equal(t, m.MeetingID, messages[0].MeetingID)
		assert.Assert(t, m.Payload != "" && m.DisplayName != "" && m.ParticipantID != "")
		at, err := time.Parse("2006-01-02T15:04:05.000Z", m.CreatedAt)
		assert.NilError(t, err)
		assert.Assert(t, at.After(last))
		last = at
	}
	assert.Assert(t, messages[0].Pinned && !messages[1].Pinned)
	assert.Assert(t, messages[2].IsEdited && !messages[1].IsEdited)
}

func TestChatFormatsAgree(t *testing.T) {
	s := artifacts.New()
	for n := range 50 {
		token := fmt.Sprint("token-", n)
		assert.DeepEqual(t, csvChat(t, s, token), jsonChat(t, s, token))
	}
}

func TestEveryChatHasEveryPayloadType(t *testing.T) {
	for n := range 50 {
		count := map[string]int{}
		lines := false
		for _, m := range jsonChat(t, artifacts.New(), fmt.Sprint("token-", n)) {
			count[m.PayloadType]++
			lines = lines || strings.Contains(m.Payload, "\n")
		}
		assert.Equal(t, len(count), 3)
		assert.Equal(t, count["IMAGE_MESSAGE"], 1)
		assert.Equal(t, count["FILE_MESSAGE"], 1)
		assert.Assert(t, count["TEXT_MESSAGE"] >= 7)
		assert.Assert(t, lines, "a text of several lines breaks readers that split at line ends")
	}
}

// attachments returns the links of a chat to an image and to a file.
func attachments(t testing.TB, messages []message) (image, file string) {
	t.Helper()
	for _, m := range messages {
		switch m.PayloadType {
		case "IMAGE_MESSAGE":
			image = m.Payload
		case "FILE_MESSAGE":
			file = m.Payload
		}
	}
	return image, file
}

func TestLinksInAChatLeadBackToTheServer(t *testing.T) {
	s := artifacts.New()
	mux := http.NewServeMux()
	mux.Handle("/deep/files/", http.StripPrefix("/deep/files", s))
	ts := httptest.NewServer(mux)
	defer ts.Close()
	read := func(url string) (contentType string, body []byte) {
		resp, err := ts.Client().Get(url)
		assert.NilError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, resp.StatusCode, http.StatusOK, url)
		var all bytes.Buffer
		_, err = all.ReadFrom(resp.Body)
		assert.NilError(t, err)
		return resp.Header.Get("Content-Type"), all.Bytes()
	}
	_, chat := read(ts.URL + "/deep/files" + artifacts.Chat.Path(token, "chat.json") + "?X-Amz-Expires=60")
	var messages []message
	strictly(t, string(chat), &messages)
	image, file := attachments(t, messages)

	contentType, body := read(image)
	assert.Equal(t, contentType, "image/png")
	picture, err := png.Decode(bytes.NewReader(body))
	assert.NilError(t, err)
	assert.Equal(t, picture.Bounds().Dx(), 128)

	contentType, body = read(file)
	assert.Equal(t, contentType, "text/plain; charset=utf-8")
	assert.Assert(t, bytes.Contains(body, []byte(messages[0].SessionID)))
	assert.Equal(t, s.Visits(token), 3, "attachments are visits of the chat's token")
}

func TestLinksInAChatStartWithTheServersURL(t *testing.T) {
	path := artifacts.Chat.Path(token, "chat.json")
	tests := []struct {
		name   string
		base   string
		change func(*http.Request)
		want   string
		reason string
	}{
		{"plain", "", func(*http.Request) {}, "http://example.com", "the host of httptest"},
		{"tls", "", func(r *http.Request) { r.TLS = &tls.ConnectionState{} }, "https://example.com", "the scheme of the connection"},
		{"port", "", func(r *http.Request) { r.Host = "[::1]:8080" }, "http://[::1]:8080", "the host of the request"},
		{"prefix", "", func(r *http.Request) { r.RequestURI = "/a%20b" + path }, "http://example.com/a%20b", "with the stripped prefix"},
		{"absolute", "", func(r *http.Request) { r.RequestURI = "http://proxy.test" + path }, "http://example.com", "the proxy form shows no prefix"},
		{"rewritten", "", func(r *http.Request) { r.RequestURI = "/other" }, "http://example.com", "the prefix is unknown"},
		{"no host", "", func(r *http.Request) { r.Host = "" }, "", "HTTP/1.0 needs none"},
		{"very long host", "", func(r *http.Request) { r.Host = strings.Repeat("h", 100_000) }, "", "no such name exists, and chats stay small"},
		{"set", "https://files.example.org/x/", func(*http.Request) {}, "https://files.example.org/x", "BaseURL overrides the request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := artifacts.New()
			s.BaseURL = tt.base
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			tt.change(r)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			var messages []message
			strictly(t, w.Body.String(), &messages)
			image, file := attachments(t, messages)
			assert.Equal(t, image, tt.want+artifacts.Chat.Path(token, "whiteboard.png"), tt.reason)
			assert.Equal(t, file, tt.want+artifacts.Chat.Path(token, "agenda.txt"), tt.reason)
		})
	}
}
