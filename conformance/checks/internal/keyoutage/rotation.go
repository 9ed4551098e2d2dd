package keyoutage

import (
	"crypto/rsa"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
)

// Rotation is a change of the key, and what the target did.
type Rotation struct {
	Old          *rsa.PrivateKey
	First, Taken *exchange.Exchange // the first delivery signed by the new key, and the last
	Took         time.Duration      // from the change to the end of Taken
	Fetches      int                // of the key since the change
	Lost         bool               // First was refused, and a later one accepted at once
}

// Accepted reports that the target accepts the new key.
func (r *Rotation) Accepted() bool { return r.Taken.Accepted() }

// Rotated returns the rotation of the run, nil if there was none yet.
func Rotated(p *conformance.Probe) *Rotation { return of(p).rotation }

// Rotate changes the key, and sends deliveries until one is accepted or
// Options.RotationGrace is over. It does so once in a run, and only in the phase
// Final; where the change may have come too soon after a fetch, there is another one.
// It returns nil if there is no new key.
func Rotate(p *conformance.Probe) *Rotation {
	if r := Rotated(p); r != nil {
		return r
	}
	p.Progress(0, "the key is changed")
	AwaitCooldown(p)
	r := change(p)
	if r != nil && r.First.Answer == exchange.Refused && (r.Lost || !r.Accepted()) && p.Options().RotationGrace == 0 && p.Context().Err() == nil {
		// A forgery of this run may have made it fetch the key less than a second ago.
		held := r.Old
		awaitCooldown(p, longCooldown)
		if r = change(p); r != nil {
			r.Old = held
		}
	}
	of(p).rotation = r
	return r
}

// change changes the key, and sends deliveries until one is accepted.
func change(p *conformance.Probe) *Rotation {
	mark := p.Keys().Mark()
	old, ok := p.Keys().Rotate()
	if !ok {
		return nil
	}
	began := time.Now()
	r := &Rotation{Old: old}
	r.First = p.Offer("the first delivery signed by a new key", mocksender.Delivery{Event: p.FreshAny()})
	if r.Taken = r.First; r.First.Answer == exchange.Refused {
		r.retry(p)
	}
	if r.First.Answer == exchange.Failing {
		r.resend(p, began)
	}
	if left := p.Options().RotationGrace - time.Since(began); !r.Accepted() && left > 0 && p.Context().Err() == nil {
		p.Progress(left, "a delivery signed by a new key: %s; waiting %s more (--rotation-grace)", r.First.Answered(), left.Round(time.Second/10))
		r.Taken = recoverWithin(p, "a delivery signed by a new key", left, nil)
	}
	r.Took, r.Fetches = time.Since(began), p.Keys().FetchesSince(mark)
	return r
}

// longCooldown is how long ago the last fetch has to be so that a receiver that waits a
// second between two fetches is ready for the next one. The real key changes when
// nobody has sent a forgery for hours.
const longCooldown = 1250 * time.Millisecond

// resendEvery is the wait between two attempts of resend.
const resendEvery = 250 * time.Millisecond

// resend sends the first delivery again for as long as the real sender does. A target
// that answers 503 until it may fetch the key asks for just that, and the retries of
// a run are sooner.
func (r *Rotation) resend(p *conformance.Probe, began time.Time) {
	profile, err := mocksender.ParseProfile(p.Options().Profile.Name)
	if err != nil {
		return
	}
	var limit time.Duration
	for _, wait := range profile.Waits {
		limit += wait
	}
	for !r.Accepted() && time.Since(began) < limit && p.Context().Err() == nil {
		p.Pause(resendEvery)
		r.Taken = p.Send().Once(exchange.Nonstandard, "the first delivery signed by a new key, as late as the real sender's retries",
			mocksender.Delivery{UUID: r.First.Delivery.UUID, Event: r.First.Made})
	}
}

// retry finds out whether the first delivery was refused for its key. It was not,
// if another one is accepted and the first is refused again.
func (r *Rotation) retry(p *conformance.Probe) {
	other := p.Deliver("another delivery signed by a new key", p.FreshAny())
	if !other.Accepted() {
		return
	}
	same := p.Deliver("the first delivery signed by a new key, sent again", r.First.Made)
	if same.Answer == exchange.Refused {
		r.First, r.Taken = other, other
		return
	}
	r.Lost = true
	r.Taken = other
}
