package conformance

import (
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ahead signs what a serial run is going to send while the target is busy with
// what was sent before. Signing is nearly all the work that a run has of its
// own, and otherwise is added to every answer. A run that is not serial has
// other checks to do meanwhile.
type ahead struct {
	bodies chan []byte // nil: nothing is signed ahead
	over   sync.WaitGroup
}

// aheadAtMost bounds the bodies that wait for their signature. What is beyond
// is signed when it is sent.
const aheadAtMost = 64

// begin has sign called, in a goroutine of its own, until end.
func (a *ahead) begin(sign func(body []byte)) {
	a.bodies = make(chan []byte, aheadAtMost)
	a.over.Go(func() {
		for body := range a.bodies {
			sign(body)
		}
	})
}

func (a *ahead) end() {
	if a.bodies != nil {
		close(a.bodies)
		a.over.Wait()
	}
}

// soon says that events are going to be sent as they are, in this order.
func (r *run) soon(events ...rtk.Event) {
	if r.ahead.bodies == nil {
		return
	}
	for _, e := range events {
		if e.Type.Known() && !r.subscribed(e.Type) {
			continue
		}
		select {
		case r.ahead.bodies <- r.o.dress(e.Body):
		default:
		}
	}
}

// Soon says that events are going to be sent as they are, in this order, so that
// they can be made ready meanwhile. Those that are not subscribed are passed
// over. It changes nothing but the time that a run takes.
func (p *Probe) Soon(events ...rtk.Event) { p.run.soon(events...) }
