package wellknown_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// The tests share two keys: making one takes a tenth of a second.
var (
	firstKey  = sync.OnceValues(rtk.GenerateKey)
	secondKey = sync.OnceValues(rtk.GenerateKey)
)

func newKeyring(t testing.TB) *rtk.Keyring {
	t.Helper()
	key, err := firstKey()
	assert.NilError(t, err)
	return rtk.NewKeyring(key)
}

// start serves s on loopback. The client makes a connection for each request
// and follows no redirect.
func start(t testing.TB, s *wellknown.Server) (client *http.Client, url string) {
	t.Helper()
	ts := httptest.NewServer(s)
	// Close would wait for requests that are held; nothing here shall be.
	t.Cleanup(func() {
		ts.CloseClientConnections()
		ts.Close()
	})
	return patient(&http.Transport{DisableKeepAlives: true}), ts.URL + rtk.KeyDocumentPath
}

func patient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func request(t testing.TB, ctx context.Context, method, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	assert.NilError(t, err)
	r.Header.Set("User-Agent", "receiver/1.0")
	return r
}

type reply struct {
	status int
	header http.Header
	body   string
}

func do(t testing.TB, client *http.Client, method, url string) reply {
	t.Helper()
	resp, err := client.Do(request(t, t.Context(), method, url))
	assert.NilError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	assert.NilError(t, err)
	return reply{resp.StatusCode, resp.Header, string(body)}
}

func setFault(t testing.TB, s *wellknown.Server, f wellknown.Fault) {
	t.Helper()
	assert.NilError(t, s.SetFault(f))
}

// publicKey returns data.publicKey of a key document.
func publicKey(t testing.TB, document string) string {
	t.Helper()
	var parsed struct {
		Success bool
		Data    struct{ PublicKey string }
	}
	assert.NilError(t, json.Unmarshal([]byte(document), &parsed))
	assert.Assert(t, parsed.Success)
	return parsed.Data.PublicKey
}

func TestServerServesTheKeyringsDocument(t *testing.T) {
	keys := newKeyring(t)
	client, url := start(t, wellknown.New(keys))
	want, err := keys.Document()
	assert.NilError(t, err)

	got := do(t, client, http.MethodGet, url)
	assert.Equal(t, got.status, http.StatusOK)
	assert.Equal(t, got.body, string(want))
	assert.Equal(t, got.header.Get("Content-Type"), "application/json")
	for _, name := range []string{"Cache-Control", "Etag", "Expires", "Last-Modified"} {
		assert.Equal(t, got.header.Get(name), "", "the guide says nothing of %s", name)
	}
}

func TestHeadHasTheHeaderAndNoBody(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	s.OversizeBytes = 1 << 40 // would take hours
	client, url := start(t, s)
	for _, fault := range []wellknown.Fault{wellknown.None, wellknown.Drip, wellknown.Oversize} {
		t.Run(fault.String(), func(t *testing.T) {
			setFault(t, s, fault)
			mark := s.Mark()
			got := do(t, client, http.MethodHead, url)
			assert.Equal(t, got.status, http.StatusOK)
			assert.Equal(t, got.header.Get("Content-Type"), "application/json")
			assert.Equal(t, got.body, "")
			assert.Equal(t, s.FetchesSince(mark), 1)
			assert.Equal(t, s.Since(mark)[0].Bytes, int64(0))
		})
	}
}

func TestOtherMethodsAreRefusedAndLoggedButNoFetch(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	client, url := start(t, s)
	methods := []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "BREW"}
	for _, method := range methods {
		got := do(t, client, method, url)
		assert.Equal(t, got.status, http.StatusMethodNotAllowed, method)
		assert.Equal(t, got.header.Get("Allow"), "GET, HEAD", method)
		assert.Assert(t, !strings.Contains(got.body, "PUBLIC KEY"), method)
	}
	assert.Equal(t, s.Fetches(), 0)
	log := s.Log()
	assert.Equal(t, len(log), len(methods))
	for i, fetch := range log {
		assert.Equal(t, fetch.Method, methods[i])
		assert.Equal(t, fetch.Status, http.StatusMethodNotAllowed)
	}
}

func TestRotationShowsInTheNextAnswer(t *testing.T) {
	keys := newKeyring(t)
	s := wellknown.New(keys)
	assert.Assert(t, s.Keys() == keys)
	client, url := start(t, s)
	before := publicKey(t, do(t, client, http.MethodGet, url).body)

	second, err := secondKey()
	assert.NilError(t, err)
	s.Keys().Rotate(second)

	after := publicKey(t, do(t, client, http.MethodGet, url).body)
	want, err := rtk.PublicPEM(&second.PublicKey)
	assert.NilError(t, err)
	assert.Equal(t, after, want)
	assert.Assert(t, before != after)
}

func TestServerWithoutAKeyAnswers500(t *testing.T) {
	s := wellknown.New(rtk.NewKeyring(nil))
	client, url := start(t, s)
	for _, fault := range []wellknown.Fault{wellknown.None, wellknown.Drip, wellknown.Oversize, wellknown.BadPEM} {
		setFault(t, s, fault)
		got := do(t, client, http.MethodGet, url)
		assert.Equal(t, got.status, http.StatusInternalServerError, fault.String())
	}
}

func TestServerIsSafeForConcurrentUse(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	s.LogLimit = 20
	first, err := firstKey()
	assert.NilError(t, err)
	second, err := secondKey()
	assert.NilError(t, err)

	const clients, each = 8, 50
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
				_, _, _ = s.Log(), s.Mark(), s.Fault()
			}
		})
	}
	wg.Go(func() {
		for range each {
			for _, f := range []wellknown.Fault{wellknown.Hang, wellknown.Drip, wellknown.HTML, wellknown.None} {
				assert.Check(t, s.SetFault(f))
			}
			s.Keys().Rotate(second)
			s.Keys().Rotate(first)
		}
	})
	wg.Wait()
	assert.Equal(t, s.Fetches(), clients*each)
	for _, fetch := range s.Log() {
		assert.Assert(t, !fetch.Pending)
	}
}
