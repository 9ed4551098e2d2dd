package intercept

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// echo answers each connection with what it gets, in capitals, once the client
// has ended its stream.
func echo(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
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
				text, _ := io.ReadAll(conn)
				_, _ = io.WriteString(conn, strings.ToUpper(string(text)))
			}()
		}
	}()
	return ln.Addr().String()
}

// led connects with one address, whatever is asked for, and says for what.
func led(to string, asked *[]string) func(context.Context, string, string) (net.Conn, error) {
	var mu sync.Mutex
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		mu.Lock()
		*asked = append(*asked, addr)
		mu.Unlock()
		return new(net.Dialer).DialContext(ctx, network, to)
	}
}

func TestAllElseIsTunnelledUnread(t *testing.T) {
	var asked []string
	i := begin(t, Options{Dial: led(echo(t), &asked)})
	for _, target := range []string{"www.example:443", "www.example:8080", RealtimeHost + ":8443"} {
		conn, status := connect(t, i, target)
		assert.Equal(t, status, "HTTP/1.1 200 Connection established")
		fmt.Fprintf(conn, "not tls at all")
		assert.NilError(t, conn.(*readAhead).CloseWrite())
		text, err := io.ReadAll(conn)
		assert.NilError(t, err)
		assert.Equal(t, string(text), "NOT TLS AT ALL")
	}
	assert.DeepEqual(t, asked, []string{"www.example:443", "www.example:8080", RealtimeHost + ":8443"})
	assert.Equal(t, len(i.Contacts()), 0)
}

func TestWhatASenderSaysTooEarlyIsNotLost(t *testing.T) {
	var asked []string
	i := begin(t, Options{Dial: led(echo(t), &asked)})
	conn, err := net.Dial("tcp", i.settings.Proxy)
	assert.NilError(t, err)
	defer conn.Close()
	fmt.Fprintf(conn, "CONNECT www.example:443 HTTP/1.1\r\nHost: www.example:443\r\n\r\nearly")
	assert.NilError(t, conn.(*net.TCPConn).CloseWrite())
	text, err := io.ReadAll(conn)
	assert.NilError(t, err)
	assert.Equal(t, string(text), "HTTP/1.1 200 Connection established\r\n\r\nEARLY")
}

func TestRequestsWithoutTLSArePassedOn(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Host+r.RequestURI)
	}))
	defer plain.Close()
	var asked []string
	i := begin(t, Options{Dial: led(plain.Listener.Addr().String(), &asked)})
	client := proxied(t, i)
	status, body := get(t, client, "http://www.example/a?b")
	assert.Equal(t, status, http.StatusOK)
	assert.Equal(t, body, "www.example/a?b")
	assert.DeepEqual(t, asked, []string{"www.example:80"})
	status, body = get(t, client, "http://"+RealtimeHost+"/v2")
	assert.Equal(t, status, http.StatusBadGateway, "it would get to the real host, with its token")
	assert.Equal(t, refused(t, body), "rtkmock: api.realtime.cloudflare.com is answered over https alone")
	assert.Equal(t, len(asked), 1)
}

func TestTheProxyAnswersThisMachineAlone(t *testing.T) {
	i := begin(t, Options{})
	bound := netip.MustParseAddrPort(i.settings.Proxy)
	assert.Assert(t, bound.Addr().IsLoopback())
	for from, status := range map[string]int{
		"127.0.0.1:1": 400, "[::1]:1": 400, "[::ffff:127.0.0.1]:1": 400,
		"192.0.2.1:1": 403, "[2001:db8::1]:1": 403, "@": 403,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = from
		i.proxy.ServeHTTP(w, r)
		assert.Equal(t, w.Code, status, from)
	}
}

func TestTheProxyIsNoWebServer(t *testing.T) {
	i := begin(t, Options{})
	status, body := get(t, http.DefaultClient, "http://"+i.settings.Proxy+"/")
	assert.Equal(t, status, http.StatusBadRequest)
	assert.Assert(t, is.Contains(body, "no web server"))
	_, status2 := connect(t, i, "www.example:443")
	assert.Equal(t, status2, "HTTP/1.1 502 Bad Gateway", "this test lets nothing out")
}

// Some clients send a proxy the whole URL, and leave TLS to it.
func TestAClientMayLeaveTLSToTheProxy(t *testing.T) {
	i := begin(t, Options{})
	conn, err := net.Dial("tcp", i.settings.Proxy)
	assert.NilError(t, err)
	defer conn.Close()
	fmt.Fprintf(conn, "GET https://%s/x HTTP/1.1\r\nHost: %s\r\n\r\n", RealtimeHost, RealtimeHost)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	assert.NilError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	assert.NilError(t, err)
	assert.Equal(t, string(body), "answered "+RealtimeHost+"/x")
}

func TestAProxyThatWasThereIsChained(t *testing.T) {
	target := echo(t)
	var got []string
	before := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
		if strings.HasPrefix(r.Host, "denied.") {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		there, err := net.Dial("tcp", target)
		assert.Check(t, err)
		here, buffered, err := http.NewResponseController(w).Hijack()
		assert.Check(t, err)
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		var wg sync.WaitGroup
		wg.Go(func() { pipe(there, &readAhead{Conn: here, r: buffered.Reader}) })
		wg.Go(func() { pipe(here, there) })
		wg.Wait()
	}))
	defer before.Close()
	i := begin(t, Options{
		Environ: []string{"HTTPS_PROXY=http://user:pass@" + before.Listener.Addr().String(), "NO_PROXY=direct.example"},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == "direct.example:443" {
				addr = target
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	})
	for _, host := range []string{"www.example:443", "direct.example:443"} {
		conn, status := connect(t, i, host)
		assert.Equal(t, status, "HTTP/1.1 200 Connection established")
		fmt.Fprint(conn, "through")
		assert.NilError(t, conn.(*readAhead).CloseWrite())
		text, err := io.ReadAll(conn)
		assert.NilError(t, err)
		assert.Equal(t, string(text), "THROUGH", host)
	}
	assert.DeepEqual(t, got, []string{"CONNECT www.example:443 Basic " + base64.StdEncoding.EncodeToString([]byte("user:pass"))})
	conn, status := connect(t, i, "denied.example:443")
	assert.Equal(t, status, "HTTP/1.1 502 Bad Gateway")
	text := make([]byte, 200)
	n, err := conn.Read(text)
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(text[:n]), "it answered 403 Forbidden"))
	assert.Assert(t, !strings.Contains(string(text[:n]), "pass"), "no password")

	// What we answer ourselves goes through no other proxy.
	status3, _ := get(t, proxied(t, i), "https://"+RealtimeHost+"/")
	assert.Equal(t, status3, http.StatusOK)
	assert.Equal(t, len(got), 2)
}

// A SOCKS proxy gets the name, not an address: RFC 1928.
func TestASOCKSProxyIsChained(t *testing.T) {
	target := echo(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer ln.Close()
	asked := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		hello := make([]byte, 3)
		_, _ = io.ReadFull(in, hello)
		_, _ = conn.Write([]byte{5, 0})
		head := make([]byte, 5)
		_, _ = io.ReadFull(in, head)
		rest := make([]byte, int(head[4])+2)
		_, _ = io.ReadFull(in, rest)
		asked <- string(rest[:head[4]])
		_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		there, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		var wg sync.WaitGroup
		wg.Go(func() { pipe(there, &readAhead{Conn: conn, r: in}) })
		wg.Go(func() { pipe(conn, there) })
		wg.Wait()
	}()
	i := begin(t, Options{Environ: []string{"all_proxy=socks5h://" + ln.Addr().String()}, Dial: new(net.Dialer).DialContext})
	conn, status := connect(t, i, "www.example:443")
	assert.Equal(t, status, "HTTP/1.1 200 Connection established")
	fmt.Fprint(conn, "socks")
	assert.NilError(t, conn.(*readAhead).CloseWrite())
	text, err := io.ReadAll(conn)
	assert.NilError(t, err)
	assert.Equal(t, string(text), "SOCKS")
	assert.Equal(t, <-asked, "www.example")
}

func TestCloseEndsTunnels(t *testing.T) {
	var asked []string
	i, err := Start(t.Context(), Options{Handler: http.HandlerFunc(say), Dial: led(echo(t), &asked)})
	assert.NilError(t, err)
	conn, _ := connect(t, i, "www.example:443")
	assert.NilError(t, i.Close())
	_, err = conn.Read(make([]byte, 1))
	assert.Assert(t, err != nil)
	_, err = net.Dial("tcp", i.settings.Proxy)
	assert.Assert(t, err != nil)
}
