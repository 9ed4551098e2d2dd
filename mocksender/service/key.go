package service

import (
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
	if err != nil {
		return err
	}
	pem, err := rtk.PrivatePEM(key)
	if err != nil {
		return err
	}
	if err := s.o.Store.PutKey(pem); err != nil {
		return err
	}
	s.o.Keys.Keys().Rotate(key)
	s.updates.report(Update{Kind: KeyChanged})
	return nil
}

// storeKey stores the key after a script may have changed it.
func (s *Service) storeKey() {
	key, err := s.o.Keys.Keys().Key()
	var pem []byte
	if err == nil {
		pem, err = rtk.PrivatePEM(key)
	}
	if err == nil {
		err = s.o.Store.PutKey(pem)
	}
	if err != nil {
		s.o.Log.Error("the key could not be stored", "error", err)
	}
	s.updates.report(Update{Kind: KeyChanged})
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
