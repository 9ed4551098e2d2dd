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
		return fmt.Sprintf("With --intercept auto, %s is answered here, and a hard-coded URL can stay", host)
	case i == nil && command:
		return fmt.Sprintf("With --intercept always, %s is answered here, and a hard-coded URL can stay", host)
	case i == nil:
		return `A hard-coded URL can stay where rtkmock starts the receiver (-- COMMAND), or with --intercept always where the receiver is started with what "rtkmock intercept env" prints`
	case i.Distrusted(host):
		return fmt.Sprintf("It connected to %s, which is answered here, and did not trust the certificate, so it has roots of its own: have it read SSL_CERT_FILE, or give it the key (--key-pem-env)", host)
	}
	switch {
	case i.Way == intercept.WayHosts:
		return fmt.Sprintf(`%s leads here for the command (--intercept, the way hosts), and nothing asked for it: a container or a machine of its own has to be led here by --intercept-listen 0.0.0.0:443 and "rtkmock intercept env --format compose"`, host)
	case i.Way == intercept.WayEnvironment && !command:
		return fmt.Sprintf(`%s is answered here (--intercept, the way environment), and no request came: was the receiver started with what "rtkmock intercept env" prints? If so, it ignores variables; as root on Linux, a receiver that rtkmock starts (-- COMMAND) is led here whatever it does`, host)
	case i.Way == intercept.WayEnvironment:
		return fmt.Sprintf("The environment leads requests for %s here (--intercept, the way environment), and none came: the receiver asked DNS, or connected past the proxy. As root on Linux there is a way that every client obeys", host)
	}
	return fmt.Sprintf("%s is answered at %s (--intercept-listen), and nothing came: is the name led there, and to port 443?", host, i.Settings().Listen)
}

// Distrusted reports whether a client did not trust the certificate of a host. It may
// be called on nil.
func (i *Interception) Distrusted(host string) bool {
	if i == nil {
		return false
	}
	return slices.ContainsFunc(i.Contacts(), func(c intercept.Contact) bool { return c.Host == host && c.Distrusted() })
}
