package mocksender_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// certificate returns a self-signed certificate for 127.0.0.1, changed by
// change, and a pool that trusts it.
func certificate(t *testing.T, change func(*x509.Certificate)) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	assert.NilError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "test"},
		NotBefore:    time.Now().Add(-2 * time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:         true, BasicConstraintsValid: true,
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	assert.NilError(t, err)
	parsed, err := x509.ParseCertificate(der)
	assert.NilError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func serveTLS(t *testing.T, config *tls.Config, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestCertificatesAreVerified(t *testing.T) {
	cases := []struct {
		name, msg string // {addr} stands for the target
		change    func(*x509.Certificate)
		insecure  bool
		trusted   bool
	}{
		{"trusted", "", func(*x509.Certificate) {}, false, true},
		{"expired", "the certificate of {addr} has expired or is not valid yet",
			func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, false, true},
		{"other name", "the certificate of {addr} is not for the name 127.0.0.1",
			func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.test"} }, false, true},
		{"other use", "the certificate of {addr} does not verify: x509: certificate specifies an incompatible key usage",
			func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, false, true},
		{"unknown authority", "the certificate of {addr} is signed by an authority that is not trusted here",
			func(*x509.Certificate) {}, false, false},
		{"insecure takes any", "", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, true, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			cert, pool := certificate(t, tc.change)
			server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(http.ResponseWriter, *http.Request) {
				if tc.msg != "" {
					t.Error("the request was sent")
				}
			})
			o := mocksender.Options{Insecure: tc.insecure}
			if tc.trusted {
				o.RootCAs = pool
			}
			got := sendertest.Send(t, sendertest.NewSender(t, o), server.URL).Last().Outcome
			if tc.msg == "" {
				assert.NilError(t, got.Err)
				return
			}
			assert.Equal(t, got.Class, mocksender.ClassTLS)
			assert.Error(t, got.Err, strings.ReplaceAll(tc.msg, "{addr}", server.Listener.Addr().String()))
		})
	}
}

// closing sees whether it was closed.
type closing struct {
	net.Conn
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return c.Conn.Close()
}

func TestTLSWhereThereIsNone(t *testing.T) {
	cases := []struct {
		name, msg string
		handle    func(net.Conn)
	}{
		{"plain HTTP", "{addr} answers in plain HTTP, not in TLS: the URL should begin with http://", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1))
			_, _ = io.WriteString(c, "HTTP/1.0 400 Bad Request\r\n\r\n")
			sendertest.BlockUntilClosed(c)
		}},
		{"another protocol", "{addr} does not speak TLS", func(c net.Conn) {
			_, _ = io.WriteString(c, "220 mail.example ESMTP\r\n")
			sendertest.BlockUntilClosed(c)
		}},
		{"cut", "{addr} cut the connection during the TLS handshake", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 2000))
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			addr := sendertest.Loopback(t, tc.handle)
			var conn closing
			s := sendertest.NewSender(t, mocksender.Options{Dial: func(ctx context.Context, network, addr string) (c net.Conn, err error) {
				conn.Conn, err = new(net.Dialer).DialContext(ctx, network, addr)
				return &conn, err
			}})
			o := sendertest.Send(t, s, "https://"+addr).Last().Outcome
			assert.Assert(t, conn.closed)
			assert.Equal(t, o.Class, mocksender.ClassTLS)
			assert.Error(t, o.Err, strings.ReplaceAll(tc.msg, "{addr}", addr))
		})
	}
}

func TestTLSHandshakeIsBoundedByTheTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Target("target:443", sendertest.BlockUntilClosed)
		o := sendertest.Send(t, n.Sender(mocksender.Options{}), "https://target/").Last().Outcome
		assert.Equal(t, o.Class, mocksender.ClassTimeout)
		assert.Error(t, o.Err, "target:443 did not finish the TLS handshake within 3s")
	})
}

func TestTLSAlertsAreClassed(t *testing.T) {
	cases := []struct {
		name   string
		config *tls.Config
		msg    string
	}{
		{"no common protocol", &tls.Config{NextProtos: []string{"smtp"}}, "{addr} refused the TLS handshake: no application protocol"},
		{"client certificate", &tls.Config{ClientAuth: tls.RequireAnyClientCert}, "{addr} ended the TLS connection: certificate required"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			server := serveTLS(t, tc.config, http.NotFound)
			o := sendertest.Send(t, sendertest.NewSender(t, mocksender.Options{Insecure: true}), server.URL).Last().Outcome
			assert.Equal(t, o.Class, mocksender.ClassTLS)
			assert.Error(t, o.Err, strings.ReplaceAll(tc.msg, "{addr}", server.Listener.Addr().String()))
		})
	}
}

func TestOnlyHTTP1IsSpoken(t *testing.T) {
	server := serveTLS(t, &tls.Config{NextProtos: []string{"h2", "http/1.1"}}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	})
	o := sendertest.Send(t, sendertest.NewSender(t, mocksender.Options{Insecure: true}), server.URL).Last().Outcome
	assert.Equal(t, string(o.Body), "HTTP/1.1")
}

// tapped keeps what is read.
type tapped struct {
	net.Conn
	read bytes.Buffer
}

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Write(p[:n])
	return n, err
}

// A body that is cut ends with a close_notify, or the target could take it for
// an attack on the connection. TLS 1.2 shows the kinds of its records.
func TestCutBodyEndsTheTLSStreamInGoodOrder(t *testing.T) {
	cert, pool := certificate(t, func(*x509.Certificate) {})
	kinds := make(chan []byte, 1)
	addr := sendertest.Loopback(t, func(c net.Conn) {
		tap := &tapped{Conn: c}
		over := tls.Server(tap, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12})
		_, _ = io.Copy(io.Discard, over)
		_, _ = io.WriteString(over, sendertest.Status(400))
		var found []byte
		for records := tap.read.Bytes(); len(records) >= 5; {
			found = append(found, records[0])
			records = records[5+int(binary.BigEndian.Uint16(records[3:])):]
		}
		kinds <- found
	})
	s := sendertest.NewSender(t, mocksender.Options{RootCAs: pool})
	r := sendertest.Send(t, s, "https://"+addr, framed(mutation.Framing{CutAt: 5}))
	assert.Equal(t, r.Last().Outcome.Status, 400)
	const data, alert = 23, 21
	found := <-kinds
	assert.DeepEqual(t, found[len(found)-3:], []byte{data, data, alert})
}

func TestCertificateIsForTheNameInTheURL(t *testing.T) {
	cert, pool := certificate(t, func(c *x509.Certificate) { c.DNSNames = []string{"hooks.example"} })
	server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(http.ResponseWriter, *http.Request) {})
	s := sendertest.NewSender(t, mocksender.Options{RootCAs: pool, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}})
	assert.Equal(t, sendertest.Send(t, s, "https://hooks.example/").Fate, mocksender.Delivered)
	assert.Equal(t, sendertest.Send(t, s, "https://other.example/").Last().Outcome.Class, mocksender.ClassTLS)
}
