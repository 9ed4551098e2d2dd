package target

import (
	"fmt"
	"net"
	"os"
	"testing"

	"gotest.tools/v3/assert"
)

func TestPortForAProgramIsNoneThatTheSystemGivesToOthers(t *testing.T) {
	const ranges = "/proc/sys/net/ipv4/ip_local_port_range"
	text, err := os.ReadFile(ranges)
	if err != nil {
		t.Skip("only Linux says which ports it gives: ", err)
	}
	var from, to int
	_, err = fmt.Sscan(string(text), &from, &to)
	assert.NilError(t, err)
	if from < firstApart+portsApart {
		t.Skipf("this machine gives ports from %d on", from)
	}
	taken := map[int]bool{}
	for range 20 {
		ln, err := ListenApart(t.Context())
		assert.NilError(t, err)
		defer ln.Close()
		port := ln.Addr().(*net.TCPAddr).Port
		assert.Assert(t, port < from || port > to, "%d, of %d to %d", port, from, to)
		assert.Assert(t, !taken[port], "%d twice", port)
		taken[port] = true
	}
}
