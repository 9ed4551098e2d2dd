package conformance

import (
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// presigner signs what a serial run is going to send while the target is busy with
// what was sent before. Signing is nearly all the work that a run has of its
// own, and otherwise is added to every answer. A run that is not serial has
// other checks to do meanwhile.
type presigner struct {
	bodies chan []byte // nil: nothing is signed ahead
	over   sync.WaitGroup
}

// aheadAtMost bounds the bodies that wait for their signature. What is beyond
// is signed when it is sent.
const aheadAtMost = 64

// begin has sign called, in a goroutine of its own, until end.
func (a *presigner) begin(sign func(body []byte)) {
	a.bodies = make(chan []byte, aheadAtMost)
	a.over.Go(func() {
		for body := range a.bodies {
			sign(body)
		}
	})
}

func (a *presigner) end() {
	if a.bodies != nil {
		close(a.bodies)
		a.over.Wait()
	}
}

// presign says that events are going to be sent as they are, in this order.
func (r *run) presign(events ...rtk.Event) {
	if r.presigner.bodies == nil {
		return
	}
	for _, e := range events {
		if e.Type.Known() && !r.subscribed(e.Type) {
			continue
		}
		select {
		case r.presigner.bodies <- r.o.applyOverrides(e.Body):
		default:
		}
	}
}

// Presign says that events are going to be sent as they are, in this order, so that
// they can be made ready meanwhile. Those that are not subscribed are passed
// over. It changes nothing but the time that a run takes.
func (p *Probe) Presign(events ...rtk.Event) { p.run.presign(events...) }
