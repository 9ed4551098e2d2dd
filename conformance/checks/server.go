package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
)

// developmentServers are servers that are not meant for more than one user, by what
// their answers say in Server or X-Powered-By.
func developmentServers() [][2]string {
	return [][2]string{
		{"WSGIServer", "Django's runserver"},
		{"Werkzeug", "Flask's development server"},
		{"BaseHTTP", "Python's http.server"},
		{"WEBrick", "Ruby's WEBrick"},
		{"workerd", "wrangler dev"},
		{"Miniflare", "wrangler dev"},
	}
}

// nameServerInFront has a check say, if it found something, that the framing of
// requests and the time that they take are matters of the server in front of the
// handler, and which one that is as far as its answers say.
func nameServerInFront(c *conformance.Check) *conformance.Check {
	run := c.Run
	c.Run = func(p *conformance.Probe) {
		run(p)
		if p.Violated() {
			p.Comment("look at the server in front of your handler first%s: the handler may not be to blame", serverInFront(p))
		}
	}
	return c
}

// serverInFront names what has answered the latest deliveries.
func serverInFront(p *conformance.Probe) string {
	for _, x := range slices.Backward(p.Genuine()) {
		h := x.Last().Outcome.Header
		if via := h.Get("Via"); via != "" {
			return fmt.Sprintf(" (Via: %.60s)", via)
		}
		for _, name := range []string{"Server", "X-Powered-By"} {
			value := h.Get(name)
			if value == "" {
				continue
			}
			for _, known := range developmentServers() {
				if strings.Contains(value, known[0]) {
					return fmt.Sprintf(" (%s: %.60s, which is %s)", name, value, known[1])
				}
			}
			if name == "Server" {
				return fmt.Sprintf(" (Server: %.60s)", value)
			}
		}
		if x.Accepted() {
			break
		}
	}
	return " (a development server such as Django's runserver, or a relay such as smee)"
}
