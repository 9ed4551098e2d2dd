package receivers

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// keyTwins read keys and headers in another way.
func keyTwins() []Spec {
	return []Spec{
		{
			Name:   "pinned-key",
			Doc:    "Has the key in its configuration (Config.PublicKey) and never fetches one.",
			Setup:  Setup{PublicKey: true},
			change: func(p *pipeline) { p.source = fixedKey(p.env.config.PublicKey) },
		},
		{
			Name:   "refetches-rarely",
			Doc:    "Waits for Config.Rarely, by default thirty seconds, between two fetches of the key, to be safe from floods. After one that failed it tries again soon.",
			Setup:  Setup{RotationGrace: true},
			change: func(p *pipeline) { p.cache.refetchEvery = p.env.config.Rarely },
		},
		{
			Name:   "refetches-each-second",
			Doc:    "Waits a second between two fetches of the key. What does not verify meanwhile is answered 401.",
			change: func(p *pipeline) { p.cache.refetchEvery = time.Second },
		},
		{
			Name:   "asks-for-time-between-fetches",
			Doc:    "Waits a second between two fetches of the key. What does not verify meanwhile is answered 503, since the key may have changed.",
			change: askForTime,
		},
		{
			Name: "says-when-to-come-back",
			Doc:  "Waits a second between two fetches of the key. What does not verify meanwhile is answered 503 with Retry-After, since the key may have changed. That is no limit of its rate.",
			change: func(p *pipeline) {
				askForTime(p)
				sayWhenToComeBack(p)
			},
		},
		{
			Name: "uses-last-header",
			Doc:  "Verifies the last of several signature headers, as a map of headers does that overwrites.",
			change: func(p *pipeline) {
				p.signature = func(x *exchange) (string, error) {
					values := x.r.Header.Values(x.headers.Signature)
					if len(values) == 0 || values[len(values)-1] == "" {
						return "", errMissing
					}
					return values[len(values)-1], nil
				}
			},
		},
		{
			Name:   "caches-before-import-shortly",
			Doc:    "Keeps the text of a key document for Config.EffectDelay, before it knows that there is a key in it.",
			change: keepServed(func(c Config) time.Duration { return c.EffectDelay }),
		},
		// The next three do not keep the key, so that an outage of its endpoint
		// makes them fail. They recover well from it.
		{
			Name:      "fetches-every-time",
			Doc:       "Fetches the key with every request, as the guide's sample does, and answers 503 if that fails.",
			MayReport: ids(alwaysFetched),
			change:    fetchAlways,
		},
		{
			Name:   "asks-for-time-without-key",
			Doc:    "While it has no key it answers 503 with Retry-After, as a server does that is not ready.",
			change: sayWhenToComeBack,
		},
		{
			Name:      "backs-off-from-key-endpoint",
			Doc:       "Fetches the key with every request. After a fetch that failed it answers 503, and fetches no key, until Config.EffectDelay has passed.",
			MayReport: ids(alwaysFetched),
			change:    backOff,
		},
	}
}

func sayWhenToComeBack(p *pipeline) {
	p.reject = func(x *exchange, err error) *response {
		if errors.Is(err, ErrNoKey) {
			return status(http.StatusServiceUnavailable).with("Retry-After", "1")
		}
		return unauthorized(x, err)
	}
}

func askForTime(p *pipeline) {
	c := p.cache
	c.refetchEvery = time.Second
	latest := func() time.Time {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.last
	}
	next := p.verify
	p.verify = func(x *exchange) error {
		before := latest()
		err := next(x)
		if errors.Is(err, errForged) && latest().Equal(before) {
			return ErrNoKey // it has not asked whether there is another
		}
		return err
	}
}

func backOff(p *pipeline) {
	fetchAlways(p)
	var until atomic.Pointer[time.Time]
	until.Store(new(time.Time))
	next := p.verify
	p.verify = func(x *exchange) error {
		if x.At.Before(*until.Load()) {
			return ErrNoKey
		}
		err := next(x)
		if errors.Is(err, ErrNoKey) {
			until.Store(new(time.Now().Add(x.config.EffectDelay)))
		}
		return err
	}
}

// startTwins do not get their key because of the first delivery.
func startTwins() []Spec {
	return []Spec{
		{
			Name: "starts-only-with-key",
			Doc:  "Fetches the key when it starts, and ends if that fails. Senders then meet a closed port, and try again. It finds a changed key as the reference does.",
			change: func(p *pipeline) {
				p.start = func(ctx context.Context) error {
					_, err := p.source(ctx, nil)
					return err
				}
			},
		},
		{
			Name:      "polls-for-key",
			Doc:       "Fetches the key in the background every Config.EffectDelay, and never for a delivery. It answers 503 while it has none.",
			Setup:     Setup{RotationGrace: true},
			MayReport: ids("key/unsigned-no-fetch dlv/inflight-claim"), // if a fetch happens during the deliveries
			change:    pollForKey,
		},
		{
			Name: "tries-the-key-again",
			Doc:  "Is behind a proxy that tries a delivery again when it is answered 5xx, three times in all.",
			change: func(p *pipeline) {
				next := p.verify
				p.verify = func(x *exchange) error {
					err := next(x)
					for range 2 {
						if !errors.Is(err, ErrNoKey) || !x.pause(x.config.Pause) {
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
			Doc:   "Is configured for the real service. Nobody here has that key, so it rejects everything.",
			Setup: Setup{Production: true},
			change: func(p *pipeline) {
				p.verify = func(x *exchange) error {
					if x.signature() == "" {
						return errMissing
					}
					return errForged
				}
				rejectWith(func(*exchange, error) *response { return status(http.StatusUnauthorized) })(p)
			},
		},
	}
}

func pollForKey(p *pipeline) {
	var latest atomic.Pointer[key]
	poll := func(ctx context.Context) {
		for more := true; more; more = pause(ctx, p.env.config.EffectDelay) {
			if pub, err := p.fetcher.fetch(ctx, p.env.config.KeyURL); err == nil {
				latest.Store(pub)
			}
		}
	}
	begin := sync.OnceFunc(func() { p.env.background.start(poll) })
	p.start = func(context.Context) error {
		begin()
		return nil
	}
	p.keys = func(*exchange) keySource {
		begin()
		return fixedKey(latest.Load())
	}
}
