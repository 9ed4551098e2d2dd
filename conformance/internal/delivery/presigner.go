package delivery

import "sync"

// presigner signs the next deliveries of a serial run while the target is busy
// with the last one. Signing is nearly all the work that a run has, and it would
// be added to every answer. A run that is not serial has other checks to run
// meanwhile.
type presigner struct {
	bodies chan []byte // nil: nothing is signed ahead
	over   sync.WaitGroup
}

// presignLimit bounds the bodies that wait for their signature. Further ones are
// signed when they are sent.
const presignLimit = 64

// begin calls sign in a goroutine of its own, until end.
func (p *presigner) begin(sign func(body []byte)) {
	p.bodies = make(chan []byte, presignLimit)
	p.over.Go(func() {
		for body := range p.bodies {
			sign(body)
		}
	})
}

func (p *presigner) end() {
	if p.bodies != nil {
		close(p.bodies)
		p.over.Wait()
	}
}

// sign has a body signed, after the user's changes to it.
func (p *presigner) sign(override func([]byte) []byte, body []byte) {
	if p.bodies == nil {
		return
	}
	select {
	case p.bodies <- override(body):
	default:
	}
}
