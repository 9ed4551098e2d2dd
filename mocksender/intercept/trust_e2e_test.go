//go:build e2e && linux

package intercept

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// verifiers are clients that judge a certificate: each ends with 0 if it accepts
// that the server at PORT is HOST, and trusts the authority in CA. refusals are
// what they say of a name outside of the constraints.
var verifiers = map[string]struct {
	args     []string
	refusals string
}{
	"node": {
		[]string{"node", "-e", `
const [host, port, ca] = process.argv.slice(1);
const socket = require('tls').connect({ host: '127.0.0.1', port, servername: require('net').isIP(host) ? '' : host,
  checkServerIdentity: (_, cert) => require('tls').checkServerIdentity(host, cert), ca: require('fs').readFileSync(ca) });
socket.on('secureConnect', () => process.exit(0)).on('error', (error) => { console.log(error.message); process.exit(1); });`},
		"permitted subtree violation|excluded subtree violation",
	},
	"python3": {
		[]string{"python3", "-c", `
import socket, ssl, sys
host, port, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
try:
    context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=host)
except ssl.SSLCertVerificationError as error:
    sys.exit(error.verify_message)`},
		"permitted subtree violation|excluded subtree violation",
	},
	"openssl": {
		[]string{"sh", "-c", `
case $0 in *.*.*.*[0-9]) check=-verify_ip;; *) check=-verify_hostname;; esac
openssl s_client -connect 127.0.0.1:$1 -servername "$0" $check "$0" -CAfile "$2" -no-CApath -verify_return_error </dev/null 2>&1`},
		"permitted subtree violation|excluded subtree violation",
	},
}

// serveLeaf answers TLS connections with a certificate, on a free port.
func serveLeaf(t *testing.T, leaf *tls.Certificate) string {
	t.Helper()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*leaf}})
	assert.NilError(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				_, _ = io.Copy(io.Discard, conn)
			}()
		}
	}()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}

// Somebody who got hold of the authority's key could do nothing with it beyond
// the names of the run: clients refuse what it signs. What they accept is tried
// as well, so that a refusal is one of the name.
func TestE2EClientsRefuseWhatTheAuthorityMayNotSign(t *testing.T) {
	a := testAuthority(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	assert.NilError(t, os.WriteFile(ca, a.pem(), 0o600))
	leaves := map[string]*x509.Certificate{}
	for host, template := range forbidden() {
		leaves[host] = template
	}
	for _, host := range Hosts() {
		leaves[host] = leafTemplate([]string{host}, time.Now())
	}
	for name, v := range verifiers {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				t.Skip(err)
			}
			for host, template := range leaves {
				leaf, err := a.sign(template)
				assert.NilError(t, err)
				args := append(append([]string(nil), v.args[1:]...), host, serveLeaf(t, leaf), ca)
				out, err := exec.CommandContext(t.Context(), v.args[0], args...).CombinedOutput()
				if _, bad := forbidden()[host]; !bad {
					assert.NilError(t, err, "%s: %s", host, out)
					continue
				}
				assert.Assert(t, err != nil, "%s is accepted", host)
				assert.Assert(t, is.Regexp(v.refusals, string(out)), host)
			}
		})
	}
}

func TestE2EOpenSSLSeesCriticalConstraints(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip(err)
	}
	a := testAuthority(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	assert.NilError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}), 0o600))
	out, err := exec.CommandContext(t.Context(), "openssl", "x509", "-in", ca, "-noout", "-ext", "nameConstraints,basicConstraints").CombinedOutput()
	assert.NilError(t, err)
	for _, want := range []string{
		"X509v3 Name Constraints: critical", "DNS:" + RealtimeHost, "IP:0.0.0.0/0.0.0.0", "IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0", "CA:TRUE, pathlen:0",
	} {
		assert.Assert(t, is.Contains(string(out), want))
	}
}
