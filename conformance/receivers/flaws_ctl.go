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

// lockUp accepts what comes at once and, once that is over, nothing more. It is
// over when a few in a row have come alone: on a busy machine there may be a lull
// in the burst.
func lockUp(b *behaviour) {
	var c crowd
	var spoilt atomic.Bool
	var alone atomic.Int64 // since the last that was not
	next := b.serve
	b.serve = func(x *exchange) answer {
		others := c.enter()
		defer c.leave()
		switch {
		case alone.Load() >= lullMost:
			return status(http.StatusServiceUnavailable)
		case others >= burstRoom:
			spoilt.Store(true)
			alone.Store(0)
		case others > 0:
			alone.Store(0)
		case spoilt.Load():
			alone.Add(1)
		}
		contend(x, others)
		return next(x)
	}
}

// lullMost is how many deliveries come alone before a burst counts as over.
const lullMost = 3

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
