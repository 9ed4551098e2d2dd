//go:build e2e

package checks_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// TestE2ENginxLimits judges receivers behind limit_req, which answers a bare 503 to what
// comes too fast.
func TestE2ENginxLimits(t *testing.T) {
	if _, err := exec.LookPath("nginx"); err != nil {
		t.Skip("nginx is not installed")
	}
	for _, tc := range []struct {
		receiver string
		limit    string
		want     []string // what reports a violation
	}{
		{"answers-202", "", nil},
		{"answers-202", "burst=5 nodelay", nil},
		{"accepts-empty-header", "", []string{"sig/empty-header", "sig/effect-before-verify"}},
		{"accepts-empty-header", "burst=5 nodelay", []string{"sig/empty-header", "sig/effect-before-verify"}},
		{"500-on-refusal", "burst=5 nodelay", []string{"sig/rejects-with-4xx"}},
	} {
		t.Run(strings.TrimSpace(tc.receiver+" "+tc.limit), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			receiver, err := receivers.Flawed(tc.receiver, receivers.Config{KeyURL: b.endpoints.KeyURL()})
			assert.NilError(t, err)
			t.Cleanup(receiver.Close)
			o := b.quick(limitWithNginx(t, serve(t, receiver), "rate=10r/s", tc.limit))
			o.Parallel = 1
			o.Target.Effects = effects.CounterFunc(receiver.Count)
			o.Checks = only(t, "ctl/valid-accepted", "sig/empty-header", "sig/effect-before-verify", "sig/rejects-with-4xx", "rsp/poison", "rsp/burst", "evt/lifecycle")
			report := run(t.Context(), t, o)
			explain(t, report)
			assert.DeepEqual(t, judged(report, conformance.Fail, conformance.Warn, conformance.Note, conformance.Inconclusive), tc.want)
		})
	}
}

// limitWithNginx puts nginx with limit_req in front of a server and returns its URL.
func limitWithNginx(t *testing.T, url, rate, limit string) string {
	t.Helper()
	dir := t.TempDir()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	addr := ln.Addr().String()
	assert.NilError(t, ln.Close())
	config := fmt.Sprintf(`daemon off;
master_process off;
pid %[1]s/pid;
error_log stderr error;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  limit_req_zone $server_name zone=all:1m %[2]s;
  server {
    listen %[3]s;
    limit_req zone=all %[4]s;
    location / { proxy_pass %[5]s; }
  }
}
`, dir, rate, addr, limit, url)
	path := filepath.Join(dir, "nginx.conf")
	assert.NilError(t, os.WriteFile(path, []byte(config), 0o600))
	cmd := exec.CommandContext(t.Context(), "nginx", "-e", "stderr", "-p", dir, "-c", path)
	cmd.Stderr = t.Output()
	assert.NilError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	began := time.Now()
	for {
		answer, err := http.Head("http://" + addr)
		if err == nil {
			_ = answer.Body.Close()
			return "http://" + addr
		}
		assert.Assert(t, time.Since(began) < 10*time.Second, "nginx does not start: %v", err)
	}
}
