package intercept

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// largestFile bounds what is read of a file with certificates, in bytes. The
// roots of a system are some 200 KB.
const largestFile = 16 << 20

// systemBundles returns the files in which systems keep the certificates that
// they trust, the most common first: Debian and Alpine, Fedora, SUSE, older
// Fedora, macOS and BSD.
func systemBundles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/cert.pem",
		"/usr/local/share/certs/ca-root-nss.crt",
	}
}

// caVariables are the variables that name a file with trusted certificates. All
// but the first stand in the place of the system's own roots.
func caVariables() []string {
	return []string{
		"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
		"DENO_CERT", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO",
	}
}

// nixCA is another one, of which few have heard. It is overwritten where it is
// set, as it comes before SSL_CERT_FILE.
const nixCA = "NIX_SSL_CERT_FILE"

// bundle holds certificates, each once, in the order in which they came.
type bundle struct {
	pem   bytes.Buffer
	certs []*x509.Certificate
	seen  map[[sha256.Size]byte]bool
}

// trusted returns what a command trusts that has this environment: the roots of
// the system, and what variables name beside them. Notes say what could not be
// read.
func trusted(environ []string) (b *bundle, notes []string) {
	b = &bundle{seen: map[[sha256.Size]byte]bool{}}
	if err := b.addSystem(); err != nil {
		notes = append(notes, err.Error())
	}
	env := parseEnviron(environ)
	for _, name := range append(caVariables(), nixCA) {
		path := env.get(name)
		if path == "" || slices.Contains(systemBundles(), path) {
			continue
		}
		if err := b.addPath(path); err != nil {
			notes = append(notes, fmt.Sprintf("%s: %v: its certificates are left out", name, err))
		}
	}
	if err := b.addJavaStore(env.get("JAVA_TOOL_OPTIONS")); err != nil {
		notes = append(notes, fmt.Sprintf("JAVA_TOOL_OPTIONS: %v: its certificates are left out", err))
	}
	return b, notes
}

// addPath adds a file, or all files of a folder, as REQUESTS_CA_BUNDLE may name.
func (b *bundle) addPath(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return b.addFile(path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		_ = b.addFile(filepath.Join(path, e.Name())) // among them may be anything
	}
	return nil
}

// addJavaStore adds the trust store that Java's options name, if they do.
func (b *bundle) addJavaStore(options string) error {
	path, password := "", pkcs12.DefaultPassword
	for _, option := range strings.Fields(options) {
		if value, ok := strings.CutPrefix(option, "-Djavax.net.ssl.trustStore="); ok {
			path = value
		} else if value, ok := strings.CutPrefix(option, "-Djavax.net.ssl.trustStorePassword="); ok {
			password = value
		}
	}
	if path == "" {
		return nil
	}
	text, err := readFile(path)
	if err != nil {
		return err
	}
	certs, err := pkcs12.DecodeTrustStore(text, password)
	for _, cert := range certs {
		b.addDER(cert.Raw)
	}
	if err != nil {
		return &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return nil
}

// readFile reads a regular file: of a pipe nobody knows when it ends.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	return io.ReadAll(io.LimitReader(f, largestFile))
}

func (b *bundle) addFile(path string) error {
	text, err := readFile(path)
	if err != nil {
		return err
	}
	if b.addPEM(text) == 0 {
		return &fs.PathError{Op: "read", Path: path, Err: errors.New("there is no certificate in it")}
	}
	return nil
}

// addPEM adds the certificates in text, and returns how many there were.
func (b *bundle) addPEM(text []byte) (found int) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return found
		}
		if block.Type == "CERTIFICATE" {
			found++
			b.addDER(block.Bytes)
		}
	}
}

// addDER adds a certificate in the plainest form of PEM: workerd ends at
// anything else, such as a comment.
func (b *bundle) addDER(der []byte) {
	id := sha256.Sum256(der)
	if b.seen[id] {
		return
	}
	b.seen[id] = true
	_ = pem.Encode(&b.pem, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // a buffer takes all
	// Clients may read what Go does not.
	if cert, err := x509.ParseCertificate(der); err == nil {
		b.certs = append(b.certs, cert)
	}
}

// pool returns the certificates for a client of Go's.
func (b *bundle) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, cert := range b.certs {
		pool.AddCert(cert)
	}
	return pool
}
