package localca

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func open(t *testing.T, dir string) *CA {
	t.Helper()
	ca, err := Open(dir, time.Now())
	assert.NilError(t, err)
	return ca
}

func TestWhoTrustsTheAuthorityTrustsItsServers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	first := open(t, dir)
	ca := open(t, dir)
	assert.DeepEqual(t, ca.PEM, first.PEM)
	cert, err := ca.Issue(time.Now(), "127.0.0.1", "rtkmock.test")
	assert.NilError(t, err)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	server.StartTLS()
	defer server.Close()

	roots := x509.NewCertPool()
	assert.Assert(t, roots.AppendCertsFromPEM(first.PEM))
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	resp, err := trusting.Get(server.URL)
	assert.NilError(t, err)
	resp.Body.Close()
	wary := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool()}}}
	_, err = wary.Get(server.URL)
	assert.ErrorContains(t, err, "unknown authority")

	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	assert.NilError(t, err)
	assert.NilError(t, leaf.VerifyHostname("rtkmock.test"))
	assert.ErrorContains(t, leaf.VerifyHostname("example.com"), "rtkmock.test")
}

func TestTheAuthoritysKeyIsItsOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	info, err := os.Stat(filepath.Join(dir, KeyFile))
	assert.NilError(t, err)
	assert.Equal(t, info.Mode().Perm(), os.FileMode(0o600))
	entries, err := os.ReadDir(dir)
	assert.NilError(t, err)
	assert.Equal(t, len(entries), 2, "what was made on the way is left")
}

func TestAnAuthorityThatIsNoneIsRefused(t *testing.T) {
	dir := t.TempDir()
	ca := open(t, dir)
	_, err := Open(dir, time.Now().Add(20*365*24*time.Hour))
	assert.ErrorContains(t, err, "it ended on")
	assert.NilError(t, os.WriteFile(ca.Path, []byte("nothing"), 0o600))
	_, err = Open(dir, time.Now())
	assert.ErrorContains(t, err, ca.Path)
	_, err = Open(filepath.Join(ca.Path, "below"), time.Now())
	assert.ErrorContains(t, err, "not a directory")
}
