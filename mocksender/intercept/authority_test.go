package intercept

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func testAuthority(t *testing.T) *authority {
	t.Helper()
	a, err := newAuthority(Hosts(), time.Now())
	assert.NilError(t, err)
	return a
}

// verify says how Go judges a leaf for a host.
func (a *authority) verify(leaf *tls.Certificate, host string) error {
	cert, err := x509.ParseCertificate(leaf.Certificate[0])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	_, err = cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: host})
	return err
}

func TestLeavesAreForTheNamesOfTheRunAlone(t *testing.T) {
	a := testAuthority(t)
	for _, host := range Hosts() {
		leaf, err := a.leaf(host, NoFault, time.Now())
		assert.NilError(t, err)
		assert.NilError(t, a.verify(leaf, host))
		assert.Assert(t, a.verify(leaf, "other.example") != nil)
		again, err := a.leaf(host, NoFault, time.Now())
		assert.NilError(t, err)
		assert.Assert(t, again == leaf, "it is made once")
	}
	all, err := a.leaf("", NoFault, time.Now())
	assert.NilError(t, err)
	for _, host := range Hosts() {
		assert.NilError(t, a.verify(all, host), "a client that names no host")
	}
	_, err = a.leaf("other.example", NoFault, time.Now())
	assert.Error(t, err, `intercept: "other.example" is not intercepted`)
}

// forbidden are leaves that nobody may accept, with the host that each is shown
// for. The authority's own key signs them.
func forbidden() map[string]*x509.Certificate {
	named := func(names ...string) *x509.Certificate { return leafTemplate(names, time.Now()) }
	addressed := named()
	addressed.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP("::1")}
	common := named()
	common.Subject = pkix.Name{CommonName: "common.example"}
	return map[string]*x509.Certificate{
		"www.example":        named("www.example"),
		"cloudflare.com":     named("cloudflare.com"),
		"www.cloudflare.com": named("*.cloudflare.com"),
		"notapi.dyte.io":     named("notapi.dyte.io"),
		"www.cloudflare.net": named(CloudflareHost, "www.cloudflare.net"), // beside a permitted one
		"127.0.0.1":          addressed,
		"common.example":     common,
	}
}

func TestTheAuthorityCannotVouchForOthers(t *testing.T) {
	a := testAuthority(t)
	for host, template := range forbidden() {
		leaf, err := a.sign(template)
		assert.NilError(t, err)
		assert.Assert(t, a.verify(leaf, host) != nil, host)
		if host != "common.example" { // Go reads no common names at all
			assert.Assert(t, is.ErrorContains(a.verify(leaf, ""), "a root or intermediate certificate is not authorized to sign"), host)
		}
	}
}

func TestTheAuthorityIsForServersOfOneDay(t *testing.T) {
	a := testAuthority(t)
	assert.Assert(t, a.cert.PermittedDNSDomainsCritical)
	assert.DeepEqual(t, a.cert.PermittedDNSDomains, Hosts())
	assert.Equal(t, len(a.cert.ExcludedIPRanges), 2)
	assert.Assert(t, time.Until(a.cert.NotAfter) <= 24*time.Hour)
	assert.Assert(t, a.cert.MaxPathLenZero && a.cert.MaxPathLen == 0)

	client := leafTemplate([]string{RealtimeHost}, time.Now())
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	leaf, err := a.sign(client)
	assert.NilError(t, err)
	cert, err := x509.ParseCertificate(leaf.Certificate[0])
	assert.NilError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	_, err = cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	assert.Assert(t, is.ErrorContains(err, "incompatible key usage"))
}
