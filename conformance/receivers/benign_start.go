package receivers

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
)

// startTwins have their key from elsewhere than from the first delivery.
func startTwins() []Flaw {
	return []Flaw{
		{
			Name: "starts-only-with-key",
			Doc:  "Fetches the key when it starts, and ends if that fails: senders meet a closed port, and try again. A changed key is found as the reference finds it.",
			twist: func(b *behaviour) {
				b.start = func(ctx context.Context, rc *Receiver) error {
					_, err := rc.keys.current(ctx)
					return err
				}
			},
		},
		{
			Name:  "polls-for-key",
			Doc:   "Fetches the key in the background every Config.EffectDelay, and never for a delivery: it answers 503 while it has none.",
			Setup: Setup{RotationGrace: true},
			Also:  ids("key/unsigned-no-fetch dlv/inflight-claim"), // should a fetch fall among the deliveries
			twist: func(b *behaviour) {
				var latest atomic.Pointer[key]
				var once sync.Once
				begin := func(rc *Receiver) {
					once.Do(func() {
						rc.spawn(func(ctx context.Context) {
							for more := true; more; more = pause(ctx, rc.c.EffectDelay) {
								if pub, err := rc.fetchKey(ctx, rc.c.KeyURL); err == nil {
									latest.Store(pub)
								}
							}
						})
					})
				}
				b.start = func(_ context.Context, rc *Receiver) error {
					begin(rc)
					return nil
				}
				b.keys = func(x *exchange) keys {
					begin(x.rc)
					return held{latest.Load()}
				}
			},
		},
		{
			Name: "tries-the-key-again",
			Doc:  "Stands behind a proxy that tries a delivery again when it is answered 5xx, three times in all.",
			twist: func(b *behaviour) {
				next := b.authenticate
				b.authenticate = func(x *exchange) error {
					err := next(x)
					for range 2 {
						if !errors.Is(err, ErrNoKey) || !x.pause(x.rc.c.Pause) {
							break
						}
						err = next(x)
					}
					return err
				}
			},
		},
		{
			Name:  "real-service",
			Doc:   "Is configured for the real service, whose key nobody here has: it refuses everything.",
			Setup: Setup{Production: true},
			twist: func(b *behaviour) {
				b.authenticate = func(x *exchange) error {
					if x.signature() == "" {
						return errMissing
					}
					return errForged
				}
				refusing(func(*exchange, error) answer { return status(http.StatusUnauthorized) })(b)
			},
		},
	}
}
