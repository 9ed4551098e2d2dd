package http1

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Target is where a request goes, as a URL says it.
type Target struct {
	Scheme string // "http" or "https"
	Addr   string // what is dialled: host and port
	Name   string // the host alone, without brackets or zone: what a certificate must be for
	Host   string // the Host field
	URI    string // the request target: path and query
	Basic  string // credentials in the URL, as an Authorization value; "" for none
}

// ParseTarget reads a URL. Its errors do not repeat the URL, which may hold a
// password.
func ParseTarget(raw string) (Target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err
		}
		return Target{}, err
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return Target{}, fmt.Errorf("it begins with %q, want http:// or https://", u.Scheme)
	case u.Hostname() == "" || u.Opaque != "":
		return Target{}, errors.New("it names no host")
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r <= ' ' || r > '~' }):
		return Target{}, errors.New("the host is not ASCII, write it in its xn-- form")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return Target{}, fmt.Errorf("the port is %q, want a number from 1 to 65535", port)
	}
	t := Target{Scheme: u.Scheme, Addr: net.JoinHostPort(u.Hostname(), port), Host: u.Host, URI: u.RequestURI()}
	t.Name, _, _ = strings.Cut(u.Hostname(), "%")
	if zone := strings.IndexByte(t.Host, '%'); zone >= 0 {
		// RFC 6874: a zone means something on this machine only.
		t.Host = t.Host[:zone] + t.Host[strings.IndexByte(t.Host, ']'):]
	}
	if u.User != nil {
		password, _ := u.User.Password()
		t.Basic = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
	}
	return t, nil
}
