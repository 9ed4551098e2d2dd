package rtk

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"sync"
)

// Keyring holds the key that signs at present and renders the document with
// which others verify. It is safe for concurrent use. Make one with NewKeyring
// or GenerateKeyring.
type Keyring struct {
	mu      sync.RWMutex
	current func() (*rsa.PrivateKey, error)
}

// NewKeyring returns a keyring whose current key is key.
func NewKeyring(key *rsa.PrivateKey) *Keyring {
	return &Keyring{current: holding(key)}
}

// GenerateKeyring returns at once a keyring whose fresh key is made in the
// background. The first use waits until the key is there.
func GenerateKeyring() *Keyring {
	generate := sync.OnceValues(GenerateKey)
	go generate() //nolint:errcheck // the first use reports the error
	return &Keyring{current: generate}
}

// Key returns the current key. It fails, with an error that matches ErrKey, if
// the keyring holds none, or if a fresh key could not be made.
func (k *Keyring) Key() (*rsa.PrivateKey, error) {
	k.mu.RLock()
	current := k.current
	k.mu.RUnlock()
	if current == nil {
		return nil, errNoKey()
	}
	return current()
}

// Rotate makes key the current key. What was signed before stays as it is.
// The guide describes no rotation. Receivers that cache the key have to expect
// one.
func (k *Keyring) Rotate(key *rsa.PrivateKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current = holding(key)
}

// Clone returns a keyring with the current key of k. Rotating one does not
// change the other.
func (k *Keyring) Clone() *Keyring {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return &Keyring{current: k.current}
}

func holding(key *rsa.PrivateKey) func() (*rsa.PrivateKey, error) {
	return func() (*rsa.PrivateKey, error) {
		if key == nil {
			return nil, errNoKey()
		}
		return key, nil
	}
}

func errNoKey() error { return fmt.Errorf("%w: the keyring holds none", ErrKey) }

// Sign signs body with the current key; see the function Sign.
func (k *Keyring) Sign(body []byte) (string, error) {
	key, err := k.Key()
	if err != nil {
		return "", err
	}
	return Sign(key, body)
}

// PublicPEM returns the current public key as the key document carries it.
func (k *Keyring) PublicPEM() (string, error) {
	key, err := k.Key()
	if err != nil {
		return "", err
	}
	return PublicPEM(&key.PublicKey)
}

// Document returns the current key document, the JSON that the guide shows
// for /.well-known/webhooks.json, compact and without a final line break.
func (k *Keyring) Document() ([]byte, error) {
	publicPEM, err := k.PublicPEM()
	if err != nil {
		return nil, err
	}
	return KeyDocument(publicPEM)
}

// KeyDocument returns the key document around publicPEM, whatever that holds.
func KeyDocument(publicPEM string) ([]byte, error) {
	type data struct {
		PublicKey string `json:"publicKey"`
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		Success bool   `json:"success"`
		Data    data   `json:"data"`
		Message string `json:"message"`
	}{Success: true, Data: data{publicPEM}})
	if err != nil {
		return nil, fmt.Errorf("rtk: key document: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// KeyDocumentPath is where the service serves the key document.
const KeyDocumentPath = "/.well-known/webhooks.json"
