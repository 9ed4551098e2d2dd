package mocksender

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
)

// ErrNotAllowed is what an error of DialAllowed matches.
var ErrNotAllowed = http1.ErrNotAllowed

// AllowedByDefault reports whether host is likely to be the user's own: this
// machine or a private address. Names are looked up, for as long as ctx allows, and
// are allowed if all their addresses are. known is false if a name does not resolve.
// One without a dot, such as containers have, is allowed then: it may come up later.
//
// Link-local addresses are not allowed. Clouds serve the secrets of a machine there.
func AllowedByDefault(ctx context.Context, host string) (allowed, known bool) {
	host = strings.TrimSuffix(host, ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return isAllowedByDefault(addr), true
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true, true
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		dotless := !strings.Contains(host, ".")
		return dotless, dotless
	}
	for _, addr := range addrs {
		if !isAllowedByDefault(addr) {
			return false, true
		}
	}
	return true, true
}

// metadataAddress is private, and serves the secrets of a machine all the same.
var metadataAddress = netip.MustParseAddr("fd00:ec2::254")

func isAllowedByDefault(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return addr.IsLoopback() || addr.IsUnspecified() || addr.IsPrivate() && addr != metadataAddress
}

// DialAllowed opens connections as a net.Dialer does, and only to addresses that
// AllowedByDefault allows. It looks at the address that it connects to, so a name that
// leads elsewhere since it was checked leads nowhere. Its errors match ErrNotAllowed
// where that is the reason. It fits Options.Dial.
func DialAllowed(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Control: checkAddress}
	return d.DialContext(ctx, network, addr)
}

// checkAddress fits net.Dialer.Control: it is called before a connection begins.
func checkAddress(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !isAllowedByDefault(at.Addr()) {
		return notAllowed{at.Addr()}
	}
	return nil
}

type notAllowed struct{ addr netip.Addr }

func (e notAllowed) Error() string {
	return fmt.Sprintf("%s is neither this machine nor in a private network, and remote targets are not allowed", e.addr)
}

func (notAllowed) Is(target error) bool { return target == ErrNotAllowed }
