package receivers

import (
	"crypto/hmac"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

func controlFlaws() []Spec {
	return []Spec{
		{
			Name:     "refuses-everything",
			Doc:      "Answers 401 to all deliveries. It passes every check that expects a rejection, unless genuine deliveries come before and after.",
			CaughtBy: ids("ctl/valid-accepted"),
			change: func(p *pipeline) {
				p.verify = func(*exchange) error { return errForged }
			},
		},
		{
			Name:     "hmac-instead-of-rsa",
			Doc:      "Computes an HMAC-SHA256 with the key as a shared secret, as most other webhooks need it. No genuine delivery is accepted.",
			CaughtBy: ids("ctl/valid-accepted"),
			change: verifyWith(func(pub *key, signed, signature []byte) bool {
				return hmac.Equal(macOf(pub, signed), signature)
			}),
		},
		{
			Name:     "dies-on-garbage",
			Doc:      "An uncaught exception while decoding Base64 ends the process. After one garbage signature nobody answers any more.",
			CaughtBy: ids("ctl/alive-after"),
			change:   dieAfter(func(x *exchange, _ *response) bool { return errors.Is(x.VerifyErr, errBase64) }),
		},
		{
			Name:     "leaks-on-refusal",
			Doc:      "The code that rejects a forgery does not give its database connection back. After twenty forgeries the pool is empty, and everything is answered 503.",
			CaughtBy: ids("ctl/alive-after"),
			change: func(p *pipeline) {
				var leaked atomic.Int64
				next := p.reject
				p.reject = func(x *exchange, err error) *response {
					leaked.Add(1)
					return next(x, err)
				}
				stop(http.StatusServiceUnavailable, func(*exchange) bool { return leaked.Load() >= 20 })(p)
			},
		},
		{
			Name:     "locks-up-after-burst",
			Doc:      "Many deliveries at once leave a lock that is never released. All of them are accepted, and nothing after them.",
			CaughtBy: ids("ctl/alive-after"),
			change:   lockUp,
		},
		{
			Name:     "no-verification",
			Doc:      "Never looks at the signature: the guide's first sample, put into production.",
			CaughtBy: ids("ctl/key-held", unread, "sig/missing-header sig/empty-header sig/effect-before-verify"),
			change:   skipVerification(func(*exchange) bool { return true }),
		},
		{
			Name:     "presence-only",
			Doc:      "Checks that rtk-signature is there, and never what it says. The rest was left for later.",
			CaughtBy: ids("ctl/key-held", unread, "sig/effect-before-verify"),
			change: func(p *pipeline) {
				p.verify = func(x *exchange) error {
					if x.signature() == "" {
						return errMissing
					}
					return nil
				}
			},
		},
	}
}

// dieAfter ends the process after an answer for which when holds.
func dieAfter(when func(*exchange, *response) bool) change {
	return func(p *pipeline) {
		var dead atomic.Bool
		next := p.serve
		p.serve = func(x *exchange) *response {
			if dead.Load() {
				return hangUp()
			}
			r := next(x)
			if when(x, r) {
				dead.Store(true)
				return hangUp()
			}
			return r
		}
	}
}

// lockUp accepts what comes at once and, once the burst is over, nothing more.
// It is over when a few in a row have come alone: on a busy machine there may be
// a pause in the burst.
func lockUp(p *pipeline) {
	const pauseInBurst = 3
	var hadBurst atomic.Bool
	var alone atomic.Int64 // deliveries in a row
	countConcurrent(func(_ *exchange, others int) *response {
		switch {
		case alone.Load() >= pauseInBurst:
			return status(http.StatusServiceUnavailable)
		case others >= burstLimit:
			hadBurst.Store(true)
			alone.Store(0)
		case others > 0:
			alone.Store(0)
		case hadBurst.Load():
			alone.Add(1)
		}
		return nil
	})(p)
}

// burstLimit is how many deliveries at once are a burst to a flawed receiver.
// Checks that run at the same time stay below it.
const burstLimit = 8

// countConcurrent lets f answer first. It gives f the number of other requests
// that are under way.
func countConcurrent(f func(x *exchange, others int) *response) change {
	return func(p *pipeline) {
		var running atomic.Int64
		next := p.serve
		p.serve = func(x *exchange) *response {
			others := running.Add(1) - 1
			defer running.Add(-1)
			if r := f(x, int(others)); r != nil {
				return r
			}
			// As behind one lock: a burst piles up, and single requests hardly wait.
			x.pause(time.Duration(others+1) * 6 * time.Millisecond)
			return next(x)
		}
	}
}
