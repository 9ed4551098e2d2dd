package cli

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// trusting is a client that trusts the certificates in pem alone.
func trusting(t *testing.T, pem string) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	assert.Assert(t, roots.AppendCertsFromPEM([]byte(pem)))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestServeSpeaksHTTPSWithACertificateOfTheLocalAuthority(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := call(t, "key", "ca", "--state", dir)
	ca.exits(t, exit.OK)
	assert.Assert(t, is.Contains(ca.err, "NODE_EXTRA_CA_CERTS="+dir))
	s, ready := startServer(t, "serve", "--tls", "--state", dir)
	assert.Assert(t, strings.HasPrefix(ready.KeyURL, "https://127.0.0.1:"), ready.KeyURL)
	assert.Assert(t, strings.HasPrefix(ready.ControlURL, "https://"), ready.ControlURL)
	resp, err := trusting(t, ca.out).Get(ready.KeyURL)
	assert.NilError(t, err)
	resp.Body.Close()
	assert.Equal(t, resp.StatusCode, http.StatusOK)
	_, err = http.Get(ready.KeyURL)
	assert.ErrorContains(t, err, "certificate")
	assert.Assert(t, is.Contains(s.err.String(), "SSL_CERT_FILE="))
	assert.Equal(t, s.stop(), exit.OK)

	// The same files can be given by hand.
	s, ready = startServer(t, "serve", "--tls-cert", filepath.Join(dir, "rtkmock-ca.pem"), "--tls-key", filepath.Join(dir, "rtkmock-ca-key.pem"))
	assert.Assert(t, strings.HasPrefix(ready.KeyURL, "https://"), ready.KeyURL)
	assert.Equal(t, s.stop(), exit.OK)
}

func TestMistakesOfTLSAreOneLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	call(t, "key", "ca", "--state", dir).exits(t, exit.OK)
	cert, key, other := filepath.Join(dir, "rtkmock-ca.pem"), filepath.Join(dir, "rtkmock-ca-key.pem"), keyFile(t)
	broken := t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(broken, "rtkmock-ca-key.pem"), nil, 0o600))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--tls-cert", cert}, "--tls-cert: it goes with --tls-key"},
		{[]string{"--tls-key", key}, "--tls-key: it goes with --tls-cert"},
		{[]string{"--tls", "--tls-cert", cert, "--tls-key", key}, "want one of them"},
		{[]string{"--tls-cert", cert, "--tls-key", other}, "--tls-cert: " + cert + " with " + other + ": "},
		{[]string{"--tls-cert", "/nowhere", "--tls-key", key}, "--tls-cert: /nowhere: no such file or directory"},
		{[]string{"--tls", "--state", broken}, filepath.Join(broken, "rtkmock-ca.pem") + ": no such file or directory"},
	} {
		r := call(t, append([]string{"serve"}, c.args...)...)
		r.exits(t, exit.Usage)
		assert.Assert(t, is.Contains(r.err, c.want))
		assert.Equal(t, strings.Count(r.err, "\n"), 1, r.err)
	}
}
