package target

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
)

func TestNothingIsSentToAStrangerUnasked(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"127.0.0.1":       "",
		"::1":             "",
		"::ffff:10.1.2.3": "",
		"10.1.2.3":        "",
		"172.31.0.1":      "",
		"192.168.1.1":     "",
		"169.254.1.1":     "is neither this machine nor in a private network; want --allow-remote",
		"fd00::1":         "",
		"fe80::1%25eth0":  "is neither this machine nor in a private network; want --allow-remote",
		"fd00:ec2::254":   "is neither this machine nor in a private network; want --allow-remote",
		"0.0.0.0":         "",
		"localhost":       "",
		"localhost.":      "",
		"app.localhost":   "",
		"203.0.113.9":     "is neither this machine nor in a private network",
		"172.32.0.1":      "is neither this machine nor in a private network",
		"2001:db8::1":     "is neither this machine nor in a private network",
	} {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		u, err := url.Parse("http://" + host + ":3000/")
		assert.NilError(t, err)
		err = Guard(t.Context(), "test", u, false)
		if want == "" {
			assert.NilError(t, err, host)
		} else {
			assert.ErrorContains(t, err, want, host)
		}
		assert.NilError(t, Guard(t.Context(), "test", u, true), host)
	}
	// Look-ups that cannot succeed, and do not leave the machine.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, Guard(ctx, "test", &url.URL{Host: "nosuch.invalid"}, false), exit.ErrInterrupted)
	assert.NilError(t, Guard(ctx, "test", &url.URL{Host: "receiver:3000"}, false), "a container that is not there yet")
}
