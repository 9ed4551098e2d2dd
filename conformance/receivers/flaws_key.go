package receivers

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// keyOutageFlaws take an outage of the key endpoint badly.
func keyOutageFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "fails-open",
			Doc:   "Lets deliveries through as long as the key cannot be fetched, so that none is lost: an outage is open house.",
			Kills: ids("key/fail-open"),
			twist: letting(ErrNoKey),
		},
		{
			Name:  "no-key-no-check",
			Doc:   "Fetches the key, finds none in a document that looks well, and skips the verification: if (key) verify(…).",
			Kills: ids("key/fail-open"),
			twist: letting(errNoPEM),
		},
		{
			Name:  "401-without-key",
			Doc:   "Answers 401 to what it cannot verify for want of a key, as if it were forged. The sender never retries a 401: the event is lost.",
			Kills: ids("key/outage-cold"),
			twist: func(b *behaviour) {
				b.refuse = func(*exchange, error) answer { return saying(http.StatusUnauthorized, "invalid signature") }
			},
		},
		{
			Name:  "remembers-failed-fetch",
			Doc:   "Keeps the promise of its first fetch, good or bad: one that failed is remembered until the process ends.",
			Kills: ids("key/recovers"),
			twist: func(b *behaviour) { b.fetchAfter = 1000 * time.Hour },
		},
		{
			Name:  "sulks-after-failed-fetch",
			Doc:   "After a fetch that failed, does not ask for the key again until Config.Rarely has passed, and answers 503 meanwhile.",
			Kills: ids("key/recovers"),
			twist: func(b *behaviour) { b.fetchAfter = b.rarely },
		},
		{
			Name:  "fetches-at-start-only",
			Doc:   "Fetches the key once, when it starts. If that fails there is none, and if it is changed nobody notices.",
			Kills: ids("key/recovers key/rotation"),
			twist: func(b *behaviour) {
				b.refetchEvery, b.fetchAfter = 1000*time.Hour, 1000*time.Hour
				b.start = func(ctx context.Context, rc *Receiver) error {
					_, _ = rc.keys.current(ctx) // noted
					return nil
				}
			},
		},
		{
			Name:  "drops-key-on-failed-fetch",
			Doc:   "Fetches the key again when a signature does not verify, and throws the one it has away first: with its endpoint down, one forgery is enough to stop it.",
			Kills: ids("key/outage-warm key/amplification"),
			twist: func(b *behaviour) {
				b.refetchEvery, b.fetchAfter = time.Nanosecond, time.Nanosecond
				next := b.keys
				b.keys = func(x *exchange) keys {
					if f, ok := next(x).(*fetched); ok {
						return careless{f}
					}
					return next(x)
				}
			},
		},
	}
}

// careless throws a key away when it is in doubt.
type careless struct{ *fetched }

func (c careless) newer(ctx context.Context, old *key) *key {
	c.mu.Lock()
	if c.key == old {
		c.key = nil
	}
	c.mu.Unlock()
	newer, err := c.current(ctx)
	if err != nil || newer.Equal(old) {
		return nil
	}
	return newer
}

// keyDocumentFlaws read the key document too strictly, or too trustingly.
func keyDocumentFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "wants-real-line-breaks",
			Doc:   `Gives the PEM text to a parser as it is: where its line breaks are escaped twice, there is no key.`,
			Kills: ids("key/pem-escaped"),
			twist: func(b *behaviour) {
				b.parseKey = func(text string) (*key, error) {
					if block, _ := pem.Decode([]byte(text)); block == nil {
						return nil, errNoPEM
					}
					return parsePEM(text)
				}
			},
		},
		{
			Name:  "chokes-on-crlf",
			Doc:   `Cuts the PEM text at \n and wants the armour to be a line of its own: a carriage return spoils it.`,
			Kills: ids("key/pem-crlf"),
			twist: func(b *behaviour) {
				b.parseKey = func(text string) (*key, error) {
					if strings.Contains(text, "\r") {
						return nil, errNoPEM
					}
					return parsePEM(text)
				}
			},
		},
		{
			Name:  "follows-redirects-anywhere",
			Doc:   "Fetches the key with a client that follows redirects, wherever they lead.",
			Kills: ids("key/redirect-cross-host"),
			twist: func(b *behaviour) { b.anywhere = true },
		},
		{
			Name:  "reads-whatever-comes",
			Doc:   "Reads the key document to its end, however far that is.",
			Kills: ids("key/oversize"),
			twist: func(b *behaviour) { b.maxDocument, b.fetchTime = 1<<40, 3*b.fetchTime },
		},
		{
			Name:  "waits-for-each-byte",
			Doc:   "Fetches the key without a time-out: whoever waits for it waits for as long as something comes.",
			Kills: ids("key/drip"),
			twist: func(b *behaviour) { b.fetchTime = time.Hour },
		},
	}
}

// keyFetchFlaws ask for the key too often.
func keyFetchFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "fetches-before-anything",
			Doc:   "Fetches the key at the beginning of each request, whatever that is: one without a signature costs a fetch as well, and the endpoint's outage is the receiver's.",
			Kills: ids("key/amplification key/unsigned-no-fetch key/outage-warm key/stampede"),
			twist: func(b *behaviour) {
				next := b.authenticate
				b.authenticate = func(x *exchange) error {
					pub, err := x.rc.fetchKey(x.ctx, x.rc.c.KeyURL)
					if err != nil {
						return err
					}
					x.key = pub
					return next(x)
				}
				b.keys = func(x *exchange) keys { return held{x.key} }
			},
		},
		{
			Name:  "refetches-for-each-forgery",
			Doc:   "Fetches the key again whenever a signature does not verify: a flood of forgeries is passed on to the key endpoint.",
			Kills: ids("key/amplification"),
			twist: func(b *behaviour) { b.refetchEvery = time.Nanosecond },
		},
		{
			Name:  "refreshes-when-unsigned",
			Doc:   "Takes whatever goes wrong in its verification, a missing header as well, for a sign that the key has changed.",
			Kills: ids("key/unsigned-no-fetch"),
			twist: func(b *behaviour) {
				next := b.authenticate
				b.authenticate = func(x *exchange) error {
					err := next(x)
					if errors.Is(err, errMissing) || errors.Is(err, errEmpty) {
						_, _ = x.rc.fetchKey(x.ctx, x.rc.c.KeyURL) // noted
					}
					return err
				}
			},
		},
		{
			Name:  "each-fetches-for-itself",
			Doc:   "Keeps the key, but not the fetch that is under way: as long as there is none, every delivery makes its own.",
			Kills: ids("key/stampede"),
			twist: func(b *behaviour) { b.alone, b.fetchAfter = true, time.Nanosecond },
		},
	}
}

// keyAgeFlaws keep a key for too long.
func keyAgeFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "caches-key-for-ever",
			Doc:   "Fetches the key once and keeps it until the process ends. After a change of the key every delivery is refused, and none of them comes again.",
			Kills: ids("key/rotation"),
			twist: func(b *behaviour) { b.refetchEvery = 1000 * time.Hour },
		},
		{
			Name:  "caches-key-for-a-day",
			Doc:   "Keeps the key for twenty-four hours: a change of it is an outage of up to a day.",
			Kills: ids("key/rotation"),
			twist: func(b *behaviour) { b.refetchEvery = 24 * time.Hour },
		},
		{
			Name:  "keeps-old-keys",
			Doc:   "Adds each key that it fetches to a list, tries all of them, and never takes one out.",
			Kills: ids("key/rotation-old"),
			twist: func(b *behaviour) {
				var mu sync.Mutex
				var known []*key
				next := b.verifies
				b.verifies = func(pub *key, signed, signature []byte) error {
					mu.Lock()
					defer mu.Unlock()
					err := next(pub, signed, signature)
					if err == nil {
						known = append(known[:min(len(known), 8)], pub)
					}
					for _, old := range known {
						if err == nil {
							break
						}
						err = next(old, signed, signature)
					}
					return err
				}
			},
		},
		{
			Name:  "test-key-in-production",
			Doc:   "Is in production and still has the key of the tests: whoever has this tool can sign for it.",
			Kills: ids("key/test-key-refused"),
			Setup: Setup{Production: true},
			twist: func(*behaviour) {},
		},
	}
}
