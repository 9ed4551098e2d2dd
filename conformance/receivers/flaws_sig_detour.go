package receivers

import (
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// detourFlaws have a way around the verification for some deliveries.
func detourFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "skips-summaries",
			Doc:   "Handles meeting.summary on a path of its own, in front of which nobody put the verification.",
			Kills: ids("sig/missing-header sig/other-key"),
			twist: func(b *behaviour) {
				next := b.authenticate
				b.authenticate = func(x *exchange) error {
					if e, err := b.parse(x.body); err == nil && e.kind() == rtk.MeetingSummary {
						return nil
					}
					return next(x)
				}
			},
		},
		{
			Name:  "verifies-json-alone",
			Doc:   "Verifies in the hook of its JSON parser, which is called for application/json alone: express.json({ verify }).",
			Kills: ids("sig/missing-header"),
			twist: func(b *behaviour) {
				next := b.authenticate
				b.authenticate = func(x *exchange) error {
					if !strings.HasPrefix(x.r.Header.Get("Content-Type"), "application/json") {
						return nil
					}
					return next(x)
				}
			},
		},
		{
			Name:  "predecessor-unverified",
			Doc:   "Lets in what carries the predecessor's dyte-signature, for a migration that is over: nobody verifies it.",
			Kills: ids("sig/missing-header"),
			twist: func(b *behaviour) {
				next := b.authenticate
				b.authenticate = func(x *exchange) error {
					if err := next(x); !errors.Is(err, errMissing) || x.r.Header.Get("dyte-signature") == "" {
						return err
					}
					return nil
				}
			},
		},
		{
			Name:  "verifies-known-webhooks",
			Doc:   "Looks up by rtk-webhook-id how to verify, and does not where there is none: \"if (webhookId) verify(…)\".",
			Kills: ids("sig/other-key"),
			twist: unless(func(x *exchange) bool { return x.r.Header.Get(rtk.HeaderWebhookID) == "" }),
		},
		{
			Name:  "takes-nameless-for-tests",
			Doc:   "Takes a delivery without rtk-uuid for a try of its own people, and answers it without verifying.",
			Kills: ids("sig/other-key"),
			twist: unless(func(x *exchange) bool { return x.uuid() == "" }),
		},
		{
			Name:  "trusts-inner-addresses",
			Doc:   "Does not verify what comes from its own machine, and asks X-Forwarded-For about that, which anyone can send.",
			Kills: ids("sig/other-key"),
			twist: unless(func(x *exchange) bool { return strings.HasPrefix(x.r.Header.Get("X-Forwarded-For"), "127.") }),
		},
		{
			Name:  "trusts-known-uuids",
			Doc:   "Verifies each uuid once, and acts on whatever else comes under it: a correction, it believes.",
			Kills: ids("sig/other-event"),
			twist: trustKnown,
		},
		{
			Name:  "other-methods-unverified",
			Doc:   "Has the verification in front of its POST route alone, and a catch-all behind it that acts on any method.",
			Kills: ids("sig/effect-before-verify rsp/non-post"),
			twist: func(b *behaviour) {
				b.admit = func(*exchange) *answer { return nil }
				unless(func(x *exchange) bool { return x.r.Method != http.MethodPost })(b)
			},
		},
	}
}

// unless leaves the verification out where a condition holds.
func unless(holds func(*exchange) bool) func(*behaviour) {
	return func(b *behaviour) {
		next := b.authenticate
		b.authenticate = func(x *exchange) error {
			if holds(x) {
				return nil
			}
			return next(x)
		}
	}
}

// trustKnown verifies the first delivery of a uuid alone.
func trustKnown(b *behaviour) {
	var mu sync.Mutex
	known := map[string]bool{}
	next := b.authenticate
	b.authenticate = func(x *exchange) error {
		mu.Lock()
		before := known[x.uuid()]
		mu.Unlock()
		if before {
			return nil
		}
		err := next(x)
		if err == nil {
			mu.Lock()
			known[x.uuid()] = true
			mu.Unlock()
		}
		return err
	}
	b.identity = func(x *exchange) string { return x.uuid() + string(x.body) }
}
