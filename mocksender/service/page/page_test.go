package page

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func get(t *testing.T, method, target string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	assert.NilError(t, err)
	return string(data)
}

func TestEveryFileIsServedWithAStrictPolicy(t *testing.T) {
	all, err := files()
	assert.NilError(t, err)
	assert.Assert(t, len(all) > 5)
	kinds := map[string]string{".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
	for path, f := range all {
		r := get(t, http.MethodGet, path, nil)
		assert.Equal(t, r.StatusCode, http.StatusOK, path)
		assert.Equal(t, body(t, r), string(f.data), path)
		want, known := kinds[filepath.Ext(f.name)]
		assert.Assert(t, known, path)
		assert.Assert(t, strings.HasPrefix(r.Header.Get("Content-Type"), want), "%s is %s", path, r.Header.Get("Content-Type"))
		assert.Equal(t, r.Header.Get("Content-Security-Policy"), policy)
		assert.Equal(t, r.Header.Get("X-Content-Type-Options"), "nosniff")

		again := get(t, http.MethodGet, path, http.Header{"If-None-Match": {r.Header.Get("ETag")}})
		assert.Equal(t, again.StatusCode, http.StatusNotModified, path)
	}
	assert.Assert(t, !strings.Contains(policy, "unsafe"))
}

func TestNothingElseIsServed(t *testing.T) {
	for _, path := range []string{"/index.html", "/page/", "/page/index.html", "/page/../page.go", "/page/%2e%2e/page.go", "/static/app.js", "//", "/page//app.js"} {
		assert.Equal(t, get(t, http.MethodGet, path, nil).StatusCode, http.StatusNotFound, path)
	}
	r := get(t, http.MethodPost, "/", nil)
	assert.Equal(t, r.StatusCode, http.StatusMethodNotAllowed)
	assert.Equal(t, r.Header.Get("Allow"), "GET, HEAD")
	assert.Equal(t, body(t, get(t, http.MethodHead, "/", nil)), "")
}

// Nothing in the page's files loads something from another host, or makes markup of
// strings.
func TestThePageAsksNothingOfOtherHosts(t *testing.T) {
	all, err := files()
	assert.NilError(t, err)
	address := regexp.MustCompile(`(?:https?:)?//[A-Za-z0-9][^\s"'` + "`" + `]*`)
	named := map[string]bool{ // and not fetched
		"http://www.w3.org/2000/svg":    true, // a name space
		"http://localhost:3000/webhook": true, // part of an example
	}
	comment := regexp.MustCompile(`(?m)^\s*//.*$`)
	markup := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|srcdoc|javascript:`)
	inline := regexp.MustCompile(`(?i)\son[a-z]+\s*=|\sstyle\s*=|<style|<script(?:\s+type="module")?>`)
	for path, f := range all {
		text := comment.ReplaceAllString(string(f.data), "")
		for _, found := range address.FindAllString(text, -1) {
			assert.Assert(t, named[found], "%s names %s", path, found)
		}
		assert.Equal(t, markup.FindString(text), "", path)
		if strings.HasSuffix(f.name, ".html") {
			assert.Equal(t, inline.FindString(text), "", path)
		}
	}
}

func TestThePageNamesItsRequests(t *testing.T) {
	all, err := files()
	assert.NilError(t, err)
	assert.Assert(t, strings.Contains(string(all["/page/api.js"].data), `"`+ReadHeader+`": "1"`))
}

// Each id that a script names is in the page.
func TestEveryElementThatAScriptNamesIsThere(t *testing.T) {
	all, err := files()
	assert.NilError(t, err)
	html := string(all["/"].data)
	named := regexp.MustCompile(`byID\("([^"]+)"\)`)
	made := regexp.MustCompile(`\bid: "([^"]+)"`)
	have := map[string]bool{}
	for _, m := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		assert.Assert(t, !have[m[1]], "%s is there twice", m[1])
		have[m[1]] = true
	}
	for _, f := range all {
		for _, m := range made.FindAllStringSubmatch(string(f.data), -1) {
			have[m[1]] = true
		}
	}
	count := 0
	for path, f := range all {
		for _, m := range named.FindAllStringSubmatch(string(f.data), -1) {
			assert.Assert(t, have[m[1]], "%s asks for #%s", path, m[1])
			count++
		}
	}
	assert.Assert(t, count > 20)
}
