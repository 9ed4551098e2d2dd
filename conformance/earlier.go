package conformance

import "crypto/rsa"

// Earlier are keys that earlier runs have signed with. A target that runs for
// longer than one run, or keeps its key on disk, may still verify with one of them.
type Earlier struct {
	// Keys are tried where the first genuine delivery is refused, in this order. The
	// run goes on with the one that is accepted.
	Keys []*rsa.PrivateKey
	// Place says for the report where the keys are kept, and how to drop them.
	Place string
	// Adopted is the key that the run goes on with. Nil: none of these.
	Adopted *rsa.PrivateKey
}

// Adopt has the harness serve, and sign with, a key of Endpoints.Earlier from now
// on.
func (k Keys) Adopt(key *rsa.PrivateKey) {
	k.p.Endpoints().Keys.Rotate(key)
	k.p.Endpoints().Earlier.Adopted = key
}

// Disown takes Adopt back: the harness signs with key, that of this run.
func (k Keys) Disown(key *rsa.PrivateKey) {
	k.p.Endpoints().Keys.Rotate(key)
	k.p.Endpoints().Earlier.Adopted = nil
}
