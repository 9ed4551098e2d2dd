package artifacts_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/payload"
)

const token = "0b7ff4a2-4f5a-4f0e-9a3f-6a1f3c1d2e4b"

// ask sends s one request, without a network. header is a list of name, value, …
func ask(t testing.TB, s http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func read(t testing.TB, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	assert.NilError(t, err)
	return string(body)
}

func get(t testing.TB, s http.Handler, path string) string {
	t.Helper()
	resp := ask(t, s, http.MethodGet, path)
	assert.Equal(t, resp.StatusCode, http.StatusOK, path)
	return read(t, resp)
}

// everyPath returns a path for each format of each kind.
func everyPath(token string) []string {
	var paths []string
	for _, kind := range artifacts.Kinds() {
		for _, extension := range kind.Extensions() {
			paths = append(paths, kind.Path(token, "file"+extension))
		}
	}
	return paths
}

func strictly(t testing.TB, body string, into any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(body))
	dec.DisallowUnknownFields()
	assert.NilError(t, dec.Decode(into))
}

// Unless somebody describes the meeting or the server moves.
func TestContentDependsOnTheTokenAlone(t *testing.T) {
	for i, path := range everyPath(token) {
		first := get(t, artifacts.New(), path)
		assert.Equal(t, get(t, artifacts.New(), path), first, path)
		renamed := path[:strings.LastIndex(path, "/")] + "/another" + path[strings.LastIndex(path, "."):]
		assert.Equal(t, get(t, artifacts.New(), renamed), first, "%s", renamed)
		other := everyPath("another-token")[i]
		assert.Assert(t, get(t, artifacts.New(), other) != first, path)
	}
}

func TestFirstExtensionIsThatOfTheGuide(t *testing.T) {
	want := map[artifacts.Kind]string{
		artifacts.Chat: ".json", artifacts.Recording: ".mp4", artifacts.Audio: ".mp3",
		artifacts.Transcript: ".csv", artifacts.Summary: ".txt",
	}
	assert.Equal(t, len(artifacts.Kinds()), len(want))
	for _, kind := range artifacts.Kinds() {
		assert.Equal(t, kind.Extensions()[0], want[kind])
	}
	assert.Assert(t, artifacts.Kind("image").Extensions() == nil)
}

// The guide's samples: chat.json, recording.mp4, recording.mp3,
// transcript.csv, summary.txt.
func TestLinksOfTheGuideAreServedWithTheirTypes(t *testing.T) {
	tests := []struct{ path, contentType string }{
		{"/chat/" + token + "/chat.json", "application/json"},
		{"/chat/" + token + "/chat.csv", "text/csv; charset=utf-8"},
		{"/chat/" + token + "/whiteboard.png", "image/png"},
		{"/chat/" + token + "/agenda.txt", "text/plain; charset=utf-8"},
		{"/recording/" + token + "/recording.mp4", "video/mp4"},
		{"/audio/" + token + "/recording.mp3", "audio/mpeg"},
		{"/transcript/" + token + "/transcript.csv", "text/csv; charset=utf-8"},
		{"/transcript/" + token + "/transcript.json", "application/json"},
		{"/transcript/" + token + "/transcript.srt", "application/x-subrip; charset=utf-8"},
		{"/transcript/" + token + "/transcript.vtt", "text/vtt; charset=utf-8"},
		{"/summary/" + token + "/summary.txt", "text/plain; charset=utf-8"},
		{"/summary/" + token + "/summary.md", "text/markdown; charset=utf-8"},
		{"/recording/" + token + "/weekly-sync.mp4", "video/mp4"},
		{"/recording/" + token + "/" + "weekly%20sync%20%E4%BC%9A.MP4", "video/mp4"},
	}
	s := artifacts.New()
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			resp := ask(t, s, http.MethodGet, tt.path)
			assert.Equal(t, resp.StatusCode, http.StatusOK)
			assert.Equal(t, resp.Header.Get("Content-Type"), tt.contentType)
			assert.Assert(t, read(t, resp) != "")
		})
	}
	assert.Equal(t, s.Visits(token), len(tests))
}

func TestPathIsWhatIsServed(t *testing.T) {
	assert.Equal(t, artifacts.Chat.Path(token, "chat.json"), "/chat/"+token+"/chat.json")
	s := artifacts.New()
	odd := "a+b_c-d=="
	get(t, s, artifacts.Recording.Path(odd, "50 % of?it#all.mp4"))
	assert.Equal(t, s.Visits(odd), 1)
}

// All events of a livestream have the same playbackUrl, so a request for it says
// nothing about one of them.
func TestPlaybackURLLeadsToAPlaylistAndIsNoVisit(t *testing.T) {
	m, err := payload.New(payload.Options{Seed: 1, BaseURL: "http://harness"})
	assert.NilError(t, err)
	_, err = m.Join(m.NewParticipant())
	assert.NilError(t, err)
	_, events, err := m.StartLivestream()
	assert.NilError(t, err)
	playback, err := payload.Get(events[0].Body, "playbackUrl")
	assert.NilError(t, err)
	path := strings.TrimPrefix(strings.Trim(string(playback), `"`), "http://harness")
	s := artifacts.New()
	resp := ask(t, s, http.MethodGet, path)
	assert.Equal(t, resp.StatusCode, http.StatusOK)
	assert.Equal(t, resp.Header.Get("Content-Type"), "application/vnd.apple.mpegurl")
	body, err := io.ReadAll(resp.Body)
	assert.NilError(t, err)
	assert.Assert(t, strings.HasPrefix(string(body), "#EXTM3U\n") && strings.HasSuffix(string(body), "#EXT-X-ENDLIST\n"), string(body))
	assert.Equal(t, len(s.Visited()), 0)
	assert.Equal(t, s.Log()[0].Status, http.StatusOK)
	for _, other := range []string{"/live/x/other.m3u8", "/live/../live.m3u8", "/live/live.m3u8"} {
		assert.Equal(t, ask(t, s, http.MethodGet, other).StatusCode, http.StatusNotFound, other)
	}
}

func TestUnknownPathsAre404(t *testing.T) {
	tests := []struct {
		path   string
		counts bool
		reason string
	}{
		{"/", false, "an empty path"},
		{"/chat", false, "no token"},
		{"/chat/" + token, false, "no file"},
		{"/chat/" + token + "/", true, "no file name, but a visit of the token"},
		{"/chat/" + token + "/chat", true, "no extension"},
		{"/chat/" + token + "/chat.mp4", true, "not a format of this kind"},
		{"/chat/" + token + "/chat.json/more", false, "too deep"},
		{"/image/" + token + "/image.png", false, "no such kind"},
		{"/CHAT/" + token + "/chat.json", false, "kinds are exact"},
		{"//" + token + "/chat.json", false, "an empty kind"},
		{"/chat//chat.json", false, "an empty token"},
		{"/chat/../chat.json", false, "not a token"},
		{"/chat/./chat.json", false, "not a token"},
		{"/chat/%2e%2e/chat.json", false, "not a token either"},
		{"/chat/..%2f..%2fetc/passwd", false, "an escaped slash separates like a plain one"},
		{"/chat/" + token + "/..%2f..%2fchat.json", false, "an escaped slash separates like a plain one"},
		{"/chat/a%00b/chat.json", false, "a control character"},
		{"/chat/%C3%A9/chat.json", false, "tokens are ASCII"},
		{"/chat/" + strings.Repeat("t", 129) + "/chat.json", false, "too long"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			s := artifacts.New()
			resp := ask(t, s, http.MethodGet, tt.path)
			assert.Equal(t, resp.StatusCode, http.StatusNotFound, tt.reason)
			assert.Equal(t, s.Visits(token) == 1, tt.counts, tt.reason)
			assert.Equal(t, len(s.Visited()) == 1, tt.counts, tt.reason)
			assert.Equal(t, s.Total(), 1, "every request is logged")
			assert.Equal(t, s.Log()[0].Status, http.StatusNotFound)
		})
	}
}

func TestLongestTokenIsServed(t *testing.T) {
	s := artifacts.New()
	long := strings.Repeat("t", 128)
	get(t, s, artifacts.Chat.Path(long, "chat.json"))
	assert.DeepEqual(t, s.Visited(), []string{long})
}

func TestServerWorksBelowAPrefix(t *testing.T) {
	s := artifacts.New()
	mux := http.NewServeMux()
	mux.Handle("/files/", http.StripPrefix("/files", s))
	get(t, mux, "/files"+artifacts.Summary.Path(token, "summary.txt"))
	assert.Equal(t, s.Log()[0].Path, "/summary/"+token+"/summary.txt")
}

func TestOtherMethodsAreRefusedAndCount(t *testing.T) {
	s := artifacts.New()
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		resp := ask(t, s, method, artifacts.Chat.Path(token, "chat.json"))
		assert.Equal(t, resp.StatusCode, http.StatusMethodNotAllowed, method)
		assert.Equal(t, resp.Header.Get("Allow"), "GET, HEAD", method)
	}
	assert.Equal(t, s.Visits(token), 4)
}

func TestHeadHasTheHeaderOfGetWithoutBody(t *testing.T) {
	s := artifacts.New()
	for _, path := range everyPath(token) {
		body := get(t, s, path)
		resp := ask(t, s, http.MethodHead, path)
		assert.Equal(t, resp.StatusCode, http.StatusOK, path)
		assert.Equal(t, resp.ContentLength, int64(len(body)), path)
		assert.Equal(t, read(t, resp), "", path)
	}
}

func TestRangesResumeADownload(t *testing.T) {
	s := artifacts.New()
	path := artifacts.Audio.Path(token, "recording.mp3")
	whole := ask(t, s, http.MethodGet, path)
	body := read(t, whole)
	etag := whole.Header.Get("ETag")
	assert.Assert(t, etag != "")
	tests := []struct {
		name   string
		header []string
		status int
		want   string
	}{
		{"middle", []string{"Range", "bytes=100-199"}, http.StatusPartialContent, body[100:200]},
		{"rest", []string{"Range", "bytes=1000-"}, http.StatusPartialContent, body[1000:]},
		{"end", []string{"Range", "bytes=-10"}, http.StatusPartialContent, body[len(body)-10:]},
		{"rest of the same", []string{"Range", "bytes=1000-", "If-Range", etag}, http.StatusPartialContent, body[1000:]},
		{"rest of another", []string{"Range", "bytes=1000-", "If-Range", `"other"`}, http.StatusOK, body},
		{"known", []string{"If-None-Match", etag}, http.StatusNotModified, ""},
		{"beyond", []string{"Range", "bytes=99999999-"}, http.StatusRequestedRangeNotSatisfiable, "invalid range: failed to overlap\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp := ask(t, s, http.MethodGet, path, tt.header...)
			assert.Equal(t, resp.StatusCode, tt.status)
			assert.Equal(t, read(t, resp), tt.want)
			log := s.Log()
			assert.Equal(t, log[len(log)-1].Status, tt.status)
		})
	}
}

// The client here does not clean its paths.
func TestTraversalReachesNothing(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/files/", http.StripPrefix("/files", artifacts.New()))
	ts := httptest.NewServer(mux)
	defer ts.Close()
	for _, path := range []string{
		"/files/../../etc/passwd", "/files/%2e%2e/%2e%2e/etc/passwd", "/files/chat/..%2f..%2f..%2fetc%2fpasswd/x.json", `/files/chat/..\..\etc/x.json`,
	} {
		conn, err := net.Dial("tcp", ts.Listener.Addr().String())
		assert.NilError(t, err)
		_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path)
		assert.NilError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		assert.NilError(t, err, path)
		assert.Assert(t, resp.StatusCode >= 300, "%s: %s", path, resp.Status)
		assert.Assert(t, !strings.Contains(read(t, resp), "root:"))
		assert.NilError(t, conn.Close())
	}
}

func TestServerIsSafeForConcurrentUse(t *testing.T) {
	s := artifacts.New()
	s.LogLimit, s.TokenLimit, s.RegistrationLimit = 20, 30, 40
	const clients, each = 8, 40
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				token := fmt.Sprintf("token-%d-%d", c, i)
				assert.Check(t, s.Describe(token, weekly()))
				assert.Check(t, s.Expire(token, time.Now()))
				path := artifacts.Chat.Path(token, "chat.json")
				s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
				_, _, _, _, _ = s.Log(), s.Visited(), s.Visits("token-0-0"), s.Dropped(), s.Delay()
				_, _ = s.Evicted(), s.TTL()
			}
		})
	}
	wg.Go(func() {
		for range each {
			s.SetDelay(1)
			s.SetDelay(0)
			s.SetTTL(time.Hour)
		}
	})
	wg.Wait()
	assert.Equal(t, s.Total(), clients*each)
	assert.Equal(t, len(s.Visited())+s.Dropped(), clients*each)
}
