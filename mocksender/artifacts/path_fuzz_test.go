package artifacts

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func FuzzPathParser(f *testing.F) {
	for _, path := range []string{
		"", "/", "/chat/token/chat.json", "//token/chat.json", "/chat//chat.json", "/chat/token/", "/chat/token/a/b.json",
		"/chat/../chat.json", "/audio/a+b_c-d==/x.MP3", "/chat/t/..", "/recording/\x00/x.mp4", "/summary/é/x.md", "/chat/t/x.json/",
		"/chat/" + strings.Repeat("t", 129) + "/x.csv", `/chat/..\..\x/x.png`, "/live/id/live.m3u8", "/live/../live.m3u8",
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := parsePath(path)
		s := New()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}})
		if w.Code != http.StatusOK && w.Code != http.StatusNotFound {
			t.Fatalf("%q is answered %d", path, w.Code)
		}
		if got.playlist {
			if got != (target{file: liveFile, playlist: true}) || len(s.Visited()) != 0 || w.Code != http.StatusOK {
				t.Fatalf("%q leads to %+v, visited %q, answered %d", path, got, s.Visited(), w.Code)
			}
			return
		}
		if got.token == "" {
			if got != (target{}) || len(s.Visited()) != 0 || w.Code == http.StatusOK {
				t.Fatalf("%q is no target, but %+v, visited %q, answered %d", path, got, s.Visited(), w.Code)
			}
			return
		}
		if !slices.Contains(Kinds(), got.kind) || !wellFormed(got.token) || strings.ContainsAny(got.token, "./\\%") {
			t.Fatalf("%q leads to %+v", path, got)
		}
		if _, ok := got.format(); ok != (w.Code == http.StatusOK) {
			t.Fatalf("%q is answered %d", path, w.Code)
		}
		// What is served is what Path gives, and leads there again.
		link, err := url.Parse(got.kind.Path(got.token, got.file))
		if err != nil || parsePath(link.Path) != got {
			t.Fatalf("%q: %v: %+v, want %+v", link, err, parsePath(link.Path), got)
		}
	})
}
