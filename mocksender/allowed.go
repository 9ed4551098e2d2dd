package mocksender

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// AllowedByDefault reports whether host is likely to be the user's own: this
// machine, a private address, or a name without a dot, such as containers have.
// Other names are looked up, for as long as ctx allows, and are allowed if all
// their addresses are. known is false if a name does not resolve.
func AllowedByDefault(ctx context.Context, host string) (allowed, known bool) {
	host = strings.TrimSuffix(host, ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return isAllowedByDefault(addr), true
	}
	if !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") {
		return true, true
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return false, false
	}
	for _, addr := range addrs {
		if !isAllowedByDefault(addr) {
			return false, true
		}
	}
	return true, true
}

func isAllowedByDefault(addr netip.Addr) bool {
	addr = addr.Unmap()
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsUnspecified()
}
