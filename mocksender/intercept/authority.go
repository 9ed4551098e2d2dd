package intercept

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"slices"
	"sync"
	"time"
)

const (
	// life is how long all certificates of a run are good for.
	life = 24 * time.Hour
	// skew is how far clocks may be apart.
	skew = time.Hour
)

// authority is the certificate authority of a run. Its key never leaves it.
type authority struct {
	hosts []string
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey

	mu     sync.Mutex
	leaves map[leafID]*tls.Certificate
}

// leafID is what a leaf is issued for: a host, or "" for all of them, and what is
// wrong with it.
type leafID struct {
	host  string
	fault Fault
}

// newAuthority makes an authority that can vouch for hosts, for names below
// them, and for nothing else: RFC 5280 §4.2.1.10 has no form for a name without
// those below it. The constraints are critical, so who does not know them
// refuses the certificate.
func newAuthority(hosts []string, now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:                serial(),
		Subject:                     pkix.Name{CommonName: "rtkmock interception, for one run of tests", Organization: []string{"rtkmock"}},
		NotBefore:                   now.Add(-skew),
		NotAfter:                    now.Add(life),
		IsCA:                        true,
		MaxPathLenZero:              true,
		BasicConstraintsValid:       true,
		KeyUsage:                    x509.KeyUsageCertSign,
		ExtKeyUsage:                 []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         hosts,
		ExcludedIPRanges: []*net.IPNet{
			{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
			{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
		},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	return &authority{hosts: hosts, cert: cert, key: key, leaves: map[leafID]*tls.Certificate{}}, nil
}

// pem is the authority's certificate.
func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// leaf returns the certificate for a host, with whatever fault has wrong with
// it. A client that names no host gets one for all of them.
func (a *authority) leaf(host string, fault Fault, now time.Time) (*tls.Certificate, error) {
	if host != "" && !slices.Contains(a.hosts, host) {
		return nil, fmt.Errorf("intercept: %q is not intercepted", host)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id := leafID{host, fault}
	if leaf := a.leaves[id]; leaf != nil {
		return leaf, nil
	}
	names := []string{host}
	if host == "" {
		names = a.hosts
	}
	if fault == CertificateOtherName {
		names = []string{"other." + names[0]} // within the constraints: the name alone is wrong
	}
	template := leafTemplate(names, now)
	if fault == CertificateExpired {
		template.NotAfter = now.Add(-time.Minute)
	}
	leaf, err := a.sign(template)
	if err == nil {
		a.leaves[id] = leaf
	}
	return leaf, err
}

func leafTemplate(names []string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{Organization: []string{"rtkmock, for tests only"}},
		NotBefore:    now.Add(-skew),
		NotAfter:     now.Add(life),
		DNSNames:     names,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// sign signs whatever it is given, with a fresh key.
func (a *authority) sign(template *x509.Certificate) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// serial is a number that no other certificate has.
func serial() *big.Int {
	bytes := make([]byte, 16)
	_, _ = rand.Read(bytes) // never fails
	bytes[0] &= 0x7f
	return new(big.Int).SetBytes(bytes)
}
