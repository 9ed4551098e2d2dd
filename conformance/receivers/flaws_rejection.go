package receivers

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// rejectionFlaws verify too late, or answer a forgery wrongly.
func rejectionFlaws() []Spec {
	return []Spec{
		// These act first and verify then.
		{
			Name:     "acts-before-verifying",
			Doc:      "Parses, stores and downloads, then verifies and answers 401: a lock on an open door. It looks for duplicates only after that.",
			CaughtBy: ids("sig/effect-before-verify dlv/dup-concurrent dlv/dup-late dlv/dup-across-restart", repeated),
			change: func(p *pipeline) {
				beforeVerifying(p, func(x *exchange) { x.applied = p.wanted(x) && p.apply(x) == nil })
				next := p.apply
				p.apply = func(x *exchange) error {
					if x.applied {
						return nil
					}
					return next(x)
				}
			},
		},
		{
			Name:     "downloads-before-verifying",
			Doc:      "Starts the downloads during the verification, to save time. It stores nothing, but forgeries can send it anywhere.",
			CaughtBy: ids("sig/effect-before-verify"),
			change: func(p *pipeline) {
				next := p.links
				beforeVerifying(p, func(x *exchange) { x.queueDownloads(next(x)) })
				noLinks(p)
			},
		},
		{
			Name:     "fetches-chats-first",
			Doc:      "Gets the chat's file, of meeting.chatSynced alone, and then verifies and answers.",
			CaughtBy: ids("sig/effect-before-verify rsp/inline-work"),
			change:   downloadsFirst(func(x *exchange) bool { return x.event.kind() == rtk.MeetingChatSynced }),
		},
		{
			Name:     "fetches-sized-recordings-first",
			Doc:      "Gets a recording first if it is not too large, and then verifies and answers. It knows the size only where that is a number, as in real events, and not in the guide's sample.",
			CaughtBy: ids("sig/effect-before-verify rsp/inline-work"),
			change: downloadsFirst(func(x *exchange) bool {
				size, _ := x.event.at("recording.fileSize")
				_, isNumber := size.(json.Number)
				return isNumber
			}),
		},
		{
			Name:     "parses-before-verifying",
			Doc:      "A body parser runs before the handler and throws on what is not JSON, signed or not. Whoever knows the URL can make it answer 500.",
			CaughtBy: ids("sig/rejects-with-4xx rsp/poison evt/deep-nesting"),
			change: respondWith(func(x *exchange, r *response) *response {
				if _, err := parseEvent(x.Body); err != nil && x.Body != nil {
					return status(http.StatusInternalServerError)
				}
				return r
			}),
		},
		// These reject rightly and answer wrongly.
		{
			Name:     "500-on-refusal",
			Doc:      "Throws when a signature does not verify and lets the framework answer 500. The sender then sends the forgery again.",
			CaughtBy: ids("sig/rejects-with-4xx"),
			change:   rejectWith(func(*exchange, error) *response { return status(http.StatusInternalServerError) }),
		},
		{
			Name:     "503-on-garbage",
			Doc:      "Catches what decoding throws, and answers 503 as if it could not verify now. It never can.",
			CaughtBy: ids("sig/rejects-with-4xx"),
			change: rejectWith(func(x *exchange, err error) *response {
				if errors.Is(err, errBase64) {
					return status(http.StatusServiceUnavailable)
				}
				return unauthorized(x, err)
			}),
		},
		{
			Name:     "throws-on-garbage",
			Doc:      "Does not catch what decoding throws: atob on a signature that is not Base64 ends in a 500.",
			CaughtBy: ids("sig/rejects-with-4xx"),
			change: rejectWith(func(x *exchange, err error) *response {
				if errors.Is(err, errBase64) {
					return status(http.StatusInternalServerError)
				}
				return unauthorized(x, err)
			}),
		},
		{
			Name:     "hangs-up-on-forgeries",
			Doc:      "Closes the connection without an answer. The sender takes that for a network error and tries again.",
			CaughtBy: ids("sig/rejects-with-4xx"),
			change:   rejectWith(func(*exchange, error) *response { return hangUp() }),
		},
		{
			Name:     "leaks-stack",
			Doc:      "Runs in development mode: a rejection shows the stack trace, with paths of the machine.",
			CaughtBy: ids("sig/no-leak"),
			change: rejectWith(func(*exchange, error) *response {
				return statusText(http.StatusUnauthorized, "Error: invalid signature\n"+
					"    at verifySignature (/srv/app/src/webhook.js:41:11)\n"+
					"    at Layer.handle (/srv/app/node_modules/express/lib/router/layer.js:95:5)")
			}),
		},
		{
			Name:     "leaks-key",
			Doc:      "Says in the rejection which key it verified with. This key is public, but the code that prints it prints others as well.",
			CaughtBy: ids("sig/no-leak"),
			change: func(p *pipeline) {
				rejectWith(func(x *exchange, _ error) *response {
					pub, err := p.source(x.ctx, nil)
					if err != nil {
						return status(http.StatusUnauthorized)
					}
					pem, _ := rtk.PublicPEM(pub) // what was parsed can be encoded
					return statusText(http.StatusUnauthorized, "not signed by\n"+pem)
				})(p)
			},
		},
	}
}

// downloadsFirst downloads, before anything else, the links of events for which when
// holds.
func downloadsFirst(when func(*exchange) bool) change {
	return func(p *pipeline) {
		links := p.links
		p.links = func(x *exchange) []string {
			if when(x) {
				return nil
			}
			return links(x)
		}
		beforeVerifying(p, func(x *exchange) {
			if when(x) {
				x.downloadAll(links(x))
			}
		})
	}
}

// beforeVerifying does something with the event before it is verified.
func beforeVerifying(p *pipeline, do func(*exchange)) {
	next := p.verify
	p.verify = func(x *exchange) error {
		if event, err := parseEvent(x.Body); err == nil {
			x.event = event
			do(x)
		}
		return next(x)
	}
}
