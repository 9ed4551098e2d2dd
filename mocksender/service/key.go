package service

import (
	"crypto/rsa"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// KeyStatus is the signing key and its endpoint.
type KeyStatus struct {
	Fingerprint string `json:"fingerprint"`
	PublicKey   string `json:"public_key"`
	Fault       string `json:"fault"`
	Fetches     int    `json:"fetches"`
}

// Key returns the present signing key and how its endpoint answers.
func (s *Service) Key() (KeyStatus, error) {
	out := KeyStatus{Fault: s.o.Keys.Fault().String(), Fetches: s.o.Keys.Fetches()}
	key, err := s.o.Keys.Keys().Key()
	if err != nil {
		return out, err
	}
	if out.Fingerprint, err = rtk.Fingerprint(&key.PublicKey); err != nil {
		return out, err
	}
	out.PublicKey, err = rtk.PublicPEM(&key.PublicKey)
	return out, err
}

// SetKeyFault makes the key endpoint fail. The error matches wellknown.ErrFault.
func (s *Service) SetKeyFault(f wellknown.Fault) error {
	if err := s.o.Keys.SetFault(f); err != nil {
		return err
	}
	s.updates.report(Update{Kind: KeyChanged})
	return nil
}

// Rotate makes a fresh key the signing key. It also signs what waits for its next
// attempt.
func (s *Service) Rotate() error {
	key, err := rtk.GenerateKey()
	if err == nil {
		err = s.storeKey(key)
	}
	if err != nil {
		return err
	}
	s.o.Keys.Keys().Rotate(key)
	s.updates.report(Update{Kind: KeyChanged})
	return nil
}

// keepKey stores the present key, since a script may have changed it.
func (s *Service) keepKey() {
	key, err := s.o.Keys.Keys().Key()
	if err == nil {
		err = s.storeKey(key)
	}
	if err != nil {
		s.o.Log.Error("the key could not be stored", "error", err)
	}
	s.updates.report(Update{Kind: KeyChanged})
}

func (s *Service) storeKey(key *rsa.PrivateKey) error {
	pem, err := rtk.PrivatePEM(key)
	if err != nil {
		return err
	}
	return s.o.Store.PutKey(pem)
}

// verifies reports whether an attempt carries a signature of the present key.
// body is the delivery's.
func (s *Service) verifies(a store.Attempt, body []byte) bool {
	if a.Body != nil {
		body = a.Body
	}
	key, err := s.o.Keys.Keys().Key()
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(a.Head)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
		if strings.EqualFold(name, rtk.HeaderSignature) || strings.EqualFold(name, rtk.DyteHeaderSignature) {
			return rtk.Verify(&key.PublicKey, body, value) == nil
		}
	}
	return false
}
