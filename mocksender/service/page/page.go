package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"path"
	"sync"
	"time"
)

//go:embed static
var static embed.FS

// policy lets the page use its own files and its own server, and nothing else: no
// other host, no inline script or style, no frame around it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ReadHeader names the field that the page's own requests to the control API have. A
// log may leave them out: the page reads all the time.
const ReadHeader = "Rtkmock-Page"

// mediaType is the type of a file. A machine's own table may have others.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

// file is one file of the page, and its ETag.
type file struct {
	name, tag string
	data      []byte
}

// files reads what is embedded, by path, on the first request.
var files = sync.OnceValues(func() (map[string]file, error) {
	out := map[string]file{}
	entries, err := static.ReadDir("static")
	for _, e := range entries {
		data, err := static.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, err
		}
		at := "/page/" + e.Name()
		if e.Name() == "index.html" {
			at = "/"
		}
		sum := sha256.Sum256(data)
		out[at] = file{e.Name(), `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, data}
	}
	return out, err
})

// Handler serves the page at "/" and its parts under "/page/". It answers 404 to
// other paths, and 405 to other methods than GET and HEAD.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all, err := files()
		if err != nil {
			http.Error(w, "the page cannot be read: "+err.Error(), http.StatusInternalServerError)
			return
		}
		f, ok := all[r.URL.Path]
		if !ok {
			http.Error(w, "not found; the page is at /, the key document at /.well-known/webhooks.json, the control API under /_rtkmock/", http.StatusNotFound)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "want GET", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Content-Type", mediaType(f.name))
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", f.tag)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.data))
	})
}
