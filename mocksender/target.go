package mocksender

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// ErrURL is wrapped by Send's errors about the target's URL.
var ErrURL = errors.New("mocksender: unusable target URL")

// target is where a request goes, as a URL says it.
type target struct {
	scheme string // "http" or "https"
	addr   string // what is dialled: host and port
	name   string // the host alone, without brackets or zone: what a certificate must be for
	host   string // the Host field
	uri    string // the request target: path and query
	basic  string // credentials in the URL, as an Authorization value
}

// parseTarget reads a URL. Its errors match ErrURL and do not repeat the URL,
// which may hold a password.
func parseTarget(raw string) (target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		if inner := new(url.Error); errors.As(err, &inner) {
			err = inner.Err
		}
		return target{}, fmt.Errorf("%w: %w", ErrURL, err)
	}
	t := target{scheme: u.Scheme, host: u.Host, uri: u.RequestURI(), basic: basicAuth(u)}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return target{}, fmt.Errorf("%w: it begins with %q, want http:// or https://", ErrURL, u.Scheme)
	case u.Hostname() == "" || u.Opaque != "":
		return target{}, fmt.Errorf("%w: it names no host", ErrURL)
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r <= ' ' || r > '~' }):
		return target{}, fmt.Errorf("%w: the host is not ASCII, write it in its xn-- form", ErrURL)
	}
	t.addr, err = dialAddr(u)
	if err != nil {
		return target{}, err
	}
	t.name, _, _ = strings.Cut(u.Hostname(), "%")
	if zone := strings.IndexByte(t.host, '%'); zone >= 0 {
		// RFC 6874: a zone means something on this machine only.
		t.host = t.host[:zone] + t.host[strings.IndexByte(t.host, ']'):]
	}
	return t, nil
}

// dialAddr returns the host and port of u, its scheme's port by default.
func dialAddr(u *url.URL) (string, error) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("%w: the port is %q, want a number from 1 to 65535", ErrURL, port)
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

// basicAuth returns the credentials in u as a field value, "" if it has none.
func basicAuth(u *url.URL) string {
	if u.User == nil {
		return ""
	}
	password, _ := u.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
}
