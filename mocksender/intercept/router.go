package intercept

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// headerWait is how long the real host may take to begin its answer.
const headerWait = time.Minute

// router answers requests for the names that are intercepted.
type router struct {
	hosts    []string
	handler  http.Handler
	forward  http.Handler // to the real host; nil: refused
	refusal  string       // why
	contacts *contacts
}

// ServeHTTP hands a request to the handler, unless it is for another path of
// CloudflareHost.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := hostOf(r.Host)
	switch {
	case !slices.Contains(rt.hosts, host):
		// A client that has a connection to one host may try another one on it.
		refuse(w, http.StatusMisdirectedRequest, fmt.Sprintf("%.300q is not intercepted", host))
	case host != CloudflareHost || isOurs(r.URL):
		rt.contacts.count(host, func(c *Contact) { c.Answered++ })
		rt.handler.ServeHTTP(w, r)
	case rt.forward == nil:
		rt.contacts.count(host, func(c *Contact) { c.Refused++ })
		refuse(w, http.StatusBadGateway, rt.refusal)
	default:
		rt.contacts.count(host, func(c *Contact) { c.Forwarded++ })
		rt.forward.ServeHTTP(w, r)
	}
}

// isOurs reports whether the path of a request is below realtime/kit, however it
// is spelt: such a request must never reach the real service with a real token.
// What a server might only read so, is ours as well, and the handler answers 404.
func isOurs(u *url.URL) bool {
	text := strings.ToLower(u.EscapedPath())
	for range 4 { // escapes within escapes
		plain := strings.ReplaceAll(text, `\`, "/")
		if belowKit(plain) || belowKit(path.Clean(plain)) {
			return true
		}
		next, err := url.PathUnescape(text)
		if err != nil || next == text {
			break
		}
		text = next
	}
	return false
}

// belowKit reports whether a path has the elements realtime and kit, one after
// the other.
func belowKit(p string) bool {
	before := ""
	for element := range strings.SplitSeq(p, "/") {
		element, _, _ = strings.Cut(element, ";")
		if element == "" || element == "." {
			continue
		}
		if before == "realtime" && element == "kit" {
			return true
		}
		before = element
	}
	return false
}

// refuse answers in the form that clients of this API can read.
func refuse(w http.ResponseWriter, status int, text string) {
	body, _ := json.Marshal(map[string]any{
		"success": false, "result": nil, "messages": []string{},
		"errors": []any{map[string]any{"code": status, "message": "rtkmock: " + text}},
	})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// forwarder sends requests on as they came.
func forwarder(transport http.RoundTripper) http.Handler {
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			if r.Out.URL.Host == "" {
				r.Out.URL.Scheme, r.Out.URL.Host = "https", r.In.Host
			}
			r.Out.Host = r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery // also what cannot be parsed
			// A proxy takes these out; on the way to the real host there is none.
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if v, ok := r.In.Header[name]; ok {
					r.Out.Header[name] = v
				}
			}
		},
		FlushInterval: -1, // a stream comes as it is sent
		ErrorLog:      quiet(),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			refuse(w, http.StatusBadGateway, fmt.Sprintf("%.300s could not be reached: %v", hostOf(r.Host), err))
		},
	}
}
