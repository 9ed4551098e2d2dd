package test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
)

// How often a command is looked at that listens at another address than the URL says. A
// server that listens for its tools first, such as an inspector, may still be starting:
// so it is named, and waited for all the same.
const lookEvery = 1500 * time.Millisecond

// noteElsewhere says once that the command listens elsewhere, when two looks in a row
// have seen the same, until ctx ends.
func (r *run) noteElsewhere(ctx context.Context) {
	before := ""
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := r.elsewhere()
		if now != "" && now == before && ctx.Err() == nil {
			r.Notef("the command %s", now)
			return
		}
		before = now
	}
}

// elsewhere says at which addresses the command listens, where the URL leads to none of
// them and nothing else is waited for, and the command that judges what is there. It is
// empty if the system shows no address.
func (r *run) elsewhere() string {
	if r.command.waitFor != "" || !target.IsLoopback(r.url.Hostname()) {
		return ""
	}
	found := r.program.Listening()
	if len(found) == 0 {
		return ""
	}
	likely := found
	if len(found) > 1 { // tools listen, too: one that is printed as a server's counts
		likely = nil
		for _, a := range found {
			if r.program.Printed(a.Port()) {
				likely = append(likely, a)
			}
		}
	}
	elsewhere := target.Address(r.url)
	if len(likely) != 1 {
		return fmt.Sprintf("listens at %s, and not at %s; want the URL of the receiver among them", strings.Join(wording.Names(found, netip.AddrPort.String), ", "), elsewhere)
	}
	text := "listens at " + likely[0].String()
	if others := len(found) - 1; others > 0 {
		text += fmt.Sprintf(" and %d more", others)
	}
	text += ", and not at " + elsewhere
	if words := r.withURL(r.at(likely[0])); words != nil {
		return text + "; if that is the receiver: " + strings.Join(words, " ")
	}
	return text
}

// at is the URL of the target with another address.
func (r *run) at(a netip.AddrPort) *url.URL {
	u := *r.url
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil && !a.Addr().IsUnspecified() && ip != a.Addr() {
		host = a.Addr().String()
	}
	u.Host = net.JoinHostPort(host, strconv.Itoa(int(a.Port())))
	return &u
}

// withURL are the words of the command line with another URL, nil if they do not show
// where it belongs.
func (r *run) withURL(u *url.URL) []string {
	args := r.shownArgs()
	dash := slices.Index(args, "--")
	if dash < 0 || slices.ContainsFunc(r.Args[dash:], func(w string) bool { return strings.Contains(w, target.PortPlace) }) {
		return nil // its command is in the settings, or is told the port
	}
	given := false
	var before []string
	for i := 0; i < dash; i++ {
		switch {
		case r.Args[i] == r.typed:
			given = true
			before = append(before, r.redactor().Text(u.String()))
		case args[i] == "--port-env":
			i++ // it did not listen there
		case !strings.HasPrefix(args[i], "--port-env="):
			before = append(before, args[i])
		}
	}
	if !given {
		return nil
	}
	return reports.ShellWords(slices.Concat(r.Program, before, args[dash:]))
}
