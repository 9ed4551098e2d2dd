package mocksender

import (
	"crypto/rsa"
	"crypto/sha256"
	"sync"
	"sync/atomic"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxSignatures is how many signatures are remembered: about 8 MiB of them, and
// more than there are bodies under way at a time.
const maxSignatures = 16 << 10

// signer signs each distinct body once per key. Signing is nearly all the cost
// of a delivery, and a repeated body (a retry, a duplicate, a replay) has the
// same signature.
type signer struct {
	keys  *rtk.Keyring
	store *Signatures
	made  atomic.Uint64
}

// Signatures remembers signatures, so that each distinct body is signed once per
// key, also if several Senders share it. It is safe for concurrent use. Make one
// with NewSignatures.
type Signatures struct {
	mu     sync.Mutex
	known  map[signatureOf]*signature
	oldest []signatureOf // in order of arrival; a ring once it is full
	next   int           // the ring's oldest entry
}

type signatureOf struct {
	key  *rsa.PrivateKey
	body [sha256.Size]byte
}

type signature struct {
	once  sync.Once
	value string
	err   error
}

// NewSignatures returns an empty memory for 16384 signatures. The oldest are
// forgotten first.
func NewSignatures() *Signatures {
	return &Signatures{known: make(map[signatureOf]*signature)}
}

// sign returns the current key and its signature over body. It signs in the
// calling goroutine; others that need the same signature meanwhile wait.
func (s *signer) sign(body []byte) (*rsa.PrivateKey, string, error) {
	key, err := s.keys.Key()
	if err != nil {
		return nil, "", err
	}
	sig := s.store.entry(signatureOf{key, sha256.Sum256(body)})
	sig.once.Do(func() {
		sig.value, sig.err = rtk.Sign(key, body)
		s.made.Add(1)
	})
	return key, sig.value, sig.err
}

// entry returns the one signature of what, which may still have to be made.
func (s *Signatures) entry(what signatureOf) *signature {
	s.mu.Lock()
	defer s.mu.Unlock()
	sig := s.known[what]
	if sig != nil {
		return sig
	}
	sig = new(signature)
	if len(s.oldest) < maxSignatures {
		s.oldest = append(s.oldest, what)
	} else {
		delete(s.known, s.oldest[s.next])
		s.oldest[s.next] = what
		s.next = (s.next + 1) % maxSignatures
	}
	s.known[what] = sig
	return sig
}
