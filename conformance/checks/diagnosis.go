package checks

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// diagnose says in words what usually causes a refused control.
func diagnose(p *conformance.Probe, x *exchange.Exchange) string {
	if o := keyoutage.First(p); o != nil && o.Cold && !o.Recovered() && o.After != nil {
		return "Its key endpoint failed for the first two deliveries, on purpose, and nothing was accepted after that: see key/recovers"
	}
	switch x.Answer {
	case exchange.Cut:
		return diagnoseCut(x)
	case exchange.Silent:
		return "Nothing came back within --warm-up; is the receiver waiting for something, such as a database or the key endpoint?"
	case exchange.Limited:
		return "The receiver limits its rate even for the first delivery; wait, or switch the limit off for the test"
	case exchange.Failing:
		return "A 5xx is an error inside the receiver: its own log should say which" + keyHint(p)
	}
	last := x.Last().Outcome
	switch {
	case last.Status == http.StatusBadRequest && wantsTLS(last.Body):
		return "The port speaks TLS; give the URL with https://"
	case last.Status == http.StatusNotFound && neverFetched(p):
		return fmt.Sprintf("Nothing is served under this path; is %s the right one? If the receiver means a meeting it does not know, give one with --meeting-id", pathOf(x.URL))
	case last.Status == http.StatusMethodNotAllowed:
		return "This path takes no POST; is it the webhook's?"
	case last.Status >= 300 && last.Status <= 399:
		return fmt.Sprintf("It redirects to %s, and webhook senders follow no redirect; give that URL instead", location(x.URL, last))
	case last.Status == http.StatusUnsupportedMediaType:
		return "The Content-Type application/json is refused"
	case last.Status == http.StatusUnauthorized, last.Status == http.StatusForbidden, last.Status == http.StatusBadRequest:
		return diagnoseRefused(p, x)
	default:
		return "The receiver refuses the payload: if it only takes ids it knows, give them with --meeting-id, --webhook-id or --set; if a gateway wants a header, with --header"
	}
}

// wantsTLS reports whether body is what servers answer to plain HTTP on a TLS
// port: Go's "Client sent an HTTP request to an HTTPS server", nginx's "The
// plain HTTP request was sent to HTTPS port".
func wantsTLS(body []byte) bool {
	text := strings.ToLower(string(body))
	return strings.Contains(text, "http request") && strings.Contains(text, "https")
}

func diagnoseRefused(p *conformance.Probe, x *exchange.Exchange) string {
	if names := acceptedNames(p, x.Made); names != "" {
		return fmt.Sprintf("The same delivery is accepted under the %s header names; give --header-names %s", names, names)
	}
	if neverFetched(p) {
		return fmt.Sprintf("The key was never fetched from %s, so the receiver verifies with another one: its key URL is probably hard-coded, or the key pinned. Make the URL configurable and give it this one, or sign with the receiver's own key by --key FILE. If a gateway in front wants a header, give it with --header%s", p.Endpoints().KeyURL(), namesHint(p))
	}
	return "The key was fetched from here, and yet the delivery is refused: either the signature is not verified over the raw bytes, or not as RSA-SHA256 (RSASSA-PKCS1-v1_5, Base64; no HMAC), or the payload is refused: ids it has to know are set with --meeting-id, --webhook-id or --set, a header for a gateway with --header"
}

// namesHint says what host names of the real service have to do with a key that was
// never fetched.
func namesHint(p *conformance.Probe) string {
	if hint := p.Endpoints().NamesHint; hint != nil {
		return ". " + hint()
	}
	return ""
}

func keyHint(p *conformance.Probe) string {
	if !neverFetched(p) {
		return ""
	}
	return fmt.Sprintf("; the key was not fetched from %s, so a missing key URL may be the cause%s", p.Endpoints().KeyURL(), namesHint(p))
}

// acceptedNames sends e under other header names, and returns them if it is accepted
// then.
func acceptedNames(p *conformance.Probe, e rtk.Event) rtk.HeaderNames {
	names, other := p.Options().Sender.HeaderNames, rtk.HeadersDyte
	if names == rtk.HeadersBoth {
		return ""
	}
	if names == rtk.HeadersDyte {
		other = rtk.HeadersRTK
	}
	x := p.Try("the same delivery under other header names", mocksender.Delivery{
		Event: e, Mutations: []mutation.Mutation{renamed(names, other)},
	})
	if !x.Accepted() {
		return ""
	}
	return other
}

func diagnoseCut(x *exchange.Exchange) string {
	switch x.Last().Outcome.Class {
	case mocksender.ClassRefused:
		return "Nothing listens there; is the receiver running, and on this port?"
	case mocksender.ClassDNS:
		return "The host name does not resolve"
	case mocksender.ClassTLS:
		return "TLS failed; check http against https, and give a private authority with --ca FILE"
	case mocksender.ClassProtocol:
		return "What answers there does not speak HTTP"
	default:
		return "The connection was cut before an answer; the receiver's own log should say why"
	}
}

func pathOf(target string) string {
	u, _ := url.Parse(target) // something was sent there
	return cmp.Or(u.Path, "/")
}

// location resolves the Location of a redirect against the URL that redirected.
func location(target string, o mocksender.Outcome) string {
	to := o.Header.Get("Location")
	if to == "" {
		return "nowhere (it has no Location)"
	}
	base, _ := url.Parse(target) // something was sent there
	resolved, err := base.Parse(to)
	if err != nil {
		return fmt.Sprintf("%.100q", to)
	}
	return redact.URL(resolved.String())
}
