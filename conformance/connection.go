package conformance

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
)

// Pipeline sends deliveries on one connection. It belongs to the goroutine of its
// probe. Close it in the end.
type Pipeline struct {
	p    *Probe
	line *mocksender.Pipeline
}

// Pipeline returns a line to the target: one connection, for as long as the target
// keeps it, whose answers are taken as they come.
func (p *Probe) Pipeline() *Pipeline {
	return &Pipeline{p: p, line: p.run.single.Pipeline(p.run.o.Target.URL)}
}

// Deliver makes a single attempt of a delivery and judges nothing. It is no
// part of the ledger. reused says that the connection had carried an answer
// before.
func (l *Pipeline) Deliver(label string, d mocksender.Delivery) (s *Exchange, reused bool) {
	p := l.p
	release, err := p.run.pace.acquire(p.ctx)
	if err != nil {
		return &Exchange{Label: label}, false
	}
	defer release()
	if d, err = p.selfCheck(d); err != nil {
		p.failed(label, err)
		return &Exchange{Label: label}, false
	}
	if p.run.o.Parallel == 1 {
		p.run.takes(p.run.single)
	}
	receipt, reused, err := l.line.Send(p.ctx, d)
	if err != nil {
		p.failed(label, err)
		return &Exchange{Label: label}, false
	}
	s = p.run.record(label, nonstandard, receipt)
	p.run.pace.heed(s)
	return s, reused
}

// Close closes the connection.
func (l *Pipeline) Close() { l.line.Close() }

// SendUnlogged sends d once and keeps no account of it: what is large would be kept
// for as long as the run.
func (p *Probe) SendUnlogged(d mocksender.Delivery) mocksender.Outcome {
	d, err := p.selfCheck(d)
	if err == nil {
		var receipt mocksender.Receipt
		if receipt, err = p.run.single.Send(p.ctx, p.run.o.Target.URL, d); err == nil {
			return receipt.Last().Outcome
		}
	}
	p.failed("a delivery beside", err)
	return mocksender.Outcome{}
}

// How connections are opened on which nothing comes.
const (
	stallTogether = 16          // at a time
	stallTime     = time.Second // all of them
)

// OpenIdle opens n connections to the target on which a request is not ended: one
// third are silent, one third end in the header of d, one third in its body. It
// gives up on more when a second has passed. held is how many are open; release
// closes them.
func (p *Probe) OpenIdle(n int, d mocksender.Delivery) (held int, release func()) {
	d, err := p.selfCheck(d)
	if err != nil {
		p.failed("an unfinished delivery", err)
		return 0, func() {}
	}
	ctx, cancel := context.WithTimeout(p.ctx, stallTime)
	defer cancel()
	wheres := []mocksender.IdlePoint{mocksender.IdleAtOnce, mocksender.IdleInHead, mocksender.IdleInBody}
	open := make([]io.Closer, n)
	errs := make([]error, n)
	slots := make(chan struct{}, stallTogether)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() == nil {
				open[i], errs[i] = p.run.single.OpenIdle(ctx, p.run.o.Target.URL, d, wheres[i%len(wheres)])
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if refused := new(mocksender.NetError); err != nil && !errors.As(err, &refused) {
			p.harness(err)
			break
		}
		if open[i] != nil {
			held++
		}
	}
	return held, func() {
		for _, c := range open {
			if c != nil {
				_ = c.Close()
			}
		}
	}
}
