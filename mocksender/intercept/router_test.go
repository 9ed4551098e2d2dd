package intercept

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// A request below realtime/kit carries a real token. However it is spelt, it
// stays here.
func TestPathsBelowRealtimeKitAreOurs(t *testing.T) {
	for _, c := range []struct {
		path string
		ours bool
	}{
		{"/client/v4/accounts/a/realtime/kit/app/webhooks", true},
		{"/client/v4/accounts/a/realtime/kit", true},
		{"/client/v4/accounts/a/realtime/kit/", true},
		{"/client/v4/accounts/a/Realtime/KIT/apps", true},
		{"/client/v4/accounts/a//realtime//kit/apps", true},
		{"/client/v4/accounts/a/realtime/./kit/apps", true},
		{"/client/v4/accounts/a/realtime/x/../kit/apps", true},
		{"/client/v4/accounts/a/realtime/kit/../../x", true},
		{"/client/v4/accounts/a/realtime%2fkit/apps", true},
		{"/client/v4/accounts/a/realtime%2Fk%69t/apps", true},
		{"/client/v4/accounts/a/realtime%252fkit/apps", true},
		{`/client/v4/accounts/a/realtime\kit/apps`, true},
		{"/client/v4/accounts/a/realtime%5Ckit/apps", true},
		{"/client/v4/accounts/a/realtime;v=1/kit;v=2/apps", true},
		{"/client/v4/zones", false},
		{"/client/v4/accounts/a/realtime", false},
		{"/client/v4/accounts/a/realtime/turn/kit", false},
		{"/client/v4/accounts/a/realtimekit/x", false},
		{"/client/v4/accounts/a/calls/apps", false},
		{"/client/v4/accounts/a/kit/realtime", false},
		{"/", false},
	} {
		u, err := url.ParseRequestURI(c.path)
		assert.NilError(t, err, c.path)
		assert.Equal(t, isOurs(u), c.ours, c.path)
	}
}

func FuzzIsOurs(f *testing.F) {
	f.Add("/client/v4/accounts/a/realtime/kit/app")
	f.Add("/client/v4/accounts/a/realtime%252f%252e/kit")
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.ParseRequestURI("/" + raw)
		if err != nil {
			return
		}
		// As a server may read it.
		read := strings.ToLower(path.Clean(u.Path))
		if strings.Contains(read+"/", "/realtime/kit/") {
			assert.Assert(t, isOurs(u), "%q would be forwarded", raw)
		}
	})
}

// exchange is all that a server sees of a request.
type exchange struct {
	Method, URI, Host string
	Header            http.Header
	Body              []byte
	Encoding          []string
	Length            int64
}

func TestOtherPathsAreForwardedByteByByte(t *testing.T) {
	var got exchange
	far := newStandIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = exchange{Method: r.Method, URI: r.RequestURI, Host: r.Host, Header: r.Header, Encoding: r.TransferEncoding, Length: r.ContentLength}
		got.Body, _ = io.ReadAll(r.Body)
		w.Header()["X-Twice"] = []string{"a", "b"}
		w.Header().Set("Content-Encoding", "gzip") // which is not so, and is left alone
		w.Header().Set("Trailer", "X-Sum")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte{0, 1, 2, 0xff})
		w.Header().Set("X-Sum", "7")
	}))
	i := begin(t, far.options())
	client := proxied(t, i)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	body := bytes.Repeat([]byte{0, '\r', '\n', 0xfe}, 50_000)
	for _, uri := range []string{
		"/client/v4/zones?name=a%20b&&x;y=%zz&empty=",
		"//client//v4/./zones/../user/",
		"/client/v4/accounts/a%2Fb/workers/%E2%9C%93?",
		"/",
	} {
		for _, chunked := range []bool{false, true} {
			u := &url.URL{Scheme: "https", Host: CloudflareHost, Opaque: "//" + CloudflareHost + uri}
			r := &http.Request{Method: "PATCH", URL: u, Host: CloudflareHost, Header: http.Header{
				"Authorization":   {"Bearer secret"},
				"User-Agent":      {""}, // none: nor is there an Accept-Encoding
				"X-Forwarded-For": {"192.0.2.1"},
				"X-Odd":           {"a", "b"},
			}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
			if chunked {
				r.ContentLength = -1
			}
			res, err := client.Do(r)
			assert.NilError(t, err)
			answer, err := io.ReadAll(res.Body)
			assert.NilError(t, err)
			res.Body.Close()
			assert.Equal(t, got.Method+" "+got.Host, "PATCH "+CloudflareHost)
			assert.Equal(t, strings.TrimPrefix(got.URI, "https://"+CloudflareHost), uri)
			assert.Assert(t, bytes.Equal(got.Body, body))
			got.Header.Del("Content-Length")
			assert.DeepEqual(t, got.Header, http.Header{
				"Authorization": {"Bearer secret"}, "X-Forwarded-For": {"192.0.2.1"}, "X-Odd": {"a", "b"},
			})
			assert.Equal(t, res.StatusCode, http.StatusTeapot)
			assert.DeepEqual(t, answer, []byte{0, 1, 2, 0xff})
			assert.DeepEqual(t, res.Header["X-Twice"], []string{"a", "b"})
			assert.Equal(t, res.Header.Get("Content-Encoding"), "gzip")
			assert.Equal(t, res.Trailer.Get("X-Sum"), "7")
			assert.Equal(t, chunked, got.Length < 0)
		}
	}
	assert.Equal(t, i.Contacts()[0].Forwarded, 8)
}

func TestRealtimeKitIsNeverForwarded(t *testing.T) {
	far := newStandIn(t, nil)
	i := begin(t, far.options())
	for _, uri := range []string{"/client/v4/accounts/a/realtime/kit/app", "/client/v4/accounts/a/REALTIME%2fkit/app"} {
		status, body := get(t, proxied(t, i), "https://"+CloudflareHost+uri)
		assert.Equal(t, status, http.StatusOK)
		assert.Assert(t, is.Contains(body, "answered "+CloudflareHost))
	}
	assert.Equal(t, len(far.requests()), 0)
	for _, host := range Hosts() {
		if host != CloudflareHost {
			_, body := get(t, proxied(t, i), "https://"+host+"/any/path")
			assert.Equal(t, body, "answered "+host+"/any/path")
		}
	}
}

// refused is what a client reads where something is not forwarded.
func refused(t *testing.T, body string) string {
	t.Helper()
	var answer struct {
		Success bool
		Errors  []struct{ Message string }
	}
	assert.NilError(t, json.Unmarshal([]byte(body), &answer), body)
	assert.Assert(t, !answer.Success && len(answer.Errors) == 1)
	return answer.Errors[0].Message
}

func TestOfflineNothingIsForwarded(t *testing.T) {
	far := newStandIn(t, nil)
	o := far.options()
	o.Offline = true
	i := begin(t, o)
	status, body := get(t, proxied(t, i), "https://"+CloudflareHost+"/client/v4/zones")
	assert.Equal(t, status, http.StatusBadGateway)
	assert.Equal(t, refused(t, body), "rtkmock: this path is not RealtimeKit's, and offline nothing is forwarded to api.cloudflare.com")
	status, _ = get(t, proxied(t, i), "https://"+CloudflareHost+"/client/v4/accounts/a/realtime/kit/x")
	assert.Equal(t, status, http.StatusOK)
	assert.Equal(t, len(far.requests()), 0)
	assert.DeepEqual(t, i.Contacts(), []Contact{{Host: CloudflareHost, Connections: 2, Answered: 1, Refused: 1}})
}

func TestARealHostThatIsNotThereIsNamedWithoutTheToken(t *testing.T) {
	i := begin(t, Options{})
	r, err := http.NewRequest("GET", "https://"+CloudflareHost+"/client/v4/zones?token=secret", nil)
	assert.NilError(t, err)
	r.Header.Set("Authorization", "Bearer secret")
	res, err := proxied(t, i).Do(r)
	assert.NilError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	assert.NilError(t, err)
	assert.Equal(t, res.StatusCode, http.StatusBadGateway)
	assert.Equal(t, refused(t, string(body)), "rtkmock: api.cloudflare.com could not be reached: this test goes to api.cloudflare.com:443")
}

func TestAConnectionToOneHostDoesNotReachAnother(t *testing.T) {
	rt := &router{hosts: Hosts(), handler: http.HandlerFunc(say), contacts: &contacts{}}
	for host, status := range map[string]int{
		"api.realtime.cloudflare.com": 200, "API.realtime.cloudflare.com.:443": 200,
		"www.example": 421, "": 421, "127.0.0.1": 421,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/x", nil)
		r.Host = host
		rt.ServeHTTP(w, r)
		assert.Equal(t, w.Code, status, host)
		if status == 421 {
			assert.Equal(t, refused(t, w.Body.String()), fmt.Sprintf("rtkmock: %q is not intercepted", canonical(host)))
		}
	}
}
