// Package localca is a certificate authority of one machine. It makes certificates
// for test servers: clients that trust its own certificate trust them. Its key is
// a secret: whoever has it can pose as any host to these clients.
package localca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
)

// Names of the files in the authority's folder.
const (
	CertFile = "rtkmock-ca.pem"
	KeyFile  = "rtkmock-ca-key.pem"
)

// How long certificates are good for. A server gets a fresh one at each start.
const (
	ownLife    = 10 * 365 * 24 * time.Hour
	serverLife = 30 * 24 * time.Hour
	// skew is how far clocks may be apart.
	skew = time.Hour
)

// CA is a certificate authority.
type CA struct {
	// Path is where its certificate is, PEM its bytes.
	Path string
	PEM  []byte
	cert *x509.Certificate
	key  crypto.Signer
}

// Open returns the authority in the folder dir. If there is none, it makes the
// folder and a fresh key that the owner alone can read. Errors name the file.
func Open(dir string, now time.Time) (*CA, error) {
	ca := &CA{Path: filepath.Join(dir, CertFile)}
	keyPath := filepath.Join(dir, KeyFile)
	if _, err := os.Stat(keyPath); errors.Is(err, fs.ErrNotExist) {
		if err := create(dir, now); err != nil {
			return nil, err
		}
	}
	var err error
	if ca.PEM, err = os.ReadFile(ca.Path); err != nil {
		return nil, err
	}
	keyPEM, err := os.ReadFile(keyPath)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(ca.PEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ca.Path, err)
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if ca.cert = pair.Leaf; !ok || !ca.cert.IsCA {
		return nil, fmt.Errorf("%s: it is no authority's certificate", ca.Path)
	}
	if now.After(ca.cert.NotAfter) {
		return nil, fmt.Errorf("%s: it ended on %s; remove it and %s to have another one made", ca.Path, ca.cert.NotAfter.Format(time.DateOnly), keyPath)
	}
	ca.key = signer
	return ca, nil
}

// create makes the files. The key comes last: it is what Open looks for.
func create(dir string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "rtkmock local CA, for tests only (" + host + ")", Organization: []string{"rtkmock"}},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(ownLife),
		IsCA:                  true,
		MaxPathLenZero:        true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if template.SerialNumber, err = serial(); err != nil {
		return err
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := write(filepath.Join(dir, CertFile), "CERTIFICATE", cert, 0o644); err != nil {
		return err
	}
	return write(filepath.Join(dir, KeyFile), "PRIVATE KEY", secret, 0o600)
}

// write puts a PEM file in its place, whole or not at all.
func write(path, kind string, der []byte, mode fs.FileMode) error {
	return files.Write(path, files.Options{Mode: mode, Chmod: true, Replace: true}, func(w io.Writer) error {
		return pem.Encode(w, &pem.Block{Type: kind, Bytes: der})
	})
}

func serial() (*big.Int, error) { return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) }

// Issue returns a fresh certificate for a server of the hosts: names or
// addresses.
func (ca *CA) Issue(now time.Time, hosts ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "rtkmock", Organization: []string{"rtkmock, for tests only"}},
		NotBefore:   now.Add(-skew),
		NotAfter:    now.Add(serverLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if host != "" {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	if template.SerialNumber, err = serial(); err != nil {
		return tls.Certificate{}, err
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{cert, ca.cert.Raw}, PrivateKey: key}, nil
}
