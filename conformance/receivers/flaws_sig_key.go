package receivers

import (
	"context"
	"errors"
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// keyFlaws let the request say which key it is verified with.
func keyFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "key-url-from-header",
			Doc:   "Fetches the key from the URL that a header names, as receivers of other services' webhooks have to.",
			Kills: ids("sig/key-from-request"),
			twist: trusting(keyURLInHeader),
		},
		{
			Name:  "key-url-from-body",
			Doc:   "Parses the body first and fetches the key from the URL in it.",
			Kills: ids("sig/key-from-request"),
			twist: trusting(keyURLInBody),
		},
		{
			Name:  "key-url-by-host",
			Doc:   "Asks the host that X-Forwarded-Host names for the key, as if that could only be its own platform.",
			Kills: ids("sig/key-from-request"),
			twist: trusting(keyURLByHost),
		},
		{
			Name:  "key-from-header",
			Doc:   "Verifies with the key that came along in a header.",
			Kills: ids("sig/key-from-request"),
			twist: func(b *behaviour) {
				next := b.keys
				b.keys = func(x *exchange) keys {
					if pub, err := parsePEM(x.header("x-public-key")); err == nil {
						return held{pub}
					}
					return next(x)
				}
			},
		},
		{
			Name:  "fetches-named-url",
			Doc:   "Fetches whatever key URL a header names and then verifies with its own key: nobody gets in, but anyone can have the receiver knock at doors of its own network.",
			Kills: ids("sig/key-from-request"),
			twist: func(b *behaviour) {
				next := b.keys
				b.keys = func(x *exchange) keys {
					if url := keyURLInHeader(x); url != "" {
						_, _ = x.rc.fetchKey(x.ctx, url) // noted
					}
					return next(x)
				}
			},
		},
	}
}

// trusting verifies with the key at the URL that where finds in the request.
func trusting(where func(*exchange) string) func(*behaviour) {
	return func(b *behaviour) {
		next := b.keys
		b.keys = func(x *exchange) keys {
			url := where(x)
			if url == "" {
				return next(x)
			}
			return oneOff{func(ctx context.Context) (*key, error) { return x.rc.fetchKey(ctx, url) }}
		}
	}
}

func keyURLInHeader(x *exchange) string {
	for _, name := range []string{"rtk-public-key-url", "x-key-url", "x-cert-url", "jku", "x5u"} {
		if url := x.header(name); url != "" {
			return url
		}
	}
	return ""
}

// keyURLByHost takes the host that was asked for to be the service's own.
func keyURLByHost(x *exchange) string {
	if host := x.header("x-forwarded-host"); host != "" {
		return "http://" + host + rtk.KeyDocumentPath
	}
	return ""
}

func keyURLInBody(x *exchange) string {
	event, err := parseObject(x.body)
	if err != nil {
		return ""
	}
	for _, name := range []string{"publicKeyUrl", "keyUrl", "jku", "x5u"} {
		if url := event.text(name); url != "" {
			return url
		}
	}
	return ""
}

// orderFlaws act first and verify then.
func orderFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "acts-before-verifying",
			Doc:   "Parses, stores and downloads, then verifies and answers 401: a lock on an open door. Duplicates are looked for as late.",
			Kills: ids("sig/effect-before-verify dlv/dup-concurrent dlv/dup-late dlv/dup-across-restart", repeated),
			twist: func(b *behaviour) {
				before(b, func(x *exchange) { x.applied = b.wanted(x) && b.apply(x) == nil })
				next := b.apply
				b.apply = func(x *exchange) error {
					if x.applied {
						return nil
					}
					return next(x)
				}
			},
		},
		{
			Name:  "downloads-before-verifying",
			Doc:   "Starts the downloads while the signature is being verified, to save time. Nothing is stored, but forgeries send it wherever they like.",
			Kills: ids("sig/effect-before-verify"),
			twist: func(b *behaviour) {
				next := b.follow
				before(b, func(x *exchange) { x.rc.download(next(x)) })
				b.follow = func(*exchange) []string { return nil }
			},
		},
		{
			Name:  "parses-before-verifying",
			Doc:   "A body parser runs before the handler and throws at what is no JSON, signed or not: whoever knows the URL can have it answer 500.",
			Kills: ids("sig/rejects-with-4xx rsp/poison evt/deep-nesting"),
			twist: func(b *behaviour) {
				next := b.serve
				b.serve = func(x *exchange) answer {
					a := next(x)
					if _, err := b.parse(x.body); err != nil && x.body != nil {
						return status(http.StatusInternalServerError)
					}
					return a
				}
			},
		},
	}
}

// before does something with the event before it is verified.
func before(b *behaviour, do func(*exchange)) {
	next := b.authenticate
	b.authenticate = func(x *exchange) error {
		if event, err := b.parse(x.body); err == nil {
			x.event = event
			do(x)
		}
		return next(x)
	}
}

// refusalFlaws refuse rightly and answer wrongly.
func refusalFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "500-on-refusal",
			Doc:   "Throws when a signature does not verify and lets the framework answer: 500, which asks for the forgery again.",
			Kills: ids("sig/rejects-with-4xx"),
			twist: refusing(func(*exchange, error) answer { return status(http.StatusInternalServerError) }),
		},
		{
			Name:  "throws-on-garbage",
			Doc:   "Does not catch what decoding throws: atob on a signature that is no Base64 ends in a 500.",
			Kills: ids("sig/rejects-with-4xx"),
			twist: refusing(func(x *exchange, err error) answer {
				if errors.Is(err, errBase64) {
					return status(http.StatusInternalServerError)
				}
				return unauthorised(x, err)
			}),
		},
		{
			Name:  "hangs-up-on-forgeries",
			Doc:   "Closes the connection without an answer. The sender takes that for a network error and tries again.",
			Kills: ids("sig/rejects-with-4xx"),
			twist: refusing(func(*exchange, error) answer { return answer{cut: true} }),
		},
		{
			Name:  "leaks-stack",
			Doc:   "Runs in development mode: a refusal shows the stack trace, with the paths of the machine.",
			Kills: ids("sig/no-leak"),
			twist: refusing(func(*exchange, error) answer {
				return saying(http.StatusUnauthorized, "Error: invalid signature\n"+
					"    at verifySignature (/srv/app/src/webhook.js:41:11)\n"+
					"    at Layer.handle (/srv/app/node_modules/express/lib/router/layer.js:95:5)")
			}),
		},
		{
			Name:  "leaks-key",
			Doc:   "Says in the refusal which key it verified with. This one is public; the code that prints it prints others as well.",
			Kills: ids("sig/no-leak"),
			twist: refusing(func(x *exchange, _ error) answer {
				pub, err := x.rc.keys.current(x.ctx)
				if err != nil {
					return status(http.StatusUnauthorized)
				}
				pem, _ := rtk.PublicPEM(pub) // what was parsed can be encoded
				return saying(http.StatusUnauthorized, "not signed by\n"+pem)
			}),
		},
	}
}
