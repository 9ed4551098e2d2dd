package conformance

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// FirstEffect waits up to limit until one of xs, which are genuine, has an effect, and
// returns that one, or nil. It looks while the run goes on: known is false where effects
// are not counted, or where no delivery of their kind is known to have one.
func (p *Probe) FirstEffect(limit time.Duration, xs ...*exchange.Exchange) (first *exchange.Exchange, known bool) {
	began := time.Now()
	defer func() { p.Waited(time.Since(began)) }()
	return p.run.effects.FirstEffect(p.ctx, limit, xs...)
}
