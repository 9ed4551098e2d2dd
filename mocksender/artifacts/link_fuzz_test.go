package artifacts

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func FuzzParseLink(f *testing.F) {
	for _, path := range []string{
		"", "/", "/chat/token/chat.json", "//token/chat.json", "/chat//chat.json", "/chat/token/", "/chat/token/a/b.json",
		"/chat/../chat.json", "/audio/a+b_c-d==/x.MP3", "/chat/t/..", "/recording/\x00/x.mp4", "/summary/é/x.md", "/chat/t/x.json/",
		"/chat/" + strings.Repeat("t", 129) + "/x.csv", `/chat/..\..\x/x.png`, "/live/id/live.m3u8", "/live/../live.m3u8",
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := parseLink(path)
		s := New()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}})
		if w.Code != http.StatusOK && w.Code != http.StatusNotFound {
			t.Fatalf("%q is answered %d", path, w.Code)
		}
		if got == (link{file: playlistFile}) {
			if len(s.Visited()) != 0 || w.Code != http.StatusOK {
				t.Fatalf("%q is a playlist, but visited %q, answered %d", path, s.Visited(), w.Code)
			}
			return
		}
		if got.token == "" {
			if got != (link{}) || len(s.Visited()) != 0 || w.Code == http.StatusOK {
				t.Fatalf("%q is no link, but %+v, visited %q, answered %d", path, got, s.Visited(), w.Code)
			}
			return
		}
		if !slices.Contains(Kinds(), got.kind) || !validToken(got.token) || strings.ContainsAny(got.token, "./\\%") {
			t.Fatalf("%q leads to %+v", path, got)
		}
		if _, ok := got.format(); ok != (w.Code == http.StatusOK) {
			t.Fatalf("%q is answered %d", path, w.Code)
		}
		// Path returns a path that leads to the same link.
		u, err := url.Parse(got.kind.Path(got.token, got.file))
		if err != nil || parseLink(u.Path) != got {
			t.Fatalf("%q: %v: %+v, want %+v", u, err, parseLink(u.Path), got)
		}
	})
}
