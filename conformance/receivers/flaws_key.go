package receivers

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Times between two fetches of the key.
const (
	never     = 1000 * time.Hour
	noWaiting = time.Nanosecond
)

// keyFlaws get the key wrong: when to fetch it, how to read it, how long to
// keep it.
// always200 accepts what it has refused, and what it could not verify.
func always200(p *pipeline) {
	p.reject = func(x *exchange, _ error) *response { return p.accept(x) }
}

func keyFlaws() []Spec {
	return []Spec{
		// These treat an outage of the key endpoint badly.
		{
			Name:     "fails-open",
			Doc:      "Accepts all deliveries while the key cannot be fetched, so that none is lost. During an outage anyone gets in.",
			CaughtBy: ids("key/fail-open"),
			change:   forgive(ErrNoKey),
		},
		{
			Name:     "no-key-no-check",
			Doc:      "Fetches the key, finds none in a document that looks right, and skips the verification: if (key) verify(…).",
			CaughtBy: ids("key/fail-open"),
			change:   forgive(errNoPEM),
		},
		{
			Name:     "200-before-verifying",
			Doc:      "Answers 200 to everything and acts on what verifies. Genuine deliveries that come while it has no key are answered 200 and dropped.",
			CaughtBy: ids(unread, "sig/missing-header sig/empty-header key/rotation-old key/outage-cold"),
			change:   always200,
		},
		{
			Name: "200-and-deaf-after-failed-fetch",
			Doc:  "Answers 200 to everything and acts on what verifies. It remembers a fetch of the key that failed for as long as it runs, and then acts on nothing.",
			// Of key/fail-open nothing is known: what is genuine has no effect either.
			CaughtBy: slices.DeleteFunc(ids(unread, "sig/missing-header sig/empty-header key/rotation-old key/outage-cold key/recovers"),
				func(id string) bool { return id == "key/fail-open" }),
			change: changes(always200, func(p *pipeline) { p.cache.retryEvery = never }),
		},
		{
			Name:     "401-without-key",
			Doc:      "Answers 401 to what it cannot verify because it has no key, as if it were forged. The sender never retries after a 401, so the event is lost.",
			CaughtBy: ids("key/outage-cold"),
			change: func(p *pipeline) {
				p.reject = func(*exchange, error) *response { return statusText(http.StatusUnauthorized, "invalid signature") }
			},
		},
		{
			Name:     "remembers-failed-fetch",
			Doc:      "Keeps the promise of its first fetch, good or bad. It remembers one that failed until the process ends.",
			CaughtBy: ids("key/recovers"),
			change:   func(p *pipeline) { p.cache.retryEvery = never },
		},
		{
			Name:     "sulks-after-failed-fetch",
			Doc:      "After a fetch that failed, does not fetch the key again until Config.Rarely has passed, and answers 503 until then.",
			CaughtBy: ids("key/recovers"),
			change:   func(p *pipeline) { p.cache.retryEvery = p.env.config.Rarely },
		},
		{
			Name:     "caches-before-import",
			Doc:      "Keeps the text of a key document before it knows that there is a key in it. Half a key, or one of another kind, is kept until the process ends.",
			CaughtBy: ids("key/recovers"),
			change:   keepServed(func(Config) time.Duration { return never }),
		},
		{
			Name:     "fetches-at-start-only",
			Doc:      "Fetches the key once, when it starts. If that fails it has none, and it does not notice a new key.",
			CaughtBy: ids("key/recovers key/rotation"),
			change: func(p *pipeline) {
				p.cache.refetchEvery, p.cache.retryEvery = never, never
				p.start = func(ctx context.Context) error {
					_, _ = p.source(ctx, nil) // the fetcher notes errors
					return nil
				}
			},
		},
		{
			Name:     "drops-key-on-failed-fetch",
			Doc:      "Fetches the key again when a signature does not verify, and drops the one it has first. While the key endpoint is down, one forgery is enough to stop it.",
			CaughtBy: ids("key/outage-warm key/amplification"),
			change: func(p *pipeline) {
				p.cache.refetchEvery, p.cache.retryEvery, p.cache.dropsFirst = noWaiting, noWaiting, true
			},
		},
		// These read the key document too strictly, or trust it too much.
		{
			Name:     "wants-real-line-breaks",
			Doc:      `Gives the PEM text to a parser as it is. Where its line breaks are escaped twice, there is no key.`,
			CaughtBy: ids("key/pem-escaped"),
			change: parsePEMIf(func(text string) bool {
				block, _ := pem.Decode([]byte(text))
				return block != nil
			}),
		},
		{
			Name:     "chokes-on-crlf",
			Doc:      `Splits the PEM text at \n and needs the BEGIN line to be a line of its own. A carriage return breaks that.`,
			CaughtBy: ids("key/pem-crlf"),
			change:   parsePEMIf(func(text string) bool { return !strings.Contains(text, "\r") }),
		},
		{
			Name:     "follows-redirects-anywhere",
			Doc:      "Fetches the key with a client that follows redirects to any host.",
			CaughtBy: ids("key/redirect-cross-host"),
			change:   func(p *pipeline) { p.fetcher.anyHost = true },
		},
		{
			Name:     "reads-whatever-comes",
			Doc:      "Reads the key document to its end, however long it is.",
			CaughtBy: ids("key/oversize"),
			change:   func(p *pipeline) { p.fetcher.limit, p.fetcher.timeout = 1<<40, 3*p.fetcher.timeout },
		},
		{
			Name:     "waits-for-each-byte",
			Doc:      "Fetches the key without a time-out. It waits as long as more bytes come.",
			CaughtBy: ids("key/drip"),
			change:   func(p *pipeline) { p.fetcher.timeout = time.Hour },
		},
		// These fetch the key too often.
		{
			Name:     "fetches-before-anything",
			Doc:      "Fetches the key at the beginning of each request. A request without a signature costs a fetch as well, and an outage of the key endpoint is an outage of the receiver.",
			CaughtBy: ids("key/amplification key/unsigned-no-fetch key/outage-warm key/stampede"),
			change: func(p *pipeline) {
				next := p.verify
				p.verify = func(x *exchange) error {
					pub, err := p.fetcher.fetch(x.ctx, x.config.KeyURL)
					if err != nil {
						return err
					}
					x.key = pub
					return next(x)
				}
				p.keys = func(x *exchange) keySource { return fixedKey(x.key) }
			},
		},
		{
			Name:     "refetches-for-each-forgery",
			Doc:      "Fetches the key again whenever a signature does not verify. It passes a flood of forgeries on to the key endpoint.",
			CaughtBy: ids("key/amplification"),
			change:   func(p *pipeline) { p.cache.refetchEvery = noWaiting },
		},
		{
			Name:     "refreshes-when-unsigned",
			Doc:      "Takes every error of its verification, a missing header as well, as a sign that the key has changed.",
			CaughtBy: ids("key/unsigned-no-fetch"),
			change: func(p *pipeline) {
				next := p.verify
				p.verify = func(x *exchange) error {
					err := next(x)
					if errors.Is(err, errMissing) || errors.Is(err, errEmpty) {
						_, _ = p.fetcher.fetch(x.ctx, x.config.KeyURL) // the fetcher notes errors
					}
					return err
				}
			},
		},
		{
			Name:     "each-fetches-for-itself",
			Doc:      "Keeps the key, but not the fetch that is under way. As long as there is no key, every delivery starts its own fetch.",
			CaughtBy: ids("key/stampede"),
			change:   func(p *pipeline) { p.cache.unshared, p.cache.retryEvery = true, noWaiting },
		},
		// These keep a key for too long.
		{
			Name:     "caches-key-for-ever",
			Doc:      "Fetches the key once and keeps it until the process ends. After a change of the key it rejects every delivery, and none of them is sent again.",
			CaughtBy: ids("key/rotation"),
			change:   func(p *pipeline) { p.cache.refetchEvery = never },
		},
		{
			Name:     "caches-key-for-a-day",
			Doc:      "Keeps the key for twenty-four hours. A change of the key is an outage of up to a day.",
			CaughtBy: ids("key/rotation"),
			change:   func(p *pipeline) { p.cache.refetchEvery = 24 * time.Hour },
		},
		{
			Name:     "keeps-old-keys",
			Doc:      "Adds each key that it fetches to a list, tries all of them, and never removes one.",
			CaughtBy: ids("key/rotation-old"),
			change: func(p *pipeline) {
				var mu sync.Mutex
				var known []*key
				p.verifyRSA = func(pub *key, signed, signature []byte) error {
					mu.Lock()
					defer mu.Unlock()
					err := pkcs1SHA256(pub, signed, signature)
					if err == nil {
						known = append(known[:min(len(known), 8)], pub)
					}
					for i := 0; err != nil && i < len(known); i++ {
						err = pkcs1SHA256(known[i], signed, signature)
					}
					return err
				}
			},
		},
		{
			Name:     "test-key-in-production",
			Doc:      "Is in production and still has the key of the tests. Whoever has this tool can sign for it.",
			CaughtBy: ids("key/test-key-refused"),
			Setup:    Setup{Production: true},
			change:   func(*pipeline) {},
		},
	}
}

// keepServed does not fetch a document again for some time after one that had no
// key in it, as long as it holds none.
func keepServed(long func(Config) time.Duration) change {
	return func(p *pipeline) {
		c := p.cache
		var mu sync.Mutex
		var until time.Time
		parse, fetch := p.fetcher.parse, c.fetch
		p.fetcher.parse = func(text string) (*key, error) {
			got, err := parse(text)
			if err != nil && text != "" {
				mu.Lock()
				defer mu.Unlock()
				until = time.Now().Add(long(p.env.config))
			}
			return got, err
		}
		c.fetch = func(ctx context.Context) (*key, error) {
			c.mu.Lock()
			held := c.key != nil
			c.mu.Unlock()
			mu.Lock()
			kept := time.Now().Before(until)
			mu.Unlock()
			if kept && !held {
				return nil, ErrNoKey
			}
			return fetch(ctx)
		}
	}
}

// parsePEMIf finds no key in a text that does not satisfy ok.
func parsePEMIf(ok func(text string) bool) change {
	return func(p *pipeline) {
		p.fetcher.parse = func(text string) (*key, error) {
			if !ok(text) {
				return nil, errNoPEM
			}
			return parsePEM(text)
		}
	}
}
