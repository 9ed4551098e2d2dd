package intercept

import (
	"net"
	"slices"
	"strings"
)

// proxyVariables are the variables that name a proxy.
func proxyVariables() []string {
	return []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"}
}

// loopbackHosts are what no proxy is asked for.
func loopbackHosts() []string { return []string{"localhost", "127.0.0.1", "::1"} }

// noProxy returns what an environment wants no proxy for. The two spellings are
// one list here: which one a client reads is its own affair.
func noProxy(env environ) []string {
	var all []string
	for _, name := range []string{"no_proxy", "NO_PROXY"} {
		for _, entry := range strings.FieldsFunc(env.get(name), func(r rune) bool { return r == ',' || r == ' ' }) {
			if !slices.Contains(all, entry) {
				all = append(all, entry)
			}
		}
	}
	return all
}

// uncovered returns the entries that stand for none of the hosts: with the
// others a client would pass the proxy by. The proxy heeds them itself.
func uncovered(entries, hosts []string) []string {
	return slices.DeleteFunc(slices.Clone(entries), func(entry string) bool {
		return slices.ContainsFunc(hosts, func(host string) bool { return covers(entry, host) })
	})
}

// covers reports whether an entry of NO_PROXY stands for a host, as any client
// reads it: "*", a name, a name with its port, or a domain, with a dot or "*."
// before it or not.
func covers(entry, host string) bool {
	entry = canonical(entry)
	if name, _, err := net.SplitHostPort(entry); err == nil {
		entry = name
	}
	if entry == "*" {
		return true
	}
	entry = strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")
	return entry != "" && (entry == host || strings.HasSuffix(host, "."+entry))
}

// completed returns entries with more of them, as NO_PROXY has them.
func completed(entries, more []string) string {
	all := slices.Clone(entries)
	for _, entry := range more {
		if !slices.Contains(all, entry) {
			all = append(all, entry)
		}
	}
	return strings.Join(all, ",")
}
