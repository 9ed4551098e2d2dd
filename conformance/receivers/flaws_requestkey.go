package receivers

import (
	"cmp"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// requestKeyFlaws let the request say which key it is verified with.
func requestKeyFlaws() []Spec {
	return []Spec{
		{
			Name:     "key-url-from-header",
			Doc:      "Fetches the key from the URL that a header names, as receivers of other services' webhooks must.",
			CaughtBy: ids("sig/key-from-request sig/effect-before-verify"),
			change:   keyFrom(keyURLInHeader),
		},
		{
			Name:     "key-url-from-body",
			Doc:      "Parses the body first and fetches the key from the URL in it.",
			CaughtBy: ids("sig/key-from-request sig/effect-before-verify"),
			change:   keyFrom(keyURLInBody),
		},
		{
			Name:     "key-url-by-host",
			Doc:      "Fetches the key from the host that X-Forwarded-Host names, as if that could only be its own platform.",
			CaughtBy: ids("sig/key-from-request sig/effect-before-verify"),
			change:   keyFrom(keyURLByHost),
		},
		{
			Name:     "key-from-header",
			Doc:      "Verifies with the key that came in a header.",
			CaughtBy: ids("sig/key-from-request sig/effect-before-verify"),
			change: func(p *pipeline) {
				next := p.keys
				p.keys = func(x *exchange) keySource {
					if pub, err := parsePEM(x.header("x-public-key")); err == nil {
						return fixedKey(pub)
					}
					return next(x)
				}
			},
		},
		{
			Name:     "fetches-named-url",
			Doc:      "Fetches whatever key URL a header names, and then verifies with its own key. No forgery is accepted, but anyone can make the receiver send requests into its own network.",
			CaughtBy: ids("sig/key-from-request"),
			change: func(p *pipeline) {
				next := p.keys
				p.keys = func(x *exchange) keySource {
					if url := keyURLInHeader(x); url != "" {
						_, _ = p.fetcher.fetch(x.ctx, url) // the fetcher notes errors
					}
					return next(x)
				}
			},
		},
	}
}

// keyFrom verifies with the key at the URL that urlOf finds in the request.
func keyFrom(urlOf func(*exchange) string) change {
	return func(p *pipeline) {
		next := p.keys
		p.keys = func(x *exchange) keySource {
			if url := urlOf(x); url != "" {
				return p.fetcher.uncached(url)
			}
			return next(x)
		}
	}
}

func keyURLInHeader(x *exchange) string {
	return cmp.Or(x.header("rtk-public-key-url"), x.header("x-key-url"), x.header("x-cert-url"), x.header("jku"), x.header("x5u"))
}

func keyURLInBody(x *exchange) string {
	e, _ := parseEvent(x.Body) // what is not an event has no URL
	return cmp.Or(e.text("publicKeyUrl"), e.text("keyUrl"), e.text("jku"), e.text("x5u"))
}

// keyURLByHost takes the host of the request for the service's own.
func keyURLByHost(x *exchange) string {
	if host := x.header("x-forwarded-host"); host != "" {
		return "http://" + host + rtk.KeyDocumentPath
	}
	return ""
}
