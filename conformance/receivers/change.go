package receivers

import (
	"errors"
	"slices"
	"sync"
)

// The changes of this file are the usual ways to differ from the reference. One
// that holds state is a function of the pipeline, so that each receiver has its
// own state.

// changes makes several changes, in order.
func changes(all ...change) change {
	return func(p *pipeline) {
		for _, c := range all {
			c(p)
		}
	}
}

// stop answers with code, before anything else, the requests for which when
// holds.
func stop(code int, when func(*exchange) bool) change {
	return stopWith(func(x *exchange) *response {
		if when(x) {
			return status(code)
		}
		return nil
	})
}

// stopWith lets f answer before anything else looks at a request.
func stopWith(f func(*exchange) *response) change {
	return func(p *pipeline) {
		next := p.admit
		p.admit = func(x *exchange) *response {
			if r := f(x); r != nil {
				return r
			}
			return next(x)
		}
	}
}

// anyMethod admits all methods.
func anyMethod(p *pipeline) { p.admit = func(*exchange) *response { return nil } }

// skipVerification takes a delivery for genuine if when holds.
func skipVerification(when func(*exchange) bool) change {
	return func(p *pipeline) {
		next := p.verify
		p.verify = func(x *exchange) error {
			if when(x) {
				return nil
			}
			return next(x)
		}
	}
}

// verifyOnce takes a delivery for genuine if one with the same id was genuine.
func verifyOnce(id func(*exchange) string) change {
	return func(p *pipeline) {
		var known set
		next := p.verify
		p.verify = func(x *exchange) error {
			if known.has(id(x)) {
				return nil
			}
			err := next(x)
			if err == nil {
				known.add(id(x))
			}
			return err
		}
	}
}

// forgive takes a delivery for genuine if its verification ended in one of
// errs.
func forgive(errs ...error) change {
	return forgiveIf(func(_ *exchange, err error) bool {
		return slices.ContainsFunc(errs, func(e error) bool { return errors.Is(err, e) })
	})
}

// forgiveIf takes a delivery that does not verify for genuine if when holds.
func forgiveIf(when func(*exchange, error) bool) change {
	return func(p *pipeline) {
		next := p.verify
		p.verify = func(x *exchange) error {
			if err := next(x); err != nil && !when(x, err) {
				return err
			}
			return nil
		}
	}
}

// fetchAlways fetches the key for every request, as the guide's sample does.
func fetchAlways(p *pipeline) { p.source = p.fetcher.uncached(p.env.config.KeyURL) }

// verifyWith verifies with f and not with RSA-SHA256.
func verifyWith(f func(pub *key, signed, signature []byte) bool) change {
	return func(p *pipeline) {
		p.verifyRSA = func(pub *key, signed, signature []byte) error {
			if f(pub, signed, signature) {
				return nil
			}
			return errForged
		}
	}
}

// verifyAlso also takes what satisfies f for genuine.
func verifyAlso(f func(pub *key, signed, signature []byte) bool) change {
	return func(p *pipeline) {
		next := p.verifyRSA
		p.verifyRSA = func(pub *key, signed, signature []byte) error {
			err := next(pub, signed, signature)
			if err != nil && f(pub, signed, signature) {
				return nil
			}
			return err
		}
	}
}

// verifyBytes verifies other bytes than the raw body.
func verifyBytes(f func(body []byte) ([]byte, error)) change {
	return func(p *pipeline) { p.signedBytes = f }
}

// rejectWith answers what does not verify. Without a key it answers as the
// reference does.
func rejectWith(f func(*exchange, error) *response) change {
	return func(p *pipeline) {
		p.reject = func(x *exchange, err error) *response {
			if errors.Is(err, ErrNoKey) {
				return unauthorized(x, err)
			}
			return f(x, err)
		}
	}
}

// rejectEvents answers with code the genuine events for which when holds, and
// does not act on them.
func rejectEvents(code int, when func(*exchange) bool) change {
	return func(p *pipeline) {
		next := p.validate
		p.validate = func(x *exchange) *response {
			if when(x) {
				return status(code)
			}
			return next(x)
		}
	}
}

// ignoreEvents does nothing about genuine events for which when holds, and
// answers as if it had.
func ignoreEvents(when func(*exchange) bool) change {
	return func(p *pipeline) {
		next := p.wanted
		p.wanted = func(x *exchange) bool { return !when(x) && next(x) }
	}
}

// dedupeBy takes events with the same key for duplicates. Those with an empty
// key have none.
func dedupeBy(key func(*exchange) string) change {
	return func(p *pipeline) { p.dedupeKey = key }
}

func noDedupe(p *pipeline) { p.dedupeKey = func(*exchange) string { return "" } }

func noLinks(p *pipeline) { p.links = func(*exchange) []string { return nil } }

// acceptWith answers what is accepted.
func acceptWith(r *response) change {
	return func(p *pipeline) { p.accept = func(*exchange) *response { return r } }
}

// respondWith gives f the last word on every answer.
func respondWith(f func(*exchange, *response) *response) change {
	return func(p *pipeline) { p.respond = f }
}

// set is a set that is safe for concurrent use.
type set struct{ m sync.Map }

func (s *set) has(id any) bool {
	_, there := s.m.Load(id)
	return there
}

// add puts id in and reports whether it was not there before.
func (s *set) add(id any) bool {
	_, there := s.m.LoadOrStore(id, nil)
	return !there
}

func (s *set) remove(id any) { s.m.Delete(id) }
