package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"sync"
	"time"
)

//go:embed static
var static embed.FS

// index is what is served at "/".
const index = "index.html"

// policy lets the page use its own files and speak to its own server, and
// nothing else: no other host, no inline script or style, no frame around it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// kind is the media type of a file. A machine's own table may have others.
func kind(name string) string {
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

// file is one file of the page, as it is answered.
type file struct {
	name, kind, tag string
	data            []byte
}

// files reads what is embedded, by path. It is done on the first request.
var files = sync.OnceValues(func() (map[string]file, error) {
	out := map[string]file{}
	err := fs.WalkDir(static, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := static.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		base := path.Base(name)
		f := file{base, kind(base), `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, data}
		if base == index {
			out["/"] = f
		} else {
			out["/page/"+base] = f
		}
		return nil
	})
	return out, err
})

// Handler serves the page at "/" and its parts under "/page/". Whatever else is
// asked for is answered 404, and other methods than GET and HEAD 405.
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
		h.Set("Content-Type", f.kind)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", f.tag)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.data))
	})
}
