//go:build e2e && linux

package intercept

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// isolate moves this goroutine, and the programs that it starts, to a network
// and to mounts of their own. Nothing gets out of there.
func isolate(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // without unlocking: the thread ends with the test
	if err := syscall.Unshare(syscall.CLONE_NEWNET | syscall.CLONE_NEWNS); err != nil {
		t.Skipf("a network of its own: %v", err)
	}
	assert.NilError(t, syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
	command(t, "ip", "link", "set", "lo", "up")
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(err)
	}
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	assert.NilError(t, err, "%s", out)
}

// farHost plays the real CloudflareHost, in the network of its test.
type farHost struct {
	company string // the file with its authority's certificate
	mu      sync.Mutex
	got     []exchange
}

func newFarHost(t *testing.T) *farHost {
	far := &farHost{company: filepath.Join(t.TempDir(), "company.pem")}
	ca := testAuthority(t)
	assert.NilError(t, os.WriteFile(far.company, ca.pem(), 0o600))
	leaf, err := ca.leaf(CloudflareHost, NoFault, time.Now())
	assert.NilError(t, err)
	hosts := filepath.Join(t.TempDir(), "hosts")
	assert.NilError(t, os.WriteFile(hosts, []byte("127.0.0.1 localhost\n127.9.9.9 "+CloudflareHost+"\n"), 0o644))
	assert.NilError(t, syscall.Mount(hosts, hostsPath, "", syscall.MS_BIND, ""))
	ln, err := net.Listen("tcp", "127.9.9.9:443") // made here: it belongs to this network
	assert.NilError(t, err)
	server := newServer(far)
	t.Cleanup(func() { server.Close() })
	go func() {
		_ = server.Serve(tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{*leaf}}))
	}()
	return far
}

func (f *farHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := exchange{Method: r.Method, URI: r.RequestURI, Host: r.Host, Header: r.Header, Encoding: r.TransferEncoding, Length: r.ContentLength}
	e.Body, _ = io.ReadAll(r.Body)
	f.mu.Lock()
	f.got = append(f.got, e)
	f.mu.Unlock()
	w.Header().Set("X-Far", "yes")
	_, _ = w.Write([]byte("the real host\n"))
}

// take returns what has come since the last call.
func (f *farHost) take() []exchange {
	f.mu.Lock()
	defer f.mu.Unlock()
	got := f.got
	f.got = nil
	return got
}

// run runs the runner and returns what was printed on either output.
func (f *farHost) run(t *testing.T, runner string, args ...string) (out, errs string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), runner, args...)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+f.company)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	assert.NilError(t, cmd.Run(), "%s", &e)
	return o.String(), e.String()
}

// The real service is played by a server in the network of this test. What it
// gets through rtkmock is what it gets without.
func TestE2EOtherPathsGetToTheRealHostAsTheyAre(t *testing.T) {
	runner := buildRunner(t)
	isolate(t)
	far := newFarHost(t)
	body := filepath.Join(t.TempDir(), "body")
	assert.NilError(t, os.WriteFile(body, bytes.Repeat([]byte{0, 0xff, '\r', '\n'}, 100_000), 0o600))
	const base = "https://" + CloudflareHost + "/client/v4/"
	curl := []string{
		"curl", "-sS", "--http1.1", "--path-as-is", "-X", "PUT", "-H", "Authorization: Bearer secret-token", "-H", "X-Odd: ä, b",
		"--data-binary", "@" + body, base + "accounts/a%2Fb//workers/../x?q=%zz&&;a=b",
	}
	direct := exec.CommandContext(t.Context(), curl[0], append([]string{"--cacert", far.company}, curl[1:]...)...)
	out, err := direct.CombinedOutput()
	assert.NilError(t, err, "%s", out)
	want := far.take()
	assert.Equal(t, len(want), 1)
	for _, way := range []Way{WayEnvironment, WayHosts} {
		t.Log(way)
		out, errs := far.run(t, runner, append([]string{"-way", string(way), "--"}, curl...)...)
		assert.Equal(t, out, "the real host\n")
		assert.DeepEqual(t, far.take(), want)
		assert.Assert(t, !strings.Contains(errs, "secret-token"), errs)

		out, _ = far.run(t, runner, "-way", string(way), "-say", "ours", "--", "curl", "-sS", "-H", "Authorization: Bearer secret-token",
			base+"accounts/a/realtime/kit/app/webhooks")
		assert.Equal(t, out, "ours "+CloudflareHost+" /client/v4/accounts/a/realtime/kit/app/webhooks\n")
		assert.Equal(t, len(far.take()), 0, "it never leaves this machine")

		out, _ = far.run(t, runner, "-way", string(way), "-offline", "--", "curl", "-sS", base+"zones")
		assert.Assert(t, is.Contains(out, "offline nothing is forwarded"))
		assert.Equal(t, len(far.take()), 0)
	}
}

// held is a runner that stays, with the variables that it printed.
type held struct {
	env map[string]string
	end func()
}

func hold(t *testing.T, runner string, environ []string, args ...string) held {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), runner, append(args, "-hold", "-print", "github")...)
	cmd.Env = append(os.Environ(), environ...)
	in, err := cmd.StdinPipe()
	assert.NilError(t, err)
	out, err := cmd.StdoutPipe()
	assert.NilError(t, err)
	cmd.Stderr = t.Output()
	assert.NilError(t, cmd.Start())
	h := held{env: map[string]string{}, end: func() { in.Close(); _ = cmd.Wait() }}
	t.Cleanup(h.end)
	text := make([]byte, 64<<10) // in one piece
	n, err := out.Read(text)
	assert.NilError(t, err)
	for line := range strings.Lines(string(text[:n])) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		h.env[name] = value
	}
	return h
}

func TestE2EOnlyTheListenerIsSeenFromOutsideAndItNeverForwards(t *testing.T) {
	runner := buildRunner(t)
	isolate(t)
	far := newFarHost(t)
	command(t, "ip", "address", "add", "192.0.2.7/32", "dev", "lo") // another machine's view of this one
	dir := t.TempDir()
	h := hold(t, runner, []string{"SSL_CERT_FILE=" + far.company}, "-way", "environment", "-listen", "192.0.2.7:443", "-dir", dir, "-say", "ours")

	curl := func(url string) string {
		out, err := exec.CommandContext(t.Context(), "curl", "-sS", "--noproxy", "*", "--cacert", filepath.Join(dir, bundleFile),
			"--resolve", CloudflareHost+":443:192.0.2.7", url).CombinedOutput()
		assert.NilError(t, err, "%s", out)
		return string(out)
	}
	assert.Assert(t, is.Contains(curl("https://"+CloudflareHost+"/client/v4/accounts/a/realtime/kit/x"), "ours"))
	assert.Assert(t, is.Contains(curl("https://"+CloudflareHost+"/client/v4/zones"), "for other machines nothing is forwarded"))
	assert.Equal(t, len(far.take()), 0)

	proxy := strings.TrimPrefix(h.env["HTTPS_PROXY"], "http://")
	conn, err := net.Dial("tcp", proxy)
	assert.NilError(t, err)
	conn.Close()
	_, port, err := net.SplitHostPort(proxy)
	assert.NilError(t, err)
	_, err = net.DialTimeout("tcp", "192.0.2.7:"+port, 5*time.Second)
	assert.Assert(t, is.ErrorContains(err, "connection refused"))
}

func TestE2EWhatTheHostsWayLacksIsSaid(t *testing.T) {
	runner := buildRunner(t)
	isolate(t)
	run := func(credential *syscall.Credential, check, want string) {
		t.Helper()
		for want, args := range map[string][]string{check: {"-way", "check"}, want: {"-way", "hosts", "--", "true"}} {
			cmd := exec.CommandContext(t.Context(), runner, args...)
			cmd.Dir = "/"
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
			out, err := cmd.CombinedOutput()
			assert.Assert(t, err != nil)
			assert.Assert(t, is.Contains(string(out), want))
			assert.Equal(t, strings.Count(string(out), "\n"), 1, "one line: %s", out)
		}
	}
	if os.Getuid() == 0 {
		for dir := filepath.Dir(runner); dir != "/tmp" && dir != "/"; dir = filepath.Dir(dir) {
			assert.NilError(t, os.Chmod(dir, 0o755)) // for the other user
		}
		nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
		const denied = "no private namespaces: this machine denies them to this user"
		run(nobody, denied, `runner: intercept: port 443 is denied to this user. Run as root, or use the way "environment"`)
		// In this network anybody may have the port.
		assert.NilError(t, os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("443"), 0o600))
		run(nobody, denied+" (operation not permitted). Run as root on Linux", denied)
	}
	ln, err := net.Listen("tcp", "0.0.0.0:443")
	assert.NilError(t, err)
	defer ln.Close()
	const taken = "runner: intercept: port 443 is taken: a server listens on it on all addresses of this machine. End it"
	run(nil, taken, taken+`, or use the way "environment"`)
}

// The command does not trust the authority, as a static binary with roots of its
// own does not: that it came shows all the same.
func TestE2EAClientWithRootsOfItsOwnIsSeen(t *testing.T) {
	runner := buildRunner(t)
	out, err := exec.CommandContext(t.Context(), runner, "-way", "environment", "--",
		"curl", "-sS", "--cacert", existing(systemBundles())[0], hardCoded).CombinedOutput()
	assert.Assert(t, err != nil)
	assert.Assert(t, is.Contains(string(out), RealtimeHost+": 1 connections, 0 answered"), fmt.Sprint(string(out)))
}
