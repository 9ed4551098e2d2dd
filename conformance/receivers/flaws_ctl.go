package receivers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// afterDeath are the checks that take a dead receiver for their own finding.
const afterDeath = `evt/text-torture evt/duplicate-json-keys evt/deep-nesting rsp/poison rsp/burst`

func gateFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "refuses-everything",
			Doc:   "Answers 401 to all deliveries. It passes every rejection that is not bracketed by genuine deliveries.",
			Kills: ids("ctl/valid-accepted"),
			twist: func(b *behaviour) {
				b.authenticate = func(*exchange) error { return errForged }
			},
		},
		{
			Name:  "hmac-instead-of-rsa",
			Doc:   "Computes an HMAC-SHA256 with the key as shared secret, as most other webhooks want it: no genuine delivery gets in.",
			Kills: ids("ctl/valid-accepted"),
			twist: func(b *behaviour) {
				b.verifies = func(pub *key, signed, signature []byte) error {
					if mac, err := macWith(pub, signed); err == nil && hmac.Equal(mac, signature) {
						return nil
					}
					return errForged
				}
			},
		},
		{
			Name:  "dies-on-garbage",
			Doc:   "An uncaught exception while decoding Base64 ends the process: garbage as signature, and nobody answers any more.",
			Kills: ids("ctl/alive-after"),
			Also:  ids(afterDeath),
			twist: func(b *behaviour) {
				var dead atomic.Bool
				b.refuse = func(x *exchange, err error) answer {
					if errors.Is(err, errBase64) {
						dead.Store(true)
						return answer{cut: true}
					}
					return unauthorised(x, err)
				}
				admitting(func(*exchange) *answer {
					if !dead.Load() {
						return nil
					}
					return &answer{cut: true}
				})(b)
			},
		},
		{
			Name:  "leaks-on-refusal",
			Doc:   "The path that refuses a forgery does not give its database connection back. After twenty forgeries the pool is empty, and everything is answered 503.",
			Kills: ids("ctl/alive-after"),
			Also:  ids(afterDeath),
			twist: func(b *behaviour) {
				var leaked atomic.Int64
				b.refuse = func(x *exchange, err error) answer {
					leaked.Add(1)
					return unauthorised(x, err)
				}
				admitting(func(*exchange) *answer {
					if leaked.Load() < 20 {
						return nil
					}
					a := status(http.StatusServiceUnavailable)
					return &a
				})(b)
			},
		},
		{
			Name:  "locks-up-after-burst",
			Doc:   "Many deliveries at once leave a lock behind that is never released: all of them are accepted, and nothing after them.",
			Kills: ids("ctl/alive-after"),
			Also:  ids("rsp/burst"), // on a busy machine, there is a lull in the burst
			twist: lockUp,
		},
		{
			Name:  "no-verification",
			Doc:   "Never looks at the signature: the guide's first sample, put into production.",
			Kills: ids("ctl/key-held", unread, "sig/missing-header sig/empty-header sig/effect-before-verify"),
			twist: func(b *behaviour) {
				b.authenticate = func(*exchange) error { return nil }
			},
		},
		{
			Name:  "presence-only",
			Doc:   "Asks whether rtk-signature is there, and never what it says: a verification that was left for later.",
			Kills: ids("ctl/key-held", unread, "sig/effect-before-verify"),
			twist: func(b *behaviour) {
				b.authenticate = func(x *exchange) error {
					if x.signature() == "" {
						return errMissing
					}
					return nil
				}
			},
		},
	}
}

// lockUp accepts what comes at once and, once that is over, nothing more.
func lockUp(b *behaviour) {
	var c crowd
	var spoilt, stuck atomic.Bool
	next := b.serve
	b.serve = func(x *exchange) answer {
		others := c.enter()
		defer func() {
			if c.leave() == 0 && spoilt.Load() {
				stuck.Store(true)
			}
		}()
		if stuck.Load() {
			return status(http.StatusServiceUnavailable)
		}
		if others >= burstRoom {
			spoilt.Store(true)
		}
		contend(x, others)
		return next(x)
	}
}

// macWith is the HMAC of those who take the public key for a shared secret.
func macWith(pub *key, signed []byte) ([]byte, error) {
	secret, err := rtk.PublicPEM(pub)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(signed)
	return mac.Sum(nil), nil
}

// macMatches reports whether value is the MAC in hex, or signature its bytes.
func macMatches(mac []byte, value string, signature []byte) bool {
	return hmac.Equal([]byte(hex.EncodeToString(mac)), []byte(value)) || hmac.Equal(mac, signature)
}
