package intercept

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
)

// The host names that are always intercepted.
const (
	// RealtimeHost serves the key document, and under /v2 the REST API of the
	// predecessor.
	RealtimeHost = "api.realtime.cloudflare.com"
	// CloudflareHost serves the REST API. Only the paths below realtime/kit are
	// answered; all others are forwarded.
	CloudflareHost = "api.cloudflare.com"
	// DyteHost is the REST API of the predecessor.
	DyteHost = "api.dyte.io"
	// RTKHost is another name for it, as some apps have it.
	RTKHost = "rtk.realtime.cloudflare.com"
	// MediaHost is for download links. It belongs to nobody: RFC 2606 reserves
	// the domain example.
	MediaHost = "media.rtkmock.example"
)

// Hosts returns the host names that are always intercepted.
func Hosts() []string {
	return []string{RealtimeHost, CloudflareHost, DyteHost, RTKHost, MediaHost}
}

// ErrHost is wrapped by errors that say why a name cannot be intercepted.
var ErrHost = errors.New("intercept: not a host name to intercept")

// longestHost is the length of a domain name, from RFC 1035.
const longestHost = 253

// ParseHost returns a host name in the form that is compared: in lower case,
// without a dot at the end. It has to have two labels at least, as the authority
// may vouch for everything below it.
func ParseHost(s string) (string, error) {
	host := canonical(s)
	switch {
	case strings.Contains(host, "*"):
		return "", fmt.Errorf("%w: found %q, want one name, such as api.example.com", ErrHost, s)
	case net.ParseIP(strings.Trim(host, "[]")) != nil:
		return "", fmt.Errorf("%w: found the address %q, want a name, such as api.example.com", ErrHost, s)
	case strings.ContainsAny(host, "/:@"):
		return "", fmt.Errorf("%w: found %q, want the name alone, such as api.example.com", ErrHost, s)
	case host == "localhost" || strings.HasSuffix(host, ".localhost"):
		return "", fmt.Errorf("%w: %q is this machine already", ErrHost, s)
	case !strings.Contains(host, "."):
		return "", fmt.Errorf("%w: found %q, want a full name, such as api.example.com", ErrHost, s)
	case len(host) > longestHost || slices.ContainsFunc(strings.Split(host, "."), badLabel):
		return "", fmt.Errorf("%w: found %.300q, want a name of letters, digits, hyphens and dots", ErrHost, s)
	}
	return host, nil
}

func badLabel(label string) bool {
	good := strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
	return label == "" || len(label) > 63 || !good || label[0] == '-' || label[len(label)-1] == '-'
}

// canonical is a host name as it is compared.
func canonical(host string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
}

// hostOf returns the host of "host" or "host:port", as it is compared.
func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return canonical(host)
	}
	return canonical(hostport)
}

// withHosts returns the names that are always intercepted, and more, each once.
func withHosts(more []string) ([]string, error) {
	all := Hosts()
	for _, s := range more {
		host, err := ParseHost(s)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	return all, nil
}
