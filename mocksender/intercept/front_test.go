package intercept

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestAFaultIsMetByTheNextRequestAndLifted(t *testing.T) {
	i := begin(t, Options{})
	client := proxied(t, i) // which keeps its connections
	url := "https://" + RealtimeHost + "/.well-known/webhooks.json"
	for fault, want := range map[Fault]string{
		TLSRefused:           "remote error: tls: internal error",
		CertificateExpired:   "certificate has expired",
		CertificateOtherName: "certificate is valid for other." + RealtimeHost,
	} {
		status, _ := get(t, client, url)
		assert.Equal(t, status, http.StatusOK)
		assert.NilError(t, i.SetFault(strings.ToUpper(RealtimeHost), fault))
		_, err := client.Get(url) // on a connection from before, or a new one
		assert.Assert(t, err != nil)
		client.CloseIdleConnections()
		_, err = client.Get(url)
		assert.Assert(t, is.ErrorContains(err, want))
		status, _ = get(t, client, "https://"+DyteHost+"/v2")
		assert.Equal(t, status, http.StatusOK, "the others are as they were")
		assert.NilError(t, i.SetFault(RealtimeHost, NoFault))
	}
	assert.Assert(t, errors.Is(i.SetFault("other.example", NoFault), ErrHost))
	assert.Assert(t, errors.Is(i.SetFault(DyteHost, "odd"), ErrFault))
}

func TestFaultsAreParsed(t *testing.T) {
	for _, f := range Faults() {
		got, err := ParseFault(string(f))
		assert.NilError(t, err)
		assert.Equal(t, got, f)
	}
	got, err := ParseFault("none")
	assert.NilError(t, err)
	assert.Equal(t, got, NoFault)
	_, err = ParseFault("odd")
	assert.Error(t, err, `intercept: unknown fault "odd", want one of none, tls-refused, certificate-expired, certificate-other-name, name-unknown`)
}

func TestClientsMaySpeakHTTP1Or2AndNameNoHost(t *testing.T) {
	i := begin(t, Options{})
	for _, c := range []struct {
		protocols []string
		server    string
		want      string
	}{
		{[]string{"h2", "http/1.1"}, RealtimeHost, "h2"},
		{[]string{"http/1.1"}, RealtimeHost, "http/1.1"},
		{nil, RealtimeHost, ""},
		{nil, "", ""},
	} {
		conn, status := connect(t, i, RealtimeHost+":443")
		assert.Equal(t, status, "HTTP/1.1 200 Connection established")
		config := &tls.Config{RootCAs: i.roots(), ServerName: c.server, NextProtos: c.protocols}
		if c.server == "" {
			config.InsecureSkipVerify = true // Go needs a name to verify; here it is looked at below
		}
		client := tls.Client(conn, config)
		assert.NilError(t, client.Handshake())
		assert.Equal(t, client.ConnectionState().NegotiatedProtocol, c.want)
		leaf := client.ConnectionState().PeerCertificates[0]
		_, err := leaf.Verify(x509.VerifyOptions{Roots: i.roots(), DNSName: RealtimeHost})
		assert.NilError(t, err)
	}
}

func TestAHostThatIsNotInterceptedGetsNoCertificate(t *testing.T) {
	i := begin(t, Options{})
	conn, _ := connect(t, i, RealtimeHost+":443")
	client := tls.Client(conn, &tls.Config{RootCAs: i.roots(), ServerName: "www.example"})
	assert.Assert(t, is.ErrorContains(client.Handshake(), "remote error"))
}

// The number is known once the server has seen the end of the connection.
func TestAConnectionWithoutARequestIsCounted(t *testing.T) {
	i := begin(t, Options{})
	unasked := func() (n int) {
		for _, c := range i.Contacts() {
			n += c.Unasked
		}
		return n
	}
	handshake := func(config *tls.Config, want string) {
		t.Helper()
		conn, _ := connect(t, i, RealtimeHost+":443")
		config.ServerName = RealtimeHost
		client := tls.Client(conn, config)
		if err := client.Handshake(); want != "" {
			assert.Assert(t, is.ErrorContains(err, want))
		}
		client.Close()
	}
	none := x509.NewCertPool()
	client := proxied(t, i)
	status, _ := get(t, client, "https://"+RealtimeHost+"/")
	assert.Equal(t, status, http.StatusOK)
	client.CloseIdleConnections()
	assert.NilError(t, i.SetFault(RealtimeHost, CertificateExpired))
	handshake(&tls.Config{RootCAs: i.roots()}, "expired") // that is the fault's doing
	assert.NilError(t, i.SetFault(RealtimeHost, NoFault))
	for n, config := range []*tls.Config{
		{RootCAs: none},
		{RootCAs: none, MaxVersion: tls.VersionTLS12},
		{InsecureSkipVerify: true}, // and verifies later, as Node does
		{InsecureSkipVerify: true, NextProtos: []string{"h2"}},
	} {
		want := "certificate signed by unknown authority"
		if config.InsecureSkipVerify {
			want = ""
		}
		handshake(config, want)
		for unasked() <= n {
			runtime.Gosched()
		}
		assert.Equal(t, unasked(), n+1)
	}
	all := i.Contacts()
	assert.Assert(t, len(all) == 1 && !all[0].Distrusted(), "a request came as well")
	assert.Assert(t, Contact{Connections: 1, Unasked: 1}.Distrusted())
}
