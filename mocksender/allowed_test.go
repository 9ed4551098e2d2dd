package mocksender

import (
	"errors"
	"net"
	"testing"

	"gotest.tools/v3/assert"
)

// What is looked at here is decided before a connection begins. Nothing is sent.
func TestAddressesAreLookedAtBeforeTheyAreConnectedTo(t *testing.T) {
	t.Parallel()
	for host, allowed := range map[string]bool{
		"127.0.0.1":              true,
		"::1":                    true,
		"0.0.0.0":                true,
		"10.1.2.3":               true,
		"::ffff:10.1.2.3":        true,
		"fd00::1":                true,
		"203.0.113.9":            false,
		"2001:db8::1":            false,
		"172.32.0.1":             false,
		"169.254.169.254":        false, // the metadata of a cloud's machine
		"169.254.1.2":            false, // what some containers call their host
		"::ffff:169.254.169.254": false,
		"fe80::1":                false,
		"fe80::1%lo":             false,
		"fd00:ec2::254":          false,
		"fd00:ec2::254%lo":       false,
	} {
		byName, known := AllowedByDefault(t.Context(), host)
		assert.Check(t, byName == allowed && known, host)
		err := checkAddress("tcp", net.JoinHostPort(host, "80"), nil)
		assert.Check(t, errors.Is(err, ErrNotAllowed) == !allowed, "%s: %v", host, err)
	}
}
