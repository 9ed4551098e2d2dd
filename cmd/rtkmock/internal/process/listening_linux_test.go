package process

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	"gotest.tools/v3/assert"
)

func TestAddressesOfTablesAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"0100007F:1F90": "127.0.0.1:8080", "00000000:0050": "0.0.0.0:80",
		"00000000000000000000000001000000:0BB8": "[::1]:3000", "0000000000000000FFFF00000100007F:0001": "127.0.0.1:1",
		"": "", "0100007F": "", "0100:1": "", "zz": "",
	} {
		at, ok := tableAddress(text)
		assert.Equal(t, ok, want != "", text)
		if ok {
			assert.Equal(t, at.String(), want)
		}
	}
}

// This process stands for a program.
func TestOnlyTheAddressesOfAProgramAreItsOwn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer ln.Close()
	at := netip.MustParseAddrPort(ln.Addr().String())
	self, err := os.FindProcess(os.Getpid())
	assert.NilError(t, err)
	p := &Process{cmd: command(t.Context(), []string{"x"}, nil, nil, 0)}
	p.cmd.Process = self
	assert.Assert(t, slices.Contains(p.Listening(), at))
	ln.Close()
	assert.Assert(t, !slices.Contains(p.Listening(), at))
}
