package mocksender_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"testing/synctest"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
)

// testProxy answers plain requests itself and tunnels CONNECT to one address.
type testProxy struct {
	*httptest.Server
	tunnelTo string

	mu    sync.Mutex
	asked []string
}

func newTestProxy(t *testing.T, tunnelTo string) *testProxy {
	p := &testProxy{tunnelTo: tunnelTo}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *testProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.RequestURI+" "+r.Host+" "+r.Header.Get("Proxy-Authorization"))
	p.mu.Unlock()
	switch {
	case r.Method != http.MethodConnect:
		_, _ = io.WriteString(w, "through the proxy")
	case r.Host == "forbidden.example:443":
		w.WriteHeader(http.StatusForbidden)
	default:
		p.tunnel(w)
	}
}

func (p *testProxy) tunnel(w http.ResponseWriter) {
	far, err := net.Dial("tcp", p.tunnelTo)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connected\r\n\r\n")
	go func() { _, _ = io.Copy(far, near) }()
	_, _ = io.Copy(near, far)
}

func TestProxyCarriesPlainAndSecureTargets(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "secure target")
	}))
	defer secure.Close()
	proxy := newTestProxy(t, secure.Listener.Addr().String())
	at, err := url.Parse(proxy.URL)
	assert.NilError(t, err)
	at.User = url.UserPassword("me", "secret")

	var dialled []string
	s := sendertest.NewSender(t, mocksender.Options{Insecure: true, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled = append(dialled, addr)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}})
	defer s.Close() // before the proxy waits for its connections to end
	s.UseProxy(at)
	for range 2 {
		assert.Equal(t, string(sendertest.Send(t, s, "http://target.example/hook").Last().Outcome.Body), "through the proxy")
		assert.Equal(t, string(sendertest.Send(t, s, "https://target.example/hook").Last().Outcome.Body), "secure target")
	}
	refused := sendertest.Send(t, s, "https://forbidden.example/").Last().Outcome
	assert.Equal(t, refused.Class, mocksender.ClassOther)
	assert.Error(t, refused.Err, "the proxy "+at.Host+" answered 403 to CONNECT forbidden.example:443")
	assert.DeepEqual(t, dialled, []string{at.Host, at.Host, at.Host})
	const auth = "Basic bWU6c2VjcmV0"
	assert.DeepEqual(t, proxy.asked, []string{
		"POST http://target.example/hook target.example " + auth,
		"CONNECT target.example:443 target.example:443 " + auth,
		"POST http://target.example/hook target.example " + auth,
		"CONNECT forbidden.example:443 forbidden.example:443 " + auth,
	})
}

func TestUnusableProxies(t *testing.T) {
	s := sendertest.NewSender(t, mocksender.Options{})
	s.UseProxy(&url.URL{Scheme: "socks5", Host: "127.0.0.1:1"})
	_, err := s.Send(t.Context(), "http://target.example/", sendertest.SampleDelivery())
	assert.ErrorContains(t, err, `mocksender: the environment's proxy cannot be used`)

	gone := newTestProxy(t, "")
	at, err := url.Parse(gone.URL)
	assert.NilError(t, err)
	gone.Close()
	s = sendertest.NewSender(t, mocksender.Options{})
	s.UseProxy(at)
	o := sendertest.Send(t, s, "http://target.example/").Last().Outcome
	assert.Equal(t, o.Class, mocksender.ClassRefused)
	assert.Error(t, o.Err, "nothing listens at the proxy "+at.Host)
}

func TestProxyThatDoesNotTunnel(t *testing.T) {
	cases := []struct {
		name   string
		handle func(net.Conn)
		class  mocksender.Class
		msg    string
	}{
		{"hangs", sendertest.BlockUntilClosed, mocksender.ClassTimeout, "the proxy proxy:3128 did not answer within 3s"},
		{"cuts", say(""), mocksender.ClassReset, "the proxy proxy:3128 cut the connection without an answer"},
		{"floods", repeat("HTTP/1.1 200 OK\r\n", "x: y\r\n", 0), mocksender.ClassProtocol, "the response header of the proxy proxy:3128 exceeds 1048576 bytes"},
		{"goes on", say("HTTP/1.1 200 OK\r\n\r\nand more"), mocksender.ClassProtocol, "the proxy proxy:3128 sent more than its answer to CONNECT"},
		{"refuses", say("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), mocksender.ClassOther, "the proxy proxy:3128 answered 407 to CONNECT target:443"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				n.Target("proxy:3128", tc.handle)
				s := n.Sender(mocksender.Options{})
				s.UseProxy(&url.URL{Scheme: "http", Host: "proxy:3128"})
				o := sendertest.Send(t, s, "https://target/").Last().Outcome
				assert.Equal(t, o.Class, tc.class)
				assert.Error(t, o.Err, tc.msg)
			})
		})
	}
}

// A process reads the environment's proxy once, so the test is one process for
// each environment.
func TestEnvironmentsProxyIsUsedOnlyWhenAsked(t *testing.T) {
	const child = "MOCKSENDER_TEST_PROXY"
	if asked := os.Getenv(child); asked != "" {
		s := sendertest.NewSender(t, mocksender.Options{Proxy: asked == "true", Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == "target.example:80" {
				return nil, fmt.Errorf("dialled the target")
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}})
		sendertest.Send(t, s, "http://target.example/")
		return
	}
	for asked, want := range map[string]int{"true": 1, "false": 0} {
		proxy := newTestProxy(t, "")
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), child+"="+asked, "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
		out, err := cmd.CombinedOutput()
		assert.NilError(t, err, "%s", out)
		assert.Equal(t, len(proxy.asked), want, "asked: %s", asked)
	}
}
