package interception

import (
	"fmt"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/intercept"
)

// Hint says why a receiver that refuses has not fetched its key here, as far as
// host names have to do with it, and what to do. command says that rtkmock starts
// it. i may be nil.
func (f Flags) Hint(i *Interception, command bool) string {
	const host = intercept.RealtimeHost
	switch {
	case i == nil && f.Mode == Never:
		return fmt.Sprintf("leave a hard-coded URL as it is, with --intercept auto: %s is answered here then", host)
	case i == nil && command:
		return fmt.Sprintf("leave a hard-coded URL as it is, with --intercept always: %s is answered here then", host)
	case i == nil:
		return `leave a hard-coded URL as it is: let rtkmock start the receiver (-- COMMAND), or give --intercept always, and start the receiver with what "rtkmock intercept env" prints`
	case i.Distrusted(host):
		return fmt.Sprintf("have its client trust the certificates in the file that SSL_CERT_FILE names (--intercept answers %s), or give it the key with --key-pem-env", host)
	case i.Way == intercept.WayHosts:
		return fmt.Sprintf(`if its key URL is hard-coded: %s leads here for the command (--intercept, the way hosts), and nothing asked for it. A container, a sandbox or a machine of its own is led here by --intercept-listen 0.0.0.0:443 and "rtkmock intercept env --format compose"`, host)
	case i.Way == intercept.WayEnvironment && !command:
		return fmt.Sprintf(`if its key URL is hard-coded: %s is answered here (--intercept, the way environment), and nothing asked for it. Start the receiver with what "rtkmock intercept env" prints. If it ignores that, let rtkmock start it (-- COMMAND), as root on Linux`, host)
	case i.Way == intercept.WayEnvironment:
		return fmt.Sprintf("if its key URL is hard-coded: variables lead to %s here (--intercept, the way environment), and nothing asked for it. The receiver asked DNS, or connected past the proxy. Every client obeys the way hosts. Here, %s", host, i.Why)
	}
	return fmt.Sprintf("if its key URL is hard-coded: %s is answered at %s (--intercept-listen), and nothing came. Lead the name there, and to port 443", host, i.Settings().Listen)
}

// Distrusted reports whether a client did not trust the certificate of a host. It may
// be called on nil.
func (i *Interception) Distrusted(host string) bool {
	if i == nil {
		return false
	}
	return slices.ContainsFunc(i.Contacts(), func(c intercept.Contact) bool { return c.Host == host && c.Distrusted() })
}
