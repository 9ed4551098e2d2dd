//go:build !linux

package process

import "net/netip"

// Listening returns nothing: this system does not say which program listens where.
func (p *Process) Listening() []netip.AddrPort { return nil }
