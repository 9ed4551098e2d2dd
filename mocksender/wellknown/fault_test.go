package wellknown_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

const elsewhere = "http://attacker.test/key?x=1"

// Hang, Down, Drip and the faults of the connection have tests of their own.
func TestFaultsAnswerAsTheySay(t *testing.T) {
	genuine, err := newKeyring(t).PublicPEM()
	assert.NilError(t, err)
	tests := []struct {
		fault       wellknown.Fault
		status      int
		contentType string
		body        func(t *testing.T, body string)
		reason      string
	}{
		{wellknown.None, 200, "application/json", func(t *testing.T, body string) {
			assert.Equal(t, publicKey(t, body), genuine)
		}, "nothing is wrong"},
		{wellknown.Status500, 500, "text/plain; charset=utf-8", notJSON, "the service has failed"},
		{wellknown.HTML, 200, "text/html; charset=utf-8", func(t *testing.T, body string) {
			assert.Assert(t, strings.HasPrefix(body, "<!DOCTYPE html>"))
			notJSON(t, body)
		}, "a status of 200 promises nothing of the body"},
		{wellknown.EmptyData, 200, "application/json", exactly(`{"success":true,"data":{},"message":""}`), "no member publicKey"},
		{wellknown.EmptyKey, 200, "application/json", exactly(`{"success":true,"data":{"publicKey":""},"message":""}`), "the member is there, the key is not"},
		{
			wellknown.SuccessFalse, 200, "application/json",
			exactly(`{"success":false,"data":null,"message":"the public key is not available"}`), "the error is in the body alone",
		},
		{wellknown.BadPEM, 200, "application/json", func(t *testing.T, body string) {
			half := publicKey(t, body)
			block, rest := pem.Decode([]byte(half))
			assert.Assert(t, block != nil && len(rest) == 0, "the armour is sound: %s", half)
			_, err := x509.ParsePKIXPublicKey(block.Bytes)
			assert.Assert(t, err != nil, "what is inside is no key")
		}, "Base64 decoding succeeds, importing does not"},
		{wellknown.ECKey, 200, "application/json", func(t *testing.T, body string) {
			block, _ := pem.Decode([]byte(publicKey(t, body)))
			key, err := x509.ParsePKIXPublicKey(block.Bytes)
			assert.NilError(t, err)
			_, ok := key.(*ecdsa.PublicKey)
			assert.Assert(t, ok, "%T", key)
		}, "importing succeeds, as the wrong kind"},
		{wellknown.PEMEscaped, 200, "application/json", func(t *testing.T, body string) {
			key := publicKey(t, body)
			assert.Assert(t, !strings.Contains(key, "\n"))
			assert.Equal(t, strings.ReplaceAll(key, `\n`, "\n"), genuine)
		}, "the guide's sample removes literal \\n"},
		{wellknown.PEMCRLF, 200, "application/json", func(t *testing.T, body string) {
			key := publicKey(t, body)
			assert.Equal(t, strings.Count(key, "\r\n"), strings.Count(genuine, "\n"))
			assert.Equal(t, strings.ReplaceAll(key, "\r\n", "\n"), genuine)
		}, "the guide's sample removes all white space"},
		{wellknown.RedirectTo(elsewhere), 302, "text/html; charset=utf-8", notJSON, "whoever follows asks another host for the key"},
		{wellknown.Oversize, 200, "application/json", func(t *testing.T, body string) {
			assert.Equal(t, publicKey(t, body), genuine)
			assert.Assert(t, len(body) > 100_000)
		}, "a client without a bound finds the genuine key"},
	}
	s := wellknown.New(newKeyring(t))
	s.OversizeBytes = 100_000
	client, url := start(t, s)
	covered := map[wellknown.Fault]bool{wellknown.Hang: true, wellknown.Down: true, wellknown.Drip: true}
	for _, tt := range tests {
		covered[tt.fault.Kind()] = true
		t.Run(tt.fault.String(), func(t *testing.T) {
			setFault(t, s, tt.fault)
			assert.Equal(t, s.Fault(), tt.fault)
			mark := s.Mark()
			got := do(t, client, http.MethodGet, url)
			assert.Equal(t, got.status, tt.status, tt.reason)
			assert.Equal(t, got.header.Get("Content-Type"), tt.contentType, tt.reason)
			tt.body(t, got.body)
			if tt.fault.Kind() == wellknown.RedirectCrossHost {
				assert.Equal(t, got.header.Get("Location"), elsewhere)
			}
			if tt.fault == wellknown.Oversize {
				return // the log is written after the last byte
			}
			fetch := s.Since(mark)[0]
			assert.Equal(t, fetch.Fault, tt.fault)
			assert.Equal(t, fetch.Status, tt.status)
			assert.Equal(t, fetch.Bytes, int64(len(got.body)))
		})
	}
	for _, f := range wellknown.Faults() {
		assert.Assert(t, covered[f] || f.Connection(), "no test for %s", f)
	}
}

func notJSON(t *testing.T, body string) {
	t.Helper()
	assert.Assert(t, !json.Valid([]byte(body)), "%s", body)
	assert.Assert(t, !strings.Contains(body, "PUBLIC KEY"))
}

func exactly(want string) func(*testing.T, string) {
	return func(t *testing.T, body string) {
		t.Helper()
		assert.Equal(t, body, want)
	}
}

func TestEveryKeyUnderAFaultIsUselessAndUnderAVariantGenuine(t *testing.T) {
	genuine, err := newKeyring(t).PublicPEM()
	assert.NilError(t, err)
	s := wellknown.New(newKeyring(t))
	s.OversizeBytes, s.DripEvery = 1, time.Nanosecond
	client, url := start(t, s)
	for _, f := range wellknown.Faults() {
		if f.Connection() {
			continue
		}
		switch f.Kind() {
		case wellknown.Hang, wellknown.Down, wellknown.RedirectCrossHost:
			continue // no document
		}
		t.Run(f.String(), func(t *testing.T) {
			setFault(t, s, f)
			var parsed struct{ Data struct{ PublicKey string } }
			_ = json.Unmarshal([]byte(do(t, client, http.MethodGet, url).body), &parsed)
			asTheGuideCleans := strings.NewReplacer(`\n`, "\n", "\r\n", "\n").Replace(parsed.Data.PublicKey)
			assert.Equal(t, asTheGuideCleans == genuine, f.Variant())
			_, err := rtk.ParsePublicKey([]byte(asTheGuideCleans))
			assert.Equal(t, err == nil, f.Variant())
		})
	}
}

// Without TLS there is no better way to fail. Who has TLS is told, and tells.
func TestFaultsOfTheConnectionAreForWhoAcceptsIt(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	var told []wellknown.Fault
	s.OnFault = func(f wellknown.Fault) { told = append(told, f) }
	client, url := start(t, s)
	n := 0
	for _, f := range wellknown.Faults() {
		if !f.Connection() {
			continue
		}
		n++
		setFault(t, s, f)
		setFault(t, s, f) // nothing new
		_, err := client.Get(url)
		assert.Assert(t, errors.Is(err, syscall.ECONNRESET), "%s: %v", f, err)
		mark := s.Mark()
		s.Failed()
		assert.Equal(t, s.FetchesSince(mark), 1)
		assert.Equal(t, s.Since(mark)[0].Fault, f)
		assert.Equal(t, told[len(told)-1], f)
	}
	assert.Equal(t, len(told), n)
}

func TestDownResetsTheConnection(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	setFault(t, s, wellknown.Down)
	tests := []struct {
		name   string
		begin  func(*httptest.Server)
		want   error
		reason string
	}{
		{"plain", (*httptest.Server).Start, syscall.ECONNRESET, "a reset, as from a dead host behind a firewall"},
		{"TLS", (*httptest.Server).StartTLS, syscall.ECONNRESET, "TLS would close in good order"},
		{"HTTP/2", func(ts *httptest.Server) {
			ts.EnableHTTP2 = true
			ts.StartTLS()
		}, nil, "a stream cannot be taken over, only reset"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mark := s.Mark()
			ts := httptest.NewUnstartedServer(s)
			tt.begin(ts)
			defer ts.Close()
			resp, err := ts.Client().Do(request(t, t.Context(), http.MethodGet, ts.URL))
			if err == nil {
				resp.Body.Close()
				t.Fatalf("answered %s", resp.Status)
			}
			if tt.want != nil {
				assert.ErrorIs(t, err, tt.want, tt.reason)
			}
			fetch := s.Since(mark)[0]
			assert.Equal(t, fetch.Fault, wellknown.Down)
			assert.Equal(t, fetch.Status, 0)
		})
	}
}

func TestDownPanicsAsNetHTTPAsksWhereItCannotTakeTheConnection(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	setFault(t, s, wellknown.Down)
	defer func() {
		assert.Equal(t, recover(), http.ErrAbortHandler)
		assert.Assert(t, !s.Log()[0].Pending)
	}()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
}

// returning tells when the handler has returned, which is when the log is
// complete.
func returning(s http.Handler) (http.Handler, <-chan struct{}) {
	done := make(chan struct{}, 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r)
		done <- struct{}{}
	}), done
}

func TestOversizeEndsWhenTheClientLeaves(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	s.OversizeBytes = 1 << 50
	setFault(t, s, wellknown.Oversize)
	handler, done := returning(s)
	ts := httptest.NewServer(handler)
	defer ts.Close()

	resp, err := ts.Client().Do(request(t, t.Context(), http.MethodGet, ts.URL))
	assert.NilError(t, err)
	_, err = io.CopyN(io.Discard, resp.Body, 1<<20)
	assert.NilError(t, err)
	assert.NilError(t, resp.Body.Close())
	<-done
	fetch := s.Log()[0]
	assert.Equal(t, fetch.Status, http.StatusOK)
	assert.Assert(t, fetch.Bytes >= 1<<20, "the log tells how much was taken: %d", fetch.Bytes)
}

func TestOversizeEndsWhenTheClientDoesNotRead(t *testing.T) {
	s := wellknown.New(newKeyring(t))
	s.OversizeBytes, s.Limit = 1<<50, 50*time.Millisecond
	setFault(t, s, wellknown.Oversize)
	handler, done := returning(s)
	ts := httptest.NewServer(handler)
	defer ts.Close()

	resp, err := ts.Client().Do(request(t, t.Context(), http.MethodGet, ts.URL))
	assert.NilError(t, err)
	defer resp.Body.Close()
	<-done
}

func TestParseFaultReadsEveryName(t *testing.T) {
	for _, f := range append(wellknown.Faults(), wellknown.None) {
		if f == wellknown.RedirectCrossHost {
			f = wellknown.RedirectTo(elsewhere)
		}
		got, err := wellknown.ParseFault(f.String())
		assert.NilError(t, err)
		assert.Equal(t, got, f)
		assert.Assert(t, got.Doc() != "", "%s has no documentation", got)
		assert.NilError(t, wellknown.New(newKeyring(t)).SetFault(f))
	}
}

func TestNoFaultIsRefusedByNameAndList(t *testing.T) {
	tests := []struct{ name, reason string }{
		{"", "None is written none"},
		{"NONE", "names are exact"},
		{"status-501", "not in the list"},
		{"hang=5s", "only a redirect has an argument"},
		{"hang=", "only a redirect has an argument"},
		{"redirect-cross-host", "where to?"},
		{"redirect-cross-host=", "where to?"},
		{"redirect-cross-host=/other", "a path is the same host"},
		{"redirect-cross-host=//host/path", "no scheme"},
		{"redirect-cross-host=http:///key", "no host"},
		{"redirect-cross-host=file:///etc/passwd", "not HTTP"},
		{"redirect-cross-host=http://a b/", "not a URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := wellknown.ParseFault(tt.name)
			assert.ErrorIs(t, err, wellknown.ErrFault, tt.reason)
			assert.ErrorContains(t, err, "none, status-500, hang, ")
			assert.ErrorContains(t, err, "redirect-cross-host=URL")
			if tt.name == "" {
				return // the zero Fault is None
			}
			s := wellknown.New(newKeyring(t))
			setFault(t, s, wellknown.HTML)
			err = s.SetFault(wellknown.Fault(tt.name))
			assert.Assert(t, errors.Is(err, wellknown.ErrFault), tt.reason)
			assert.Equal(t, s.Fault(), wellknown.HTML, "a refused fault changes nothing")
		})
	}
}
