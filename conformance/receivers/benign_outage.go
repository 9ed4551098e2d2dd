package receivers

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

// askedAlways are the checks that take down, as something that could be better,
// that the key is fetched for each delivery.
const askedAlways = `key/amplification key/outage-warm key/stampede`

// outageTwins do not hold the key, so that an outage of its endpoint makes them
// fail, and come out of it well.
func outageTwins() []Flaw {
	return []Flaw{
		{
			Name:  "fetches-every-time",
			Doc:   "Asks for the key with every request, as the guide's sample does, and answers 503 where it cannot be had.",
			Also:  ids(askedAlways),
			twist: fetchAlways,
		},
		{
			Name: "asks-for-time-without-key",
			Doc:  "While it has no key it answers 503 with Retry-After, as a server that is not ready does.",
			twist: func(b *behaviour) {
				b.refuse = func(x *exchange, err error) answer {
					if errors.Is(err, ErrNoKey) {
						return status(http.StatusServiceUnavailable).with("Retry-After", "1")
					}
					return unauthorised(x, err)
				}
			},
		},
		{
			Name:  "backs-off-from-key-endpoint",
			Doc:   "Asks for the key with every request, but after a fetch that failed not again until Config.EffectDelay has passed: it answers 503 meanwhile.",
			Also:  ids(askedAlways),
			twist: backOff,
		},
	}
}

func backOff(b *behaviour) {
	var mu sync.Mutex
	var until time.Time
	fetchAlways(b)
	next := b.authenticate
	b.authenticate = func(x *exchange) error {
		mu.Lock()
		off := x.at.Before(until)
		mu.Unlock()
		if off {
			return ErrNoKey
		}
		err := next(x)
		if errors.Is(err, ErrNoKey) {
			mu.Lock()
			until = time.Now().Add(x.rc.c.EffectDelay)
			mu.Unlock()
		}
		return err
	}
}
