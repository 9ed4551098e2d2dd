package conformance

import (
	"crypto/rsa"
	"errors"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Keys is the key endpoint, as a check disturbs and watches it.
type Keys struct {
	*wellknown.Server
	p *Probe
}

// Keys disturbs and watches the key endpoint.
func (p *Probe) Keys() Keys { return Keys{p.Endpoints().KeyServer, p} }

// SetFault switches a fault of the key endpoint on, or off with wellknown.None.
// Only exclusive checks may.
func (k Keys) SetFault(f wellknown.Fault) {
	if err := k.Server.SetFault(f); err != nil {
		k.p.HarnessError(err)
	}
}

// Rotate has the harness serve, and sign with, a new key from now on, and returns
// the old one. It is done in the phase Final. ok is false if there is no new key.
func (k Keys) Rotate() (old *rsa.PrivateKey, ok bool) {
	keys, r := k.p.Endpoints().Keys, k.p.run
	old, failed := keys.Key()
	if r.nextKey == nil {
		r.nextKey = rtk.GenerateKeyring()
	}
	next, err := r.nextKey.Key()
	if err := errors.Join(failed, err); err != nil {
		k.p.HarnessError(err)
		return nil, false
	}
	keys.Rotate(next)
	r.nextKey = nil
	if r.oldKey == nil {
		r.oldKey = old
	}
	return old, true
}
