package scenarios

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// gather makes all events of a block, and then delivers them in another order
// or at one instant.
func (l *lane) gather(ctx context.Context, s *step, round int) error {
	var all []shipment
	for _, inner := range s.steps {
		l.stage.begin(l, inner)
		err := l.collect(ctx, inner, &all)
		if err != nil {
			if err = at(inner, err); !l.stage.forgive(inner, err) {
				return err
			}
			l.broken[inner.as] = true
		}
	}
	if s.shuffle {
		rng := rand.New(rand.NewPCG(l.seed, derive(l.seed, fmt.Sprintf("shuffle %s %d", s.info.Number, round))))
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		// They have all happened before the first goes out.
		for i := range all {
			all[i].due = l.now()
		}
	}
	b := batch{pace: paceSerial, several: true}
	if s.pace == paceTogether {
		b.pace = paceTogether
	}
	b.ships = func(yield func(shipment, error) bool) {
		for _, ship := range all {
			if !yield(ship, nil) {
				return
			}
		}
	}
	return l.stage.deliver(ctx, l, b)
}

func (l *lane) collect(ctx context.Context, s *step, all *[]shipment) error {
	switch s.verb {
	case doEmit, doRepeat, doSend:
		for ship, err := range l.shipments(ctx, s) {
			if err != nil {
				return err
			}
			*all = append(*all, ship)
		}
		return nil
	case doSession:
		if err := l.cast.advance(s.after); err != nil {
			return err
		}
		return l.cast.next()
	default:
		return l.cast.advance(s.after)
	}
}
