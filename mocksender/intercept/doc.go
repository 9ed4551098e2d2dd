// Package intercept answers the host names of RealtimeKit for a command that has
// them hard-coded. The command is not edited, nothing of the system changes, and
// nothing is left behind.
//
// Start makes a certificate authority for the run and serves the names with a
// handler of the caller. How the command gets there is a Way:
//
//   - WayHosts: the command sees an /etc/hosts of its own, in a mount namespace.
//     Every client obeys. It needs Linux, CAP_SYS_ADMIN and port 443.
//   - WayEnvironment: variables of the command name a proxy, certificates, and
//     files that Node and Python load first. It works everywhere, but a client
//     can ignore it.
//   - WayListener: the command runs in a container or on another machine, where
//     somebody maps the names to a listener.
//
// The authority's key stays in memory. Its certificate lives for a day and can
// vouch for the names of the run alone, and no system trusts it: only the
// command is told to.
//
// The front for the proxy's CONNECT is written here, over crypto/tls and
// net/http, and not a library such as elazarl/goproxy: README.md has the
// measurement.
package intercept
